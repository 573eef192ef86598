/**
 * A login as an MCP client does it, through the running server: registration, consent, Auth0, tokens, first
 * request (RFC 7591, RFC 8252 §7.3, RFC 7636, RFC 7009). It works for a server on any host, but shows no more
 * than a client can see: not whether Auth0 issued a refresh token.
 */
import { createHash, randomBytes } from 'node:crypto';

import type { Config } from '../../config/config.js';
import { missingScopes } from '../../oauth/scope.js';
import { type Callback, listenForCallback } from '../callback.js';
import {
  type CheckName,
  type Finding,
  type Findings,
  failed,
  passed,
  skipped,
} from '../finding.js';
import { type ProbeResponse, probe } from '../probe.js';

const SERVER_LOG_REMEDY = 'The log of the server has the reason, with the reference of the page.';

const AFTER_LOGIN: readonly CheckName[] = ['granted-scopes', 'offline-access'];

/** @param timeoutMs for the user to log in */
export async function* logInAsClient(
  config: Config,
  promptLogin: (url: string) => void,
  timeoutMs: number,
): Findings {
  const callback = await listenForCallback(timeoutMs);
  try {
    const registered = await register(config, callback.redirectUri);
    if (typeof registered.json?.['client_id'] !== 'string') {
      yield* skipped(
        ['login', ...AFTER_LOGIN],
        `the server registers no client on this machine: ${reasonOf(registered)}`,
      );
      return;
    }
    yield* useLogin(
      config,
      await tokensFor(config, registered.json['client_id'], callback, promptLogin),
    );
  } catch (error) {
    yield failed(
      'login',
      error instanceof Error ? error.message : String(error),
      SERVER_LOG_REMEDY,
    );
  } finally {
    callback.close();
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
  callback: Callback,
  promptLogin: (url: string) => void,
): Promise<ProbeResponse & { readonly clientId: string }> {
  const [verifier, state] = [randomBytes(32), randomBytes(16)].map((bytes) =>
    bytes.toString('base64url'),
  ) as [string, string];
  const request = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: callback.redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource,
    state,
  });
  const responded = callback.response(state);
  promptLogin(`${baseUrl}/authorize?${request}`);
  const response = await responded;
  const code = response.get('code');
  if (code === null) {
    const reason = [response.get('error'), response.get('error_description')]
      .filter(Boolean)
      .join(': ');
    throw new Error(`the server responded ${reason.slice(0, 300)}`);
  }
  const form = {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    client_id: clientId,
    redirect_uri: callback.redirectUri,
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
    yield failed('login', `the server issued no tokens: ${reasonOf(tokens)}`, SERVER_LOG_REMEDY);
    yield* skipped(AFTER_LOGIN, 'no user is logged in');
    return;
  }
  yield await firstRequest(config, token);
  const granted = String(scope ?? '').split(' ');
  const missing = missingScopes(config.scopes.required, granted, config.scopes.implied);
  yield missing.length === 0
    ? passed('granted-scopes', granted.join(' '))
    : failed('granted-scopes', `without ${missing.join(' ')}, which requiredScopes requires`);
  yield* skipped(
    ['offline-access'],
    'only the running server can tell. Its log says "Auth0 gave no refresh token" if there is none',
  );
  // RFC 7009 §2.1: this revokes the whole grant.
  const form = { token: String(refreshToken ?? token), client_id: clientId };
  await probe({ url: `${config.baseUrl}/revoke`, form }).catch(() => undefined);
}

async function firstRequest({ resource }: Config, token: string): Promise<Finding> {
  const { status } = await probe({
    url: resource,
    headers: { authorization: `Bearer ${token}`, accept: 'application/json, text/event-stream' },
    json: { jsonrpc: '2.0', id: 1, method: 'ping' },
  });
  if (status !== 401 && status !== 403) {
    return passed('login', 'from registration to a request that the guard accepts');
  }
  const message = `${resource} responds ${status} to a token of its own server`;
  return failed('login', message, 'Does a proxy remove the Authorization header?');
}

function reasonOf({ status, json }: ProbeResponse): string {
  const words = [json?.['error'], json?.['error_description']].filter(Boolean).join(': ');
  return `status ${status}${words === '' ? '' : `, ${words.slice(0, 300)}`}`;
}
