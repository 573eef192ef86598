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
import type { Auth0Config } from '../config/config.js';
import { ACCESS_TOKEN, type AccessTokenForm, formOfAccessToken } from './access-token-header.js';
import { Auth0Error } from './auth0.js';
import { plainText } from './plain-text.js';
import {
  refused,
  SIGNING_ALGORITHMS,
  type VerifiedClaims,
  verifySignedToken,
} from './signed-token.js';
import type { SigningKeys } from './signing-keys.js';
import { AUDIENCE_REMEDY } from './token-errors.js';

/** What is wrong with each kind of token that cannot be verified, and what to do. */
export const UNVERIFIABLE: Readonly<
  Record<Exclude<AccessTokenForm, 'signed' | 'other'>, readonly [string, string]>
> = {
  'no-token': ['opaque, so Auth0 did not take audience for an API of this tenant', AUDIENCE_REMEDY],
  opaque: [
    'opaque (5 parts), so Auth0 did not take audience for an API of this tenant',
    AUDIENCE_REMEDY,
  ],
  encrypted: [
    'encrypted for the API (5 parts)',
    'Dashboard > Applications > APIs > your API > Settings > Token Encryption: switch off JSON Web Encryption.',
  ],
  'shared-secret': [
    'signed with HS256 or its like, a shared secret',
    'Dashboard > Applications > APIs > your API > Settings > Signing Algorithm must be RS256. It cannot be changed later: create a new API with the identifier you want.',
  ],
};

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
  requireSigned(formOfAccessToken(token));
  const claims = await verifySignedToken(token, {
    what: ACCESS_TOKEN,
    issuer,
    audience: config.audience,
    algorithms: SIGNING_ALGORITHMS,
    keys,
    now,
  });
  requireOurClient(claims, config.clientId);
  if (subject !== undefined && claims.sub !== subject) {
    throw refused(ACCESS_TOKEN, 'sub differs from the ID token');
  }
  return claims;
}

function requireSigned(form: AccessTokenForm): void {
  if (form === 'signed') return;
  if (form === 'other') {
    throw refused(ACCESS_TOKEN, 'typ is neither JWT nor at+jwt, or alg neither RS256 nor PS256');
  }
  const [message, remedy] = UNVERIFIABLE[form];
  throw new Auth0Error('misconfigured', `${ACCESS_TOKEN}: ${message}`, { remedy });
}

/** Auth0's profile names the client in `azp`, RFC 9068 in `client_id`; a token may have both. */
export function clientsNamedIn(claims: VerifiedClaims): readonly unknown[] {
  return [claims['azp'], claims['client_id']].filter((value) => value !== undefined);
}

/**
 * A token that names no client is accepted: it came from the token endpoint in response to our own
 * authenticated request (RFC 6749 §5.1), and some tenants and simulators leave the claims out.
 */
function requireOurClient(claims: VerifiedClaims, clientId: string): void {
  for (const name of ['azp', 'client_id']) {
    const value = claims[name];
    if (value === undefined || value === clientId) continue;
    const other = plainText(JSON.stringify(value));
    throw refused(ACCESS_TOKEN, `${name} is ${other}, which is not this application`);
  }
}
