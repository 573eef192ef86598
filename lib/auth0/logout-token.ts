/**
 * Verification of Auth0's logout tokens: who was logged out.
 *
 * Spec: OpenID Connect Back-Channel Logout 1.0 §2.4 (claims) and §2.6 (validation).
 *
 * @module
 */
import { decodeProtectedHeader } from 'jose';

import type { Auth0Config } from '../config/config.js';
import { isJsonObject } from '../oauth/json-object.js';
import type { Auth0Logout } from './auth0.js';
import type { CachedDocument } from './cached-document.js';
import type { Auth0Metadata } from './discovery.js';
import { refused, SIGNING_ALGORITHMS, verifySignature } from './signed-token.js';
import type { SigningKeys } from './signing-keys.js';

const WHAT = 'logout token';

/** Names the token as one; nothing else signed by Auth0 has it. */
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** Longest identifier accepted, in characters: Auth0's have about thirty. */
const MAX_ID_CHARACTERS = 255;

interface LogoutTokenDeps {
  readonly config: Pick<Auth0Config, 'clientId'>;
  readonly discovery: CachedDocument<Auth0Metadata>;
  readonly keys: SigningKeys;
  readonly now: () => number;
}

/** @throws (on use) Auth0Error `invalid_response`, or `unavailable` when the keys cannot be had */
export function createLogoutVerification(
  deps: LogoutTokenDeps,
): (token: string) => Promise<Auth0Logout> {
  return async function verifyLogoutToken(token) {
    requireType(token);
    const { issuer } = await deps.discovery.get();
    const claims = await verifySignature(token, {
      what: WHAT,
      issuer,
      audience: deps.config.clientId,
      algorithms: SIGNING_ALGORITHMS,
      keys: deps.keys,
      now: deps.now(),
    });
    if (!isLogoutEvent(claims['events'])) throw refused(WHAT, 'events does not name a logout');
    // §2.4: so that an ID token cannot be used as a logout token.
    if (claims['nonce'] !== undefined) throw refused(WHAT, 'it has a nonce');
    const [subject, sid, id] = [claims.sub, claims['sid'], claims.jti].map(identifier);
    if (id === undefined) throw refused(WHAT, 'jti is missing');
    if (subject === undefined && sid === undefined) {
      throw refused(WHAT, 'it has neither sub nor sid');
    }
    return { subject, sid, id, issuedAt: claims.iat ?? deps.now(), expiresAt: claims.exp };
  };
}

/** Auth0 writes JWT; §2.4 recommends logout+jwt. An access token of RFC 9068 is neither. */
function requireType(token: string): void {
  let type: unknown;
  try {
    type = decodeProtectedHeader(token).typ;
  } catch {
    throw refused(WHAT, 'not a JWT');
  }
  const name = typeof type === 'string' ? type.toLowerCase().replace(/^application\//, '') : 'jwt';
  if (name !== 'jwt' && name !== 'logout+jwt') {
    throw refused(WHAT, 'typ is neither JWT nor logout+jwt');
  }
}

function isLogoutEvent(events: unknown): boolean {
  return isJsonObject(events) && isJsonObject(events[LOGOUT_EVENT]);
}

function identifier(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value !== '' && value.length <= MAX_ID_CHARACTERS) return value;
  throw refused(WHAT, 'an identifier is no text, empty or too long');
}
