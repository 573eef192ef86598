/**
 * The first half of the authorization code grant: from Auth0's verified login to a code.
 *
 * Spec: RFC 6749 §4.1, OAuth 2.1 §4.1.2.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';

import type { Auth0Login } from '../auth0/auth0.js';
import type { Client } from '../clients/client.js';
import type { AuthenticatedClient } from '../clients/client-authentication.js';
import type { AuthorizationRequest } from '../oauth/authorization-request.js';
import { AccessDeniedError, InvalidClientError } from '../oauth/errors.js';
import type { GrantRecord } from '../storage/records.js';
import { CODE_TTL_SECONDS, mintCode } from './authorization-code.js';
import type { GrantsDeps } from './grant-context.js';

/** Bytes of a grant id: 128 bits, so that ids cannot be guessed. */
const GRANT_ID_BYTES = 16;

/** An authorization request the person has approved, with what was shown to them: no word but ours. */
export interface ApprovedRequest extends Omit<AuthorizationRequest, 'requestedScopes'> {
  readonly client: Pick<Client, 'id' | 'kind' | 'name' | 'mayRefresh'> &
    Pick<GrantRecord['client'], 'authMethod'>;
  readonly scopes: readonly string[];
}

/** Stores the login as a grant that waits for its code. See `Grants.begin`. */
export async function beginGrant(
  login: Auth0Login,
  request: ApprovedRequest,
  deps: GrantsDeps,
): Promise<{ code: string; grantId: string }> {
  const missing = deps.requiredScopes.filter((scope) => !login.scopes.includes(scope));
  if (missing.length > 0) {
    throw new AccessDeniedError('Auth0 did not grant a scope that is required here', {
      detail: `missing: ${missing.join(' ')}. In the Auth0 dashboard add it under Applications > APIs > Permissions; with RBAC on, give it to the person through a role`,
    });
  }
  const grantId = randomBytes(GRANT_ID_BYTES).toString('base64url');
  const { code, tag } = mintCode(grantId, deps.codeKeys);
  await deps.store.add(grantId, newGrant(login, request, tag, deps.now()));
  await deps.endedSessions.requireAlive(login).catch(async (error: unknown) => {
    await deps.store.delete(grantId);
    throw error;
  });
  deps.tidy(login.subject);
  return { code, grantId };
}

function newGrant(
  login: Auth0Login,
  { client, ...request }: ApprovedRequest,
  tag: string,
  now: number,
): GrantRecord {
  const { accessToken, accessTokenExpiresAt, refreshToken } = login.tokens;
  return {
    client: {
      id: client.id,
      ...(client.name !== undefined && { name: client.name }),
      authMethod: client.authMethod,
      mayRefresh: client.mayRefresh,
      ...(client.kind === 'registered' && { isInstallation: true }),
    },
    subject: login.subject,
    ...(login.sid !== undefined && { sid: login.sid }),
    scopes: request.scopes,
    createdAt: now,
    lastUsedAt: now,
    code: {
      tag,
      challenge: request.codeChallenge,
      redirectUri: request.redirectUri,
      expiresAt: now + CODE_TTL_SECONDS,
      failures: 0,
    },
    generation: 0,
    replaced: [],
    auth0: {
      accessToken,
      accessTokenExpiresAt,
      ...(refreshToken !== undefined && { refreshToken }),
      scopes: login.scopes,
    },
    user: login.user,
  };
}

/**
 * The grant once `client` has used it. A client for which a proof is optional (its document lists `none`
 * beside `private_key_jwt`) is held to it as soon as it has given one.
 */
export function provedBy(client: AuthenticatedClient, grant: GrantRecord): GrantRecord {
  if (!client.hasProved || grant.client.authMethod !== 'none') return grant;
  return { ...grant, client: { ...grant.client, authMethod: 'private_key_jwt' } };
}

/** A client that has credentials must use them, wherever it is known from (R-CI-5). */
export function requireProof(grant: GrantRecord, client: AuthenticatedClient): void {
  if (grant.client.authMethod !== 'none' && !client.hasProved) {
    throw new InvalidClientError('Client authentication failed', {
      detail: 'no proof was presented',
    });
  }
}
