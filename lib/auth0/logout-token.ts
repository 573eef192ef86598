/** Verification of Auth0's logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4 and §2.6). */
import { decodeProtectedHeader } from 'jose';

import { isJsonObject } from '../oauth/json-object.js';
import type { Auth0Logout } from './auth0.js';
import { rejected, verifySignedToken } from './signed-token.js';
import type { Tenant } from './tenant.js';

const WHAT = 'logout token';

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** Auth0's identifiers have about thirty characters. */
const MAX_ID_CHARACTERS = 255;

/** @throws Auth0Error `invalid_response`, or `unavailable` if the keys cannot be fetched */
export async function verifyLogoutToken(
  { config, discovery, keys, now }: Tenant,
  token: string,
): Promise<Auth0Logout> {
  requireType(token);
  const { issuer } = await discovery.get();
  const claims = await verifySignedToken(token, {
    what: WHAT,
    issuer,
    audience: config.clientId,
    keys,
    now: now(),
  });
  const { events } = claims;
  if (!isJsonObject(events) || !isJsonObject(events[LOGOUT_EVENT])) {
    throw rejected(WHAT, 'events does not name a logout');
  }
  // §2.4: an ID token has a nonce, and must not be accepted as a logout token.
  if (claims['nonce'] !== undefined) throw rejected(WHAT, 'it has a nonce');
  const [subject, sid, id] = [claims.sub, claims['sid'], claims.jti].map(identifier);
  if (id === undefined) throw rejected(WHAT, 'jti is missing');
  if (subject === undefined && sid === undefined) {
    throw rejected(WHAT, 'it has neither sub nor sid');
  }
  return { subject, sid, id, issuedAt: claims.iat ?? now(), expiresAt: claims.exp };
}

/** Auth0 sends JWT, §2.4 recommends logout+jwt. An access token has another type. */
function requireType(token: string): void {
  let type: unknown;
  try {
    type = decodeProtectedHeader(token).typ;
  } catch {
    throw rejected(WHAT, 'not a JWT');
  }
  const name = typeof type === 'string' ? type.toLowerCase().replace(/^application\//, '') : 'jwt';
  if (name !== 'jwt' && name !== 'logout+jwt') {
    throw rejected(WHAT, 'typ is neither JWT nor logout+jwt');
  }
}

function identifier(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value !== '' && value.length <= MAX_ID_CHARACTERS) return value;
  throw rejected(WHAT, 'an identifier is no text, empty or too long');
}
