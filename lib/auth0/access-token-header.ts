/**
 * What kind of text an access token of Auth0's is, judged by its form and header alone.
 *
 * Spec: RFC 7515 §4.1 and RFC 7516 §4.1 (headers), RFC 9068 §4 and Auth0's own profile (`typ` JWT).
 *
 * @module
 */
import { decodeProtectedHeader } from 'jose';

import { SIGNING_ALGORITHMS } from './signed-token.js';

/** The kind of token, for messages. */
export const ACCESS_TOKEN = 'access token';

/**
 * `signed`: by a key that can be looked up, as an access token. `shared-secret`: by one that both sides
 * know. `encrypted`: for the API to open. `opaque`: for Auth0 alone to read. `other`: a JWT that says
 * it is something else, or signed in a way that no API of ours uses. `no-token`: nothing that Auth0
 * issues for an API.
 */
export type AccessTokenForm =
  | 'signed'
  | 'shared-secret'
  | 'encrypted'
  | 'opaque'
  | 'other'
  | 'no-token';

/** Nothing is verified by it. */
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
  try {
    const { alg, typ } = decodeProtectedHeader(token);
    return { alg: textOf(alg), typ: textOf(typ) };
  } catch {
    return { alg: '', typ: '' };
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
