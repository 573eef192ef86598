/**
 * What others put in front of the route, as their documentation says.
 *
 * `express-oauth2-jwt-bearer` and `fastmcp` are not dependencies of this repository: the benchmark
 * installs them into a folder of their own.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';

import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import type { RequestHandler } from 'express';
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';

import { guardedRoute, type Rig } from '../rig.js';
import { appWith } from './bare.js';

/** What a table asks for. */
interface PeerOptions {
  readonly tokens?: number;
  /** The folder that has the peers in its node_modules. */
  readonly peers?: string;
}

const ISSUER = 'https://bench.eu.auth0.com/';
const AUDIENCE = 'https://api.example.com';

/** RS256, which is what Auth0 signs with. */
async function auth0Like(count = 1) {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256', use: 'sig' }] };
  const tokens: string[] = [];
  for (let at = 0; at < count; at += 1) {
    const claims = { scope: 'openid', azp: 'client', client_id: 'client' };
    tokens.push(
      await new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'k' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(`auth0|${at}`)
        .setJti(String(at))
        .setIssuedAt()
        .setExpirationTime('2h')
        .sign(privateKey),
    );
  }
  return { jwks, tokens };
}

/** `express-oauth2-jwt-bearer` with a JWKS that it fetches once. */
export async function jwtBearer({ tokens: count = 1, peers = '' }: PeerOptions): Promise<Rig> {
  const { jwks, tokens } = await auth0Like(count);
  const server = createServer((_req, res) => {
    res.setHeader('content-type', 'application/json').end(JSON.stringify(jwks));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const jwksUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { auth } = await fromPeers<{ auth(options: object): RequestHandler }>(
    peers,
    'express-oauth2-jwt-bearer/dist/index.js',
  );
  const guard = auth({ issuer: ISSUER, audience: AUDIENCE, jwksUri, tokenSigningAlg: 'RS256' });
  return {
    ...guardedRoute(appWith([guard]), tokens),
    async stop() {
      server.close();
    },
  };
}

/** The SDK's own guard, with jose for the verifier. */
export async function sdkBearer({ tokens: count = 1 }: PeerOptions): Promise<Rig> {
  const { guard, tokens } = await sdkGuard(count);
  return guardedRoute(appWith([guard]), tokens);
}

/** The guard, and tokens that it accepts. */
export async function sdkGuard(
  count = 1,
): Promise<{ readonly guard: RequestHandler; readonly tokens: readonly string[] }> {
  const { jwks, tokens } = await auth0Like(count);
  const keys = createLocalJWKSet(jwks);
  const guard = requireBearerAuth({
    verifier: {
      async verifyAccessToken(token) {
        const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: ['RS256'] };
        const { payload } = await jwtVerify(token, keys, options);
        return {
          token,
          clientId: String(payload.client_id),
          scopes: String(payload.scope).split(' '),
          expiresAt: payload.exp ?? 0,
          extra: { sub: payload.sub },
        };
      },
    },
    requiredScopes: ['openid'],
  });
  return { guard, tokens };
}

/** Part of `fastmcp/auth`. Tokens are issued by a method it does not publish. */
interface OAuthProxy {
  loadUpstreamTokens(token: string): Promise<{ accessToken: string; scope: string[] } | null>;
  issueSwappedTokens(clientId: string, tokens: object): Promise<{ access_token: string }>;
}

/** The token check of npm's FastMCP, called by a middleware as its own server calls it. */
export async function fastmcp({ tokens: count = 1, peers = '' }: PeerOptions): Promise<Rig> {
  const { OAuthProxy } = await fromPeers<{ OAuthProxy: new (options: object) => OAuthProxy }>(
    peers,
    'fastmcp/dist/auth/index.js',
  );
  const upstream = await auth0Like(1);
  const proxy = new OAuthProxy({
    baseUrl: 'http://127.0.0.1:8000',
    upstreamAuthorizationEndpoint: `${ISSUER}authorize`,
    upstreamTokenEndpoint: `${ISSUER}oauth/token`,
    upstreamClientId: 'bench-client',
    upstreamClientSecret: 'bench-secret',
    enableTokenSwap: true,
    jwtSigningKey: 'a-signing-key-for-measurements-0123456789',
    encryptionKey: 'a-storage-key-for-measurements-0123456789',
    scopes: ['openid'],
  });
  const tokens: string[] = [];
  for (let at = 0; at < count; at += 1) {
    const issued = await proxy.issueSwappedTokens('client', {
      accessToken: upstream.tokens[0],
      refreshToken: 'v1.refresh',
      expiresIn: 7200,
      issuedAt: new Date(),
      scope: ['openid'],
      tokenType: 'Bearer',
    });
    tokens.push(issued.access_token);
  }
  const guard: RequestHandler = async (req, res, next) => {
    const token = req.headers.authorization?.replace(/^Bearer /, '') ?? '';
    const found = await proxy.loadUpstreamTokens(token);
    if (found === null) res.status(401).json({ error: 'invalid_token' });
    else next();
  };
  return guardedRoute(appWith([guard]), tokens);
}

async function fromPeers<T>(folder: string, path: string): Promise<T> {
  const module = await import(pathToFileURL(`${folder}/node_modules/${path}`).href);
  // A CommonJS module may have its exports under `default` only.
  return { ...module.default, ...module } as T;
}
