/**
 * The second half of the authorization code grant: from the code to tokens, once.
 *
 * A redemption first puts its mark on the code, then answers, then (once the answer has left) takes
 * the mark off for good. A process that dies in between leaves its mark; the client, which got nothing,
 * sends the same request again, and is answered when the mark has stood longer than any living
 * process takes. Whoever waits measures the time, so clocks of instances need not agree; only a mark that
 * is much older is believed to be by its own date.
 *
 * Spec: RFC 6749 §4.1.3, OAuth 2.1 §4.1.3; requirement R-AZ-11.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { AuthenticatedClient } from '../clients/client-authentication.js';
import { TemporarilyUnavailableError } from '../oauth/errors.js';
import type { CodeGrantRequest } from '../oauth/token-request.js';
import type { GrantRecord } from '../storage/records.js';
import { traced } from '../telemetry.js';
import { type Attempt, badCode, isSecretOf, parseCode, redeem } from './authorization-code.js';
import { provedBy, requireProof } from './code-grant.js';
import type { GrantsDeps } from './grant-context.js';
import { effectiveScopes, issueTokens, type TokenSet } from './token-set.js';

/** An attempt that takes this long or longer does not answer any more. */
const ANSWER_WITHIN_SECONDS = 2;
/** An attempt that has not answered after so long never will: well above the limit above. */
const ABANDONED_AFTER_MS = 3_500;
/** Attempts of one request: the process may be blocked during the first, a slow store slows them all. */
const MAX_ATTEMPTS = 2;
/** How often those who wait look. */
const POLL_MS = 250;

/** Redeems a code once. See `Grants.redeemCode`. */
export function redeemCode(
  request: CodeGrantRequest,
  client: AuthenticatedClient,
  deps: GrantsDeps,
): Promise<TokenSet> {
  const work = (): Promise<TokenSet> => redeemOrWait(request, client, deps);
  return traced('auth0_mcp.code.redeem', work, 'auth0_mcp.code_redemptions');
}

async function redeemOrWait(
  request: CodeGrantRequest,
  client: AuthenticatedClient,
  deps: GrantsDeps,
): Promise<TokenSet> {
  const parts = parseCode(request.code);
  if (parts === undefined) throw badCode('malformed');
  const { grantId } = parts;
  await useAssertion({ ...parts, request, client }, deps);
  const redeemAs = (attempt: Attempt) => tryToRedeem({ ...parts, request, client, attempt }, deps);

  let own: string | undefined;
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
    let startedAt = deps.now();
    // Of its own, so that those who wait begin to wait anew.
    const id = randomBytes(9).toString('base64url');
    let verdict = await redeemAs({ id, abandoned: own });
    let isSecond = own !== undefined;
    for (let seen = '', waitedMs = 0; verdict.outcome === 'in_progress'; waitedMs += POLL_MS) {
      isSecond = true;
      if (seen !== verdict.by) [seen, waitedMs] = [verdict.by, 0];
      await sleep(POLL_MS);
      startedAt = deps.now();
      const isAbandoned = waitedMs + POLL_MS >= ABANDONED_AFTER_MS;
      verdict = await redeemAs({ id, abandoned: isAbandoned ? seen : undefined });
    }
    if (verdict.outcome !== 'redeemed') {
      throw await refusal(verdict, { grantId, isSecond, ...client }, deps);
    }

    const { grant } = verdict;
    const tokens = await issueTokens(grantId, grant, effectiveScopes(grant), deps);
    // Whoever waits may have taken over by now, and only one of the two may answer: claim it again.
    if (deps.now() - startedAt >= ANSWER_WITHIN_SECONDS) {
      own = id;
      continue;
    }
    deps.emit({
      type: 'code_redeemed',
      grantId,
      subject: grant.subject,
      client: client.fingerprint,
    });
    return { ...tokens, onSent: () => deps.deliveries.note(grantId, grant) };
  }
  throw tooLate();
}

type Verdict =
  | { readonly outcome: 'redeemed'; readonly grant: GrantRecord }
  | { readonly outcome: 'in_progress'; readonly by: string }
  | { readonly outcome: 'failed' | 'replayed' | 'burnt' | 'unknown' | 'foreign' };

interface CodeInHand {
  readonly grantId: string;
  readonly secret: Uint8Array;
  readonly request: CodeGrantRequest;
  readonly client: AuthenticatedClient;
  readonly attempt: Attempt;
}

/**
 * Only an assertion that comes with a genuine code is stored, and for each code a few at most: anybody can
 * make any number of them for a metadata document of their own.
 */
async function useAssertion(
  { grantId, secret, request, client }: Omit<CodeInHand, 'attempt'>,
  deps: GrantsDeps,
): Promise<void> {
  if (client.useAssertion === undefined) return;
  const grant = await deps.store.find(grantId);
  if (grant === undefined || !isSecretOf(grant.code, grantId, secret, deps.codeKeys)) return;
  if (grant.client.id !== client.id) return;
  const { outcome } = redeem(grant.code, request, deps.now(), { id: '' });
  if (outcome !== 'burnt') await client.useAssertion(grantId);
}

/** One look at the code, and one write where that changes something. */
async function tryToRedeem(
  { grantId, secret, request, client, attempt }: CodeInHand,
  deps: GrantsDeps,
): Promise<Verdict> {
  let verdict: Exclude<Verdict, { outcome: 'redeemed' }> | 'redeemed' = { outcome: 'unknown' };
  const grant = await deps.store.update(grantId, (current) => {
    verdict = { outcome: 'unknown' };
    if (!isSecretOf(current.code, grantId, secret, deps.codeKeys)) return undefined;
    verdict = { outcome: 'foreign' };
    if (current.client.id !== client.id) return undefined;
    requireProof(current, client);
    const redemption = redeem(current.code, request, deps.now(), attempt);
    if (!('code' in redemption)) {
      verdict = redemption;
      return undefined;
    }
    verdict = redemption.outcome === 'redeemed' ? 'redeemed' : { outcome: 'failed' };
    const used = verdict === 'redeemed' ? provedBy(client, current) : current;
    return { ...used, code: redemption.code, lastUsedAt: deps.now() };
  });
  if (grant === undefined) return { outcome: 'unknown' };
  return isRedeemed(verdict) ? { outcome: 'redeemed', grant } : verdict;
}

/** A function, since the compiler does not follow what the callback assigns. */
function isRedeemed(verdict: unknown): verdict is 'redeemed' {
  return verdict === 'redeemed';
}

/**
 * OAuth 2.1 §4.1.3: a second use of a code ends what the first one brought. One that came while the
 * first was still being answered is the client itself, sending twice: it ends nothing.
 */
async function refusal(
  { outcome }: Verdict,
  {
    grantId,
    isSecond,
    fingerprint,
  }: { grantId: string; isSecond: boolean } & Pick<AuthenticatedClient, 'fingerprint'>,
  deps: GrantsDeps,
): Promise<Error> {
  if (outcome === 'replayed' && !isSecond) {
    deps.emit({ type: 'code_replayed', grantId, client: fingerprint });
    await deps.revokeGrant(grantId, 'code_replayed');
  }
  return badCode(isSecond ? 'redeemed in parallel' : outcome);
}

function tooLate(): TemporarilyUnavailableError {
  return new TemporarilyUnavailableError('This took too long, try again', { retryAfterSeconds: 1 });
}
