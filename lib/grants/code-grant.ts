/**
 * The authorization code grant at the token endpoint: tokens for a code, once (RFC 6749 §4.1.3, OAuth 2.1 §4.1.3).
 *
 * A redemption first marks the code with its attempt, then responds, and removes the mark once the response was sent.
 * If the process dies in between, the client got nothing and repeats the request, which succeeds when the mark has
 * stood for longer than any attempt takes. The waiting process measures that time itself, so that clocks of instances
 * need not agree; only a mark that is much older expires by its own date.
 */
import { type KeyObject, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { clientFingerprint } from '../clients/client.js';
import {
  type IdentifiedClient,
  requireClientAuthentication,
  withClientAuthentication,
} from '../clients/client-authentication.js';
import type { Core } from '../core.js';
import { TemporarilyUnavailableError } from '../oauth/errors.js';
import type { CodeGrantRequest } from '../oauth/token-request.js';
import type { GrantRecord } from '../storage/records.js';
import { traced } from '../telemetry.js';
import {
  type Attempt,
  completed,
  invalidCode,
  isSecretOf,
  parseCode,
  redeem,
} from './authorization-code.js';
import { supersedeEarlier } from './grant-cleanup.js';
import { eventContextOf, type GrantStore } from './grant-store.js';
import { effectiveScopes, type IssueTokens, type TokenSet } from './token-set.js';

/** An attempt that takes this long does not respond any more. */
const RESPOND_WITHIN_SECONDS = 2;
/** An attempt that has not responded after this time never will: well above the limit above. */
const ABANDONED_AFTER_MS = 3_500;
/** Attempts of one request: the process may be blocked during the first, a slow store slows them all. */
const MAX_ATTEMPTS = 2;
const POLL_MS = 250;
/** Pauses before the completion is written again: longer in all than a redemption waits. */
const COMPLETION_PAUSES_MS = [0, 200, 500, 1000, 2000];

interface PresentedCode {
  readonly grantId: string;
  readonly secret: Uint8Array;
  readonly request: CodeGrantRequest;
  readonly client: IdentifiedClient;
}

interface Verdict {
  readonly outcome:
    | 'redeemed'
    | 'failed'
    | 'in_progress'
    | 'replayed'
    | 'unusable'
    | 'unknown'
    | 'foreign';
  /** The attempt in progress. */
  readonly by?: string;
  readonly grant?: GrantRecord;
}

type RedeemCode = (request: CodeGrantRequest, client: IdentifiedClient) => Promise<TokenSet>;

/** @param onSent called once the response with the tokens was sent */
export function createCodeRedemption(
  core: Core,
  store: GrantStore,
  issueTokens: IssueTokens,
  onSent: (grantId: string, grant: GrantRecord) => void,
): RedeemCode {
  const { emit, now } = core;
  const codeKeys = core.signingKeys.derive('authorization-code');

  async function redeemOrWait(presented: PresentedCode): Promise<TokenSet> {
    const { grantId, client } = presented;
    await useAssertion(presented, now(), store, codeKeys);
    const tryToRedeem = (attempt: Attempt) => redeemOnce(presented, attempt, now, store, codeKeys);

    let own: string | undefined;
    for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
      // A new id for each attempt, so that processes that wait for it measure anew.
      const id = randomBytes(9).toString('base64url');
      const attempt = { id, abandoned: own };
      const verdict = await redeemOrTakeOver(tryToRedeem, attempt, now);
      const { outcome, grant, startedAt } = verdict;
      const isParallel = verdict.hasWaited || own !== undefined;
      if (outcome !== 'redeemed' || grant === undefined) {
        // OAuth 2.1 §4.1.3: a second use revokes the grant. A parallel one is the same client sending twice.
        if (outcome === 'replayed' && !isParallel) {
          emit({ type: 'code_replayed', grantId, client: clientFingerprint(client.id) });
          await store.revoke(grantId, 'code_replayed');
        }
        throw invalidCode(isParallel ? 'redeemed in parallel' : outcome);
      }

      const tokens = await issueTokens(
        grantId,
        grant,
        effectiveScopes(grant, core.config.scopes.authentication, now()),
      );
      // A waiting process may have taken over by now, and only one of the two may respond: claim the code again.
      if (now() - startedAt >= RESPOND_WITHIN_SECONDS) {
        own = id;
        continue;
      }
      emit({ type: 'code_redeemed', ...eventContextOf(grantId, grant) });
      return { ...tokens, onSent: () => onSent(grantId, grant) };
    }
    throw new TemporarilyUnavailableError('This took too long, try again', {
      retryAfterSeconds: 1,
    });
  }

  return async function redeemCode(request, client) {
    return traced(
      'auth0_mcp.code.redeem',
      async () => {
        const parts = parseCode(request.code);
        if (parts === undefined) throw invalidCode('malformed');
        return redeemOrWait({ ...parts, request, client });
      },
      'auth0_mcp.code_redemptions',
    );
  };
}

