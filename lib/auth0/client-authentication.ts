/**
 * How we prove who we are at Auth0's token and revocation endpoints.
 *
 * Spec: RFC 6749 §2.3.1 (post, basic), RFC 7523 §2.2 and §3 (private_key_jwt).
 *
 * @module
 */
import { randomUUID } from 'node:crypto';

import { importJWK, type JWK, SignJWT } from 'jose';

import type { Auth0Config } from '../config/config.js';

/** An assertion is made for one call: a minute covers clocks that differ a little. */
const ASSERTION_SECONDS = 60;

/** What a call has to carry. */
export interface ClientCredentials {
  readonly form: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Credentials for one call. @param issuer Auth0's, the audience of an assertion */
export type AuthenticateToAuth0 = (issuer: string) => Promise<ClientCredentials>;

/** Builds the application's way of authenticating. */
export function createClientAuthentication(deps: {
  config: Pick<Auth0Config, 'clientId' | 'authentication'>;
  now: () => number;
}): AuthenticateToAuth0 {
  const { clientId, authentication } = deps.config;
  switch (authentication.method) {
    case 'none':
      return async () => ({ form: { client_id: clientId }, headers: {} });
    case 'client_secret_post': {
      const form = { client_id: clientId, client_secret: authentication.secret };
      return async () => ({ form, headers: {} });
    }
    case 'client_secret_basic': {
      const headers = { authorization: basic(clientId, authentication.secret) };
      return async () => ({ form: {}, headers });
    }
    case 'private_key_jwt':
      return async (issuer) => ({
        form: {
          client_id: clientId,
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: await assertion(authentication.key, clientId, issuer, deps.now()),
        },
        headers: {},
      });
  }
}

/** RFC 6749 §2.3.1: both halves are form-encoded before they are joined. */
function basic(clientId: string, secret: string): string {
  const encoded = [clientId, secret].map((part) =>
    new URLSearchParams([['', part]]).toString().slice(1),
  );
  return `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`;
}

async function assertion(key: JWK, clientId: string, issuer: string, now: number): Promise<string> {
  const alg = key.alg ?? algorithmFor(key);
  return new SignJWT({})
    .setProtectedHeader({ alg, ...(key.kid === undefined ? {} : { kid: key.kid }) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(issuer)
    .setJti(randomUUID())
    .setIssuedAt(now)
    .setExpirationTime(now + ASSERTION_SECONDS)
    .sign(await importJWK(key, alg));
}

/** The usual algorithm of a key that does not name its own. */
function algorithmFor(key: JWK): string {
  if (key.kty !== 'EC') return 'RS256';
  return key.crv === 'P-384' ? 'ES384' : 'ES256';
}
