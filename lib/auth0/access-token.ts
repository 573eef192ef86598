/**
 * Verification of Auth0's access token, and the explanation when there is nothing to verify.
 *
 * Spec: RFC 9068 §4 and Auth0's own profile (`typ` JWT, the client in `azp`).
 *
 * Auth0 sends a JWT only for a custom API. Otherwise the token is opaque, in practice an encrypted
 * one of five parts: then the tenant is set up wrongly, and the parts tell how.
 *
 * @module
 */
import { decodeProtectedHeader, type ProtectedHeaderParameters } from 'jose';

import type { Auth0Config } from '../config/config.js';
import { Auth0Error } from './auth0.js';
import {
  refused,
  SIGNING_ALGORITHMS,
  type VerifiedClaims,
  verifySignedToken,
} from './signed-token.js';
import type { SigningKeys } from './signing-keys.js';
import { AUDIENCE_REMEDY } from './token-errors.js';

const WHAT = 'access token';

const ENCRYPTION_REMEDY =
  'Dashboard > Applications > APIs > your API > Settings > Token Encryption: switch off JSON Web Encryption.';

const ALGORITHM_REMEDY =
  'Dashboard > Applications > APIs > your API > Settings > Signing Algorithm must be RS256. It cannot be changed later: create a new API with the identifier you want as audience.';

/** What an access token is checked against. */
export interface AccessTokenContext {
  readonly config: Pick<Auth0Config, 'clientId' | 'audience'>;
  readonly issuer: string;
  readonly keys: SigningKeys;
  /** Unix seconds. */
  readonly now: number;
  /** Of the ID token that came with it; undefined where none did. */
  readonly subject: string | undefined;
}

/** @throws Auth0Error `misconfigured` (not a JWT we can verify), `invalid_response`, `unavailable` */
export async function verifyAccessToken(
  token: string,
  context: AccessTokenContext,
): Promise<VerifiedClaims> {
  const { config, issuer, keys, now, subject } = context;
  requireAccessTokenHeader(readHeader(token));
  const claims = await verifySignedToken(token, {
    what: WHAT,
    issuer,
    audience: config.audience,
    algorithms: SIGNING_ALGORITHMS,
    keys,
    now,
  });
  requireOurClient(claims, config.clientId);
  if (subject !== undefined && claims.sub !== subject) {
    throw refused(WHAT, 'sub differs from the ID token');
  }
  return claims;
}

/** The header of a signed JWT. @throws Auth0Error `misconfigured` for anything else */
function readHeader(token: string): ProtectedHeaderParameters {
  const header = headerOf(token);
  const parts = token.split('.').length;
  if (header !== undefined && parts === 3) return header;
  const isEncryptedForApi = parts === 5 && header?.alg?.startsWith('RSA') === true;
  throw new Auth0Error(
    'misconfigured',
    isEncryptedForApi
      ? `${WHAT}: encrypted for the API (${parts} parts, alg ${header?.alg})`
      : `${WHAT}: opaque (${parts} parts), so Auth0 did not take audience for an API of this tenant`,
    { remedy: isEncryptedForApi ? ENCRYPTION_REMEDY : AUDIENCE_REMEDY },
  );
}

function headerOf(token: string): ProtectedHeaderParameters | undefined {
  try {
    return decodeProtectedHeader(token);
  } catch {
    return undefined;
  }
}

function requireAccessTokenHeader(header: ProtectedHeaderParameters): void {
  if (header.alg?.startsWith('HS') === true) {
    throw new Auth0Error('misconfigured', `${WHAT}: signed with ${header.alg}, a shared secret`, {
      remedy: ALGORITHM_REMEDY,
    });
  }
  // RFC 9068 §4: at+jwt; Auth0's own profile says JWT.
  const type = header.typ?.toLowerCase().replace(/^application\//, '');
  if (type !== 'jwt' && type !== 'at+jwt') throw refused(WHAT, 'typ is neither JWT nor at+jwt');
}

/** Auth0's profile names the client in `azp`, RFC 9068 in `client_id`; none may name another. */
function requireOurClient(claims: VerifiedClaims, clientId: string): void {
  const named = [claims['azp'], claims['client_id']].filter((value) => value !== undefined);
  if (named.length === 0 || named.some((value) => value !== clientId)) {
    throw refused(WHAT, 'azp or client_id is not this application');
  }
}
