/**
 * The refresh token grant at the token endpoint (RFC 6749 §6): a new access token and the next refresh token. What
 * happens to a token that is used twice is decided in `refresh-token.ts`.
 *
 * An outage uses nothing up: everything that can fail is done before the rotation, which is one write.
 */
import {
  type IdentifiedClient,
  requireClientAuthentication,
  withClientAuthentication,
} from '../clients/client-authentication.js';
import type { Core } from '../core.js';
import { InvalidGrantError, StepUpNeededError } from '../oauth/errors.js';
import type { RefreshGrantRequest } from '../oauth/token-request.js';
import type { GrantRecord } from '../storage/records.js';
import { traced } from '../telemetry.js';
import type { Auth0Sessions } from './auth0-tokens.js';
import { completed } from './authorization-code.js';
import { supersedeEarlier } from './grant-cleanup.js';
import { eventContextOf, type GrantStore } from './grant-store.js';
import {
  classifyGeneration,
  countReuse,
  nextGeneration,
  type PresentedGeneration,
  type RefreshTokens,
  reuseOf,
} from './refresh-token.js';
import { withRejectedRefresh } from './step-up.js';
import { type IssueTokens, narrowedScopes, type TokenSet } from './token-set.js';

type Refresh = (
  request: RefreshGrantRequest,
  client: IdentifiedClient,
  caller: string,
) => Promise<TokenSet>;

export function createRefreshGrant(
  core: Core,
  store: GrantStore,
  auth0Sessions: Auth0Sessions,
  refreshTokens: RefreshTokens,
  issueTokens: IssueTokens,
  knownScopes: ReadonlySet<string>,
): Refresh {
  const { emit, now } = core;
  const { refreshGraceSeconds } = core.config.lifetimes;
  const classify = (grant: GrantRecord, generation: number): PresentedGeneration =>
    classifyGeneration(grant, generation, now(), refreshGraceSeconds);

  /** RFC 9700 §4.14.2: a token replaced long ago is in the hands of a thief or of the victim, so the grant is revoked. */
  async function rejectReplay(
    presented: PresentedGeneration,
    grantId: string,
    grant: GrantRecord,
  ): Promise<void> {
    if (presented !== 'replayed') return;
    emit({ type: 'refresh_token_replayed', ...eventContextOf(grantId, grant) });
    await store.revoke(grantId, 'refresh_token_replayed');
    throw invalidRefreshToken('replaced before, outside the grace window');
  }

  /** Of parallel refreshes one is rejected. */
  async function rejectAfterChallenge(grantId: string, found: GrantRecord): Promise<void> {
    if (withRejectedRefresh(found, now()) === undefined) return;
    const result = { isRejected: false };
    const change = (current: GrantRecord): GrantRecord | undefined => {
      const next = withRejectedRefresh(current, now());
      result.isRejected = next !== undefined;
      return next;
    };
    await store.update(grantId, change, found);
    if (result.isRejected) throw new StepUpNeededError('Log in again for more scopes');
  }

  /** Writes the next generation, or counts the reuse of a replaced one. One write at most. */
  async function rotate(
    grantId: string,
    generation: number,
    found: GrantRecord,
    client: IdentifiedClient,
    caller: string,
  ): Promise<GrantRecord> {
    const result: { presented: PresentedGeneration } = { presented: 'current' };
    const change = (current: GrantRecord): GrantRecord | undefined => {
      result.presented = classify(current, generation);
      if (result.presented === 'replayed') return undefined;
      const used = withClientAuthentication(current, client);
      if (result.presented === 'recent') {
        const counted = countReuse(current, generation, caller);
        return counted === undefined && used === current ? undefined : { ...used, ...counted };
      }
      const next = nextGeneration(current, generation, now(), refreshGraceSeconds, caller);
      const code = current.code && { code: completed(current.code) };
      return { ...used, ...next, ...code, lastUsedAt: now() };
    };
    const grant = await store.update(grantId, change, found);
    if (grant === undefined) throw invalidRefreshToken('no such grant');
    await rejectReplay(result.presented, grantId, grant);
    // RFC 9700 §4.14.2: a reuse within the window is usually a retry, but a thief can hide there. The newest token is
    // 'recent' too while a client rotates too fast: that is no reuse.
    const reuse = result.presented === 'recent' && reuseOf(grant, generation, now());
    if (reuse) emit({ type: 'refresh_token_reused', ...eventContextOf(grantId, grant), ...reuse });
    return grant;
  }

  async function refreshAndRotate(
    request: RefreshGrantRequest,
    client: IdentifiedClient,
    caller: string,
  ): Promise<TokenSet> {
    const claims = refreshTokens.parse(request.refreshToken, client.id);
    if (claims === undefined) throw invalidRefreshToken('forged, or of another client');
    const { grantId, generation } = claims;
    const found = await store.find(grantId);
    if (found?.code?.redeemedAt === undefined) throw invalidRefreshToken('no such grant');
    requireClientAuthentication(found, client);
    await rejectReplay(classify(found, generation), grantId, found);
    // A client that names scopes knows which ones it has.
    if (request.scopes === undefined) await rejectAfterChallenge(grantId, found);

    const fresh = await auth0Sessions.refreshIfDue(grantId, found);
    const rules = { ...core.config.scopes, known: knownScopes };
    const scopes = narrowedScopes(fresh, request.scopes, rules, now());
    // The first use of a token whose redemption was not completed; the rotation completes it.
    if (fresh.code?.pendingAttempt !== undefined) {
      await supersedeEarlier(grantId, fresh, core, store);
    }
    // The last step that can reject, so that an outage does not use the assertion up.
    await client.useAssertion?.(grantId);
    const rotated = await rotate(grantId, generation, fresh, client, caller);
    emit({ type: 'tokens_refreshed', ...eventContextOf(grantId, rotated) });
    return issueTokens(grantId, rotated, scopes);
  }

  return (request, client, caller) =>
    traced(
      'auth0_mcp.token.refresh',
      () => refreshAndRotate(request, client, caller),
      'auth0_mcp.refreshes',
    );
}

function invalidRefreshToken(detail: string): InvalidGrantError {
  return new InvalidGrantError('The refresh token is invalid, expired or revoked', { detail });
}