/** Waits while another attempt is in progress, and takes over from one that does not respond in time. */
async function redeemOrTakeOver(
  tryToRedeem: (attempt: Attempt) => Promise<Verdict>,
  attempt: Attempt,
  now: () => number,
): Promise<Verdict & { readonly hasWaited: boolean; readonly startedAt: number }> {
  let startedAt = now();
  let verdict = await tryToRedeem(attempt);
  const hasWaited = verdict.outcome === 'in_progress';
  let seen: string | undefined;
  let waitedMs = 0;
  while (verdict.outcome === 'in_progress') {
    if (verdict.by !== seen) [seen, waitedMs] = [verdict.by, 0];
    await sleep(POLL_MS);
    waitedMs += POLL_MS;
    startedAt = now();
    const abandoned = waitedMs >= ABANDONED_AFTER_MS ? seen : undefined;
    verdict = await tryToRedeem({ ...attempt, abandoned });
  }
  return { ...verdict, hasWaited, startedAt };
}

/**
 * An assertion is stored only with a genuine code, and a few at most for each code: anyone can sign any number of them
 * for a metadata document of their own.
 */
async function useAssertion(
  { grantId, secret, request, client }: PresentedCode,
  now: number,
  store: GrantStore,
  codeKeys: readonly KeyObject[],
): Promise<void> {
  if (client.useAssertion === undefined) return;
  const grant = await store.find(grantId);
  if (grant?.code === undefined || !isSecretOf(grant.code, grantId, secret, codeKeys)) return;
  if (grant.client.id !== client.id) return;
  const { outcome } = redeem(grant.code, request, now, { id: '' });
  if (outcome !== 'unusable') await client.useAssertion(grantId);
}

/** Reads the code, and writes the result of the attempt where it changes something. */
async function redeemOnce(
  { grantId, secret, request, client }: PresentedCode,
  attempt: Attempt,
  now: () => number,
  store: GrantStore,
  codeKeys: readonly KeyObject[],
): Promise<Verdict> {
  let verdict: Verdict = { outcome: 'unknown' };
  const grant = await store.update(grantId, (current) => {
    verdict = { outcome: 'unknown' };
    const { code } = current;
    if (code === undefined || !isSecretOf(code, grantId, secret, codeKeys)) return undefined;
    verdict = { outcome: 'foreign' };
    if (current.client.id !== client.id) return undefined;
    requireClientAuthentication(current, client);
    const redemption = redeem(code, request, now(), attempt);
    verdict = redemption;
    if (!('code' in redemption)) return undefined;
    const isRedeemed = redemption.outcome === 'redeemed';
    const used = isRedeemed ? withClientAuthentication(current, client) : current;
    return { ...used, code: redemption.code, lastUsedAt: now() };
  });
  return grant === undefined ? { outcome: 'unknown' } : { ...verdict, grant };
}

/**
 * Completes a redemption whose tokens were sent or used. Retries while the store is unavailable; if that fails, the first
 * use of a token repeats it.
 *
 * @param from the grant as it was read last
 */
export async function completeRedemption(
  grantId: string,
  from: GrantRecord,
  core: Core,
  store: GrantStore,
): Promise<void> {
  for (const pauseMs of COMPLETION_PAUSES_MS) {
    if (pauseMs > 0) await sleep(pauseMs);
    try {
      await supersedeEarlier(grantId, from, core, store);
      const complete = (current: GrantRecord): GrantRecord | undefined =>
        current.code?.pendingAttempt === undefined
          ? undefined
          : { ...current, code: completed(current.code) };
      await store.update(grantId, complete, from);
      return;
    } catch {
      // The store is unavailable.
    }
  }
}
