/**
 * Puts the Auth0 leg and the domain together: who logs in, and what they are given.
 *
 * @module
 */
import type { Auth0 } from '../auth0/auth0.js';
import { createAuth0 } from '../auth0/create-auth0.js';
import { emitProblem } from '../auth0/problems.js';
import type { CallerCache } from '../bearer/caller-cache.js';
import type { Core } from '../core.js';
import { type AccessTokens, createAccessTokens } from '../grants/access-token.js';
import { type AccountSessions, createAccountSessions } from '../grants/account-sessions.js';
import { createEndedSessions } from '../grants/ended-sessions.js';
import { createGrants, type Grants } from '../grants/grants.js';
import { withImpliedScopesGranted } from '../grants/implied-scopes.js';
import type { Logins } from '../grants/login-transactions.js';
import { createRefreshTokens } from '../grants/refresh-token.js';
import { SIGNING_KEY_MATERIAL_BYTES } from '../grants/signing-key.js';

export function wireAuth0({ config, emit, now }: Core, logins: Logins): Auth0 {
  const auth0 = createAuth0({
    config: config.auth0,
    callbackUrl: config.callbackUrl,
    transactions: logins,
    now,
    log: config.logger,
    onProblem: emitProblem(emit),
  });
  return withImpliedScopesGranted(auth0, config.scopes.implied);
}

export function wireAccessTokens({ config, signingKeys, now }: Core): AccessTokens {
  return createAccessTokens({
    materials: signingKeys.derive('access-token', SIGNING_KEY_MATERIAL_BYTES),
    issuer: config.issuer,
    resource: config.resource,
    now,
  });
}

export function wireGrants(
  { config, signingKeys, collections, emit, now }: Core,
  auth0: Auth0,
  accessTokens: AccessTokens,
  knownScopes: ReadonlySet<string>,
  callers: CallerCache,
): { grants: Grants; accountSessions: AccountSessions } {
  const endedSessions = createEndedSessions(collections);
  const accountSessions = createAccountSessions({ ...collections, endedSessions, now });
  const grants = createGrants({
    collections,
    auth0,
    accessTokens,
    accountSessions,
    endedSessions,
    refreshTokens: createRefreshTokens(signingKeys.derive('refresh-token'), config.issuer),
    codeKeys: signingKeys.derive('authorization-code'),
    lifetimes: config.lifetimes,
    requiredScopes: config.scopes.required,
    knownScopes,
    upstreamTimeoutMs: config.auth0.timeoutMs,
    emit,
    log: config.logger,
    now,
    onGrantChange: callers.dropGrant,
  });
  return { grants, accountSessions };
}
