/**
 * The refresh token grant: a new access token, and the next refresh token.
 *
 * The order keeps an outage harmless: everything that can fail is done before the rotation, and
 * the rotation is one write.
 *
 * Spec: RFC 6749 §6, RFC 9700 §4.14; requirements R-TK-10…13, CLI-40…42.
 *
 * @module
 */

import type { AuthenticatedClient } from '../clients/client-authentication.js';
import { clientFingerprint } from '../clients/fingerprint.js';
import { InvalidGrantError } from '../oauth/errors.js';
import type { RefreshGrantRequest } from '../oauth/token-request.js';
import type { GrantRecord } from '../storage/records.js';
import { traced } from '../telemetry.js';
import { settled } from './authorization-code.js';
import { provedBy, requireProof } from './code-grant.js';
import type { GrantsDeps } from './grant-context.js';
import type { RefreshTokenClaims } from './refresh-token.js';
import {
  countReuse,
  judgeGeneration,
  nextGeneration,
  type Presented,
  reuseOf,
} from './rotation.js';
import { issueTokens, narrowedScopes, type TokenSet } from './token-set.js';

/** See `Grants.refresh`. */
export function refreshGrant(
  request: RefreshGrantRequest,
  client: AuthenticatedClient,
  caller: string,
  deps: GrantsDeps,
): Promise<TokenSet> {
  const work = (): Promise<TokenSet> => refreshAndRotate(request, client, caller, deps);
  return traced('auth0_mcp.token.refresh', work, 'auth0_mcp.refreshes');
}

async function refreshAndRotate(
  request: RefreshGrantRequest,
  client: AuthenticatedClient,
  caller: string,
  deps: GrantsDeps,
): Promise<TokenSet> {
  const claims = deps.refreshTokens.parse(request.refreshToken, client.id);
  if (claims === undefined) throw badRefreshToken('not one of ours, or of another client');
  const { grantId, generation } = claims;
  const found = await deps.store.find(grantId);
  if (found?.code.redeemedAt === undefined) throw badRefreshToken('no such grant');
  requireProof(found, client);
  await refuseReplay(judge(found, generation, deps), grantId, found, deps);

  const alive = await deps.sessions.keepAlive(grantId, found);
  const scopes = narrowedScopes(alive, request.scopes, {
    required: deps.requiredScopes,
    known: deps.knownScopes,
  });
  // The first use of a token whose delivery was never noted; the rotation notes it.
  if (alive.code.answering !== undefined) await deps.supersede(grantId, alive);
  // Last of what can refuse, so that an outage of Auth0 does not use the assertion up.
  await client.useAssertion?.(grantId);
  const rotated = await rotate({ ...claims, caller }, alive, client, deps);
  deps.emit({
    type: 'tokens_refreshed',
    grantId,
    subject: rotated.subject,
    client: client.fingerprint,
  });
  return issueTokens(grantId, rotated, scopes, deps);
}

interface PresentedToken extends RefreshTokenClaims {
  /** Keyed hash of the address it came from. */
  readonly caller: string;
}

/** Takes the next generation, or the newest one if somebody was quicker. One write at most. */
async function rotate(
  { grantId, generation, caller }: PresentedToken,
  found: GrantRecord,
  client: AuthenticatedClient,
  deps: GrantsDeps,
): Promise<GrantRecord> {
  let presented: Presented = 'current';
  const change = (current: GrantRecord): GrantRecord | undefined => {
    presented = judge(current, generation, deps);
    const proved = provedBy(client, current);
    if (presented === 'replayed') return undefined;
    if (presented === 'recent') {
      const counted = countReuse(current, generation, caller);
      return counted === undefined && proved === current ? undefined : { ...proved, ...counted };
    }
    const { refreshGraceSeconds } = deps.lifetimes;
    const next = nextGeneration(current, generation, deps.now(), refreshGraceSeconds, caller);
    return { ...proved, ...next, code: settled(current.code), lastUsedAt: deps.now() };
  };
  const grant = await deps.store.update(grantId, change, found);
  if (grant === undefined) throw badRefreshToken('no such grant');
  await refuseReplay(presented, grantId, grant, deps);
  if (isRecent(presented)) tellReuse(grantId, generation, grant, deps);
  return grant;
}

/** A function, since the compiler does not follow what the callback assigns. */
function isRecent(presented: Presented): boolean {
  return presented === 'recent';
}

/** RFC 9700 §4.14.2: a reuse inside the window is a retry as a rule, but a thief can hide there. */
function tellReuse(
  grantId: string,
  generation: number,
  grant: GrantRecord,
  { emit, now }: GrantsDeps,
): void {
  // The newest token is 'recent' too while a client rotates too fast: that is no reuse.
  const reuse = reuseOf(grant, generation, now());
  if (reuse === undefined) return;
  const context = { grantId, subject: grant.subject, client: clientFingerprint(grant.client.id) };
  emit({ type: 'refresh_token_reused', ...context, ...reuse });
}

function judge(grant: GrantRecord, generation: number, deps: GrantsDeps): Presented {
  return judgeGeneration(grant, generation, deps.now(), deps.lifetimes.refreshGraceSeconds);
}

/** R-TK-12: a token that was replaced long ago is in somebody else's hands, so the grant ends. */
async function refuseReplay(
  presented: Presented,
  grantId: string,
  { subject, client }: GrantRecord,
  deps: GrantsDeps,
): Promise<void> {
  if (presented !== 'replayed') return;
  const context = { grantId, subject, client: clientFingerprint(client.id) };
  deps.emit({ type: 'refresh_token_replayed', ...context });
  await deps.revokeGrant(grantId, 'refresh_token_replayed');
  throw badRefreshToken('replaced before, outside the grace window');
}

function badRefreshToken(detail: string): InvalidGrantError {
  return new InvalidGrantError('The refresh token is invalid, expired or revoked', { detail });
}
