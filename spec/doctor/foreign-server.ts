/** An MCP server with an authorization server of its own that is right in every detail, but for what a spec changes. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { close, listen } from '../support/listen.js';

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a string, as HTML. */
  readonly body?: unknown;
}

type Answer = (request: IncomingMessage, body: string) => Reply;

/** Responses by path; `undefined` is 404. */
export type Changes = (origin: string) => Readonly<Record<string, Answer | undefined>>;

export interface ForeignServer {
  readonly origin: string;
  readonly mcp: string;
  /** `POST /register`, with the body. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, content-type, mcp-protocol-version, accept',
  'access-control-expose-headers': 'WWW-Authenticate, Mcp-Session-Id',
};

/** The metadata of its authorization server. */
export function serverMetadata(origin: string): Record<string, unknown> {
  return {
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none', 'client_secret_post', 'client_secret_basic'],
    authorization_response_iss_parameter_supported: true,
    scopes_supported: ['files:read', 'files:write'],
  };
}

export function resourceMetadata(origin: string): Record<string, unknown> {
  return {
    resource: `${origin}/mcp`,
    authorization_servers: [origin],
    scopes_supported: ['files:read'],
  };
}

/** RFC 7591 §3.2.1: what was registered, with an id and, if it is wanted, a secret. */
export function registered(body: string): Record<string, unknown> {
  const metadata = JSON.parse(body) as Record<string, unknown>;
  const method = metadata['token_endpoint_auth_method'] ?? 'none';
  return {
    ...metadata,
    client_id: 'a-client',
    token_endpoint_auth_method: method,
    ...(method !== 'none' && { client_secret: 'of-the-client' }),
  };
}

const document =
  (body: unknown): Answer =>
  () => ({ body });

function rightAnswers(origin: string): Record<string, Answer | undefined> {
  const prm = '/.well-known/oauth-protected-resource';
  return {
    '/mcp': () => ({
      status: 401,
      headers: {
        'www-authenticate': `Bearer resource_metadata="${origin}${prm}/mcp", scope="files:read"`,
      },
      body: { error: 'invalid_token' },
    }),
    [prm]: document(resourceMetadata(origin)),
    [`${prm}/mcp`]: document(resourceMetadata(origin)),
    '/.well-known/oauth-authorization-server': document(serverMetadata(origin)),
    '/register': (_request, body) => ({ status: 201, body: registered(body) }),
    '/authorize': () => ({ body: '<h1>Log in</h1>' }),
    '/token': () => ({ status: 400, body: { error: 'invalid_grant' } }),
  };
}

export async function startForeignServer(changes: Changes = () => ({})): Promise<ForeignServer> {
  const requests: string[] = [];
  let answers: Readonly<Record<string, Answer | undefined>> = {};
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      requests.push(`${request.method} ${pathname} ${body}`.trim());
      send(response, reply(answers[pathname], request, body));
    });
  });
  const origin = `http://127.0.0.1:${await listen(server)}`;
  answers = { ...rightAnswers(origin), ...changes(origin) };
  return { origin, mcp: `${origin}/mcp`, requests, close: () => close(server) };
}

function reply(answer: Answer | undefined, request: IncomingMessage, body: string): Reply {
  if (answer === undefined) return { status: 404, body: { error: 'not_found' } };
  if (request.method !== 'OPTIONS') return answer(request, body);
  // A change that refuses browsers does so by its headers.
  const { headers = {} } = answer(request, '{}');
  return { status: 204, headers };
}

function send(response: ServerResponse, { status = 200, headers = {}, body }: Reply): void {
  const isText = typeof body === 'string';
  response.writeHead(status, {
    'content-type': isText ? 'text/html' : 'application/json',
    ...CORS,
    ...headers,
  });
  response.end(isText ? body : status === 204 ? '' : JSON.stringify(body ?? null));
}
