/** The identity provider of an enterprise: an issuer on this machine that signs identity assertions (ID-JAG). */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

import { close, listen } from './listen.js';

export interface IdentityProvider {
  /** `http://127.0.0.1:PORT`. */
  readonly issuer: string;
  /** An assertion for user `00u1`; `undefined` removes a claim. */
  idJag(claims: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  /** Signs with a new key from now on; the old one is no longer published. */
  rotate(): Promise<void>;
  /** While true, it responds with 503. */
  isDown: boolean;
  /** Requests for its documents so far. */
  readonly requests: string[];
  close(): Promise<void>;
}

async function newKey() {
  const kid = randomUUID();
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'ES256' };
  return { kid, privateKey, jwk };
}

export async function startIdentityProvider(): Promise<IdentityProvider> {
  let key = await newKey();
  const server = createServer((req, res) => {
    provider.requests.push(String(req.url));
    const documents: Record<string, unknown> = {
      '/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/keys` },
      '/keys': { keys: [key.jwk] },
    };
    const body = provider.isDown ? undefined : documents[req.url ?? ''];
    res.writeHead(body === undefined ? 503 : 200, { 'content-type': 'application/json' });
    res.end(JSON.stringify(body ?? {}));
  });
  const issuer = `http://127.0.0.1:${await listen(server)}`;
  const provider: IdentityProvider = {
    issuer,
    isDown: false,
    requests: [],
    idJag(claims, header = {}) {
      const iat = Math.floor(Date.now() / 1000);
      const jti = randomUUID();
      return new SignJWT({ iss: issuer, sub: '00u1', jti, iat, exp: iat + 300, ...claims })
        .setProtectedHeader({ alg: 'ES256', typ: 'oauth-id-jag+jwt', kid: key.kid, ...header })
        .sign(key.privateKey);
    },
    async rotate() {
      key = await newKey();
    },
    close: () => close(server),
  };
  return provider;
}
