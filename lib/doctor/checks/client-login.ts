/**
 * A login as an MCP client does it, through our own server while it runs: registration, consent, Auth0,
 * tokens, first request.
 *
 * It proves the whole way, wherever the server is. What the server keeps to itself, such as whether
 * Auth0 gave a refresh token, stays with it.
 *
 * Spec: RFC 7591, RFC 8252 §7.3 (loopback redirect), RFC 7636, RFC 7009.
 *
 * @module
 */
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Config } from '../../config/config.js';
import { missingScopes } from '../../oauth/scope.js';
import {
  type CheckName,
  type Finding,
  type Findings,
  failed,
  passed,
  skipped,
} from '../finding.js';
import { type ProbeResponse, probe } from '../probe.js';

const SERVER_LOG_REMEDY = 'The log of the server has the reason, under the reference of the page.';

const AFTER_LOGIN: readonly CheckName[] = ['granted-scopes', 'offline-access'];

/** Where the browser came back to, with what. */
interface Visit {
  readonly redirectUri: string;
  /** The parameters of the answer that bears this state. */
  answer(state: string): Promise<URLSearchParams>;
  close(): void;
}

/** @param invite tells the person where to log in; @param patienceMs how long they may take */
export async function* logInAsClient(
  config: Config,
  { invite, patienceMs }: { invite: (url: string) => void; patienceMs: number },
): Findings {
  const visit = await awaitVisit(patienceMs);
  try {
    const registered = await register(config, visit.redirectUri);
    if (typeof registered.json?.['client_id'] !== 'string') {
      yield* skipped(
        ['login', ...AFTER_LOGIN],
        `the server registers no client on this machine: ${said(registered)}`,
      );
      return;
    }
    yield* useLogin(config, await tokensFor(config, registered.json['client_id'], visit, invite));
  } catch (error) {
    yield failed(
      'login',
      error instanceof Error ? error.message : String(error),
      SERVER_LOG_REMEDY,
    );
  } finally {
    visit.close();
  }
}

function register({ baseUrl }: Config, redirectUri: string): Promise<ProbeResponse> {
  const json = {
    client_name: 'express-auth0-mcp doctor',
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: 'none',
  };
  return probe({ url: `${baseUrl}/register`, json });
}

async function tokensFor(
  { baseUrl, resource }: Config,
  clientId: string,
  visit: Visit,
  invite: (url: string) => void,
): Promise<ProbeResponse & { readonly clientId: string }> {
  const [verifier, state] = [randomBytes(32), randomBytes(16)].map((bytes) =>
    bytes.toString('base64url'),
  ) as [string, string];
  const request = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: visit.redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource,
    state,
  });
  const answered = visit.answer(state);
  invite(`${baseUrl}/authorize?${request}`);
  const answer = await answered;
  const code = answer.get('code');
  if (code === null) {
    const reason = [answer.get('error'), answer.get('error_description')]
      .filter(Boolean)
      .join(': ');
    throw new Error(`the server answered ${reason.slice(0, 300)}`);
  }
  const form = {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    client_id: clientId,
    redirect_uri: visit.redirectUri,
    resource,
  };
  return { ...(await probe({ url: `${baseUrl}/token`, form })), clientId };
}

async function* useLogin(
  config: Config,
  { clientId, ...tokens }: ProbeResponse & { clientId: string },
): Findings {
  const { access_token: token, refresh_token: refreshToken, scope } = tokens.json ?? {};
  if (tokens.status !== 200 || typeof token !== 'string') {
    yield failed('login', `the server gave no tokens: ${said(tokens)}`, SERVER_LOG_REMEDY);
    yield* skipped(AFTER_LOGIN, 'nobody is logged in');
    return;
  }
  yield await firstUse(config, token);
  const granted = String(scope ?? '').split(' ');
  const missing = missingScopes(config.scopes.required, granted, config.scopes.implied);
  yield missing.length === 0
    ? passed('granted-scopes', granted.join(' '))
    : failed('granted-scopes', `without ${missing.join(' ')}, which requiredScopes asks for`);
  yield* skipped(
    ['offline-access'],
    'the running server knows. Its log says "Auth0 gave no refresh token" where there is none',
  );
  // RFC 7009 §2.1: nothing of this login stays behind.
  const form = { token: String(refreshToken ?? token), client_id: clientId };
  await probe({ url: `${config.baseUrl}/revoke`, form }).catch(() => undefined);
}

async function firstUse({ resource }: Config, token: string): Promise<Finding> {
  const { status } = await probe({
    url: resource,
    headers: { authorization: `Bearer ${token}`, accept: 'application/json, text/event-stream' },
    json: { jsonrpc: '2.0', id: 1, method: 'ping' },
  });
  if (status !== 401 && status !== 403) {
    return passed('login', `from registration to a request that the guard lets through`);
  }
  const message = `${resource} answers ${status} to a token of its own server`;
  return failed('login', message, 'Does a proxy remove the Authorization header?');
}

function said({ status, json }: ProbeResponse): string {
  const words = [json?.['error'], json?.['error_description']].filter(Boolean).join(': ');
  return `status ${status}${words === '' ? '' : `, ${words.slice(0, 300)}`}`;
}

async function awaitVisit(patienceMs: number): Promise<Visit> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
  return {
    redirectUri,
    answer: (state) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('nobody logged in')), patienceMs);
        server.on('request', (req, res) => {
          const { pathname, searchParams } = new URL(req.url ?? '/', redirectUri);
          const isOurs = pathname === '/callback' && searchParams.get('state') === state;
          res.writeHead(isOurs ? 200 : 404, { 'Content-Type': 'text/plain' });
          res.end(isOurs ? 'That was all. The terminal has the result; close this window.' : '');
          if (!isOurs) return;
          clearTimeout(timer);
          resolve(searchParams);
        });
      }),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
