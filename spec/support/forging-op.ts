/**
 * An OpenID server that signs whatever a spec wants and answers whatever a spec says.
 *
 * It keeps no state and checks nothing: for attacks and bad days, where a proper server would not
 * play along.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';

export const CLIENT_ID = 'our-application';
export const CLIENT_SECRET = 'a secret: with / + characters';
export const AUDIENCE = 'https://api.example.test/';
export const SUBJECT = 'auth0|alice';

/** A request that arrived. */
export interface OpRequest {
  readonly method: string;
  readonly path: string;
  readonly form: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

/** An answer: an object goes out as JSON, a string as HTML. */
export interface OpReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | string;
}

/** Claims; undefined takes one out. */
export type Claims = Readonly<Record<string, unknown>>;

type Header = { readonly typ?: string | undefined; readonly kid?: string };

/** What a path does instead of its usual answer. */
export type OpHandler = (request: OpRequest) => OpReply | Promise<OpReply>;

/** A key with its id, as tokens and key set name it. */
export interface OpKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export interface ForgingOp {
  /** With the trailing slash. */
  readonly issuer: string;
  readonly requests: OpRequest[];
  /** In the key set. */
  readonly key: OpKey;
  /** Answers a path differently from now on; without a handler: as at first. */
  on(path: string, handler?: OpHandler): void;
  requestsTo(path: string): OpRequest[];
  /** The discovery document as it is served by default. */
  metadata(): Record<string, unknown>;
  idToken(claims?: Claims, header?: Header, key?: OpKey): Promise<string>;
  accessToken(claims?: Claims, header?: Header, key?: OpKey): Promise<string>;
  /** A token answer with both tokens. */
  tokens(nonce: string, changes?: Readonly<Record<string, unknown>>): Promise<OpReply>;
  close(): Promise<void>;
}

/** Not in the key set unless a spec puts it there. */
export async function createOpKey(kid: string, alg = 'RS256'): Promise<OpKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig' } };
}

/** Unix seconds. */
export function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** An unsigned token, as `alg: none` would have it. */
export function unsigned(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`;
}

export async function startForgingOp(): Promise<ForgingOp> {
  const key = await createOpKey('current');
  const handlers = new Map<string, OpHandler>();
  const requests: OpRequest[] = [];
  const server = createServer((req, res) => void answer(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of req) text += chunk;
    const path = (req.url ?? '/').split('?')[0] ?? '/';
    const { method = 'GET', headers } = req;
    const request = { method, path, form: new URLSearchParams(text), headers };
    requests.push(request);
    const reply = await (handlers.get(path) ?? usual(path))(request);
    const isText = typeof reply.body === 'string';
    res.writeHead(reply.status ?? 200, {
      'content-type': isText ? 'text/html' : 'application/json',
      ...reply.headers,
    });
    res.end(isText ? reply.body : JSON.stringify(reply.body ?? {}));
  }

  function metadata(): Record<string, unknown> {
    return {
      issuer,
      authorization_endpoint: `${issuer}authorize`,
      token_endpoint: `${issuer}oauth/token`,
      jwks_uri: `${issuer}.well-known/jwks.json`,
      revocation_endpoint: `${issuer}oauth/revoke`,
      userinfo_endpoint: `${issuer}userinfo`,
      id_token_signing_alg_values_supported: ['HS256', 'RS256', 'PS256'],
    };
  }

  function usual(path: string): OpHandler {
    if (path === '/.well-known/openid-configuration') return () => ({ body: metadata() });
    if (path === '/.well-known/jwks.json') return () => ({ body: { keys: [key.jwk] } });
    if (path === '/oauth/revoke') return () => ({ body: '' });
    return () => ({ status: 404, body: 'not here' });
  }

  const sign = (claims: Claims, header: Header, { kid, alg, privateKey }: OpKey) =>
    new SignJWT(claims as JWTPayload)
      .setProtectedHeader({ alg, kid, ...(header as { typ?: string }) })
      .sign(privateKey);

  const op: ForgingOp = {
    issuer,
    requests,
    key,
    on(path, handler) {
      if (handler === undefined) handlers.delete(path);
      else handlers.set(path, handler);
    },
    requestsTo: (path) => requests.filter((request) => request.path === path),
    metadata,
    idToken: (claims = {}, header = {}, by = key) =>
      sign({ ...times(), iss: issuer, sub: SUBJECT, aud: CLIENT_ID, ...claims }, header, by),
    accessToken: (claims = {}, header = {}, by = key) =>
      sign(
        {
          ...times(),
          iss: issuer,
          sub: SUBJECT,
          aud: [AUDIENCE, `${issuer}userinfo`],
          azp: CLIENT_ID,
          scope: 'openid read:notes',
          ...claims,
        },
        { typ: 'JWT', ...header },
        by,
      ),
    async tokens(nonce, changes = {}) {
      return {
        body: {
          access_token: await op.accessToken(),
          id_token: await op.idToken({ nonce }),
          refresh_token: 'refresh-1',
          token_type: 'Bearer',
          expires_in: 86400,
          scope: 'openid profile email offline_access read:notes',
          ...changes,
        },
      };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return op;
}

function times(): JWTPayload {
  return { iat: seconds(), exp: seconds() + 3600 };
}
