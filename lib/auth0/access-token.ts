/** The form and claims of Auth0's access tokens: RFC 9068, and Auth0's own profile (`typ` JWT, client in `azp`). */
import { decodeProtectedHeader } from 'jose';

import { parseScope } from '../oauth/scope.js';
import { SIGNING_ALGORITHMS } from './signed-token.js';
import { AUDIENCE_REMEDY } from './token-endpoint.js';

/** The kind of token, for messages. */
export const ACCESS_TOKEN = 'access token';

/**
 * `signed`: a JWT access token with an asymmetric signature. `shared-secret`: a JWT with a symmetric one. `encrypted`:
 * for the API to decrypt. `opaque`: for Auth0 only. `other`: any other JWT. `no-token`: anything else.
 */
type AccessTokenForm = 'signed' | 'shared-secret' | 'encrypted' | 'opaque' | 'other' | 'no-token';

/** By header and number of parts; verifies nothing. */
export function formOfAccessToken(token: string): AccessTokenForm {
  const { alg, typ } = headerOf(token);
  const parts = token.split('.').length;
  if (alg === '') return 'no-token';
  if (parts === 5) return alg.startsWith('RSA') ? 'encrypted' : 'opaque';
  if (parts !== 3) return 'no-token';
  if (alg.startsWith('HS')) return 'shared-secret';
  // RFC 9068 §4: at+jwt; Auth0's own profile says JWT.
  const isAccessToken = /^(?:application\/)?(?:at\+)?jwt$/i.test(typ);
  return isAccessToken && SIGNING_ALGORITHMS.includes(alg) ? 'signed' : 'other';
}

function headerOf(token: string): { readonly alg: string; readonly typ: string } {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  try {
    const { alg, typ } = decodeProtectedHeader(token);
    return { alg: text(alg), typ: text(typ) };
  } catch {
    return { alg: '', typ: '' };
  }
}

/**
 * Message and remedy for each form that cannot be verified. Auth0 issues a JWT for a custom API only; otherwise the
 * token is opaque, in practice a JWE of five parts.
 */
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

/** Scopes, and with RBAC permissions: Auth0 lists all permissions of the user, requested or not. */
export function grantedScopes(claims: Readonly<Record<string, unknown>>): readonly string[] {
  const { permissions } = claims;
  const names = Array.isArray(permissions)
    ? permissions.filter((name) => typeof name === 'string')
    : [];
  return [...new Set([...scopesOf(claims), ...names.flatMap((name) => parseScope(name))])];
}

/** Without permissions. */
export function scopesOf({ scope }: Readonly<Record<string, unknown>>): readonly string[] {
  return parseScope(typeof scope === 'string' ? scope : undefined);
}
