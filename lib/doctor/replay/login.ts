/** The whole login of a client that redirects to this machine: code, tokens, MCP request, refresh, revocation. */
import { isLoopbackHost } from '../../oauth/redirect-uri.js';
import { type Callback, listenForCallback } from '../callback.js';
import type { ClientFacts } from '../clients/client-facts.js';
import type { ProbeResponse } from '../probe.js';
import { authorizationRequest, requireIssuer, tokenRequest } from './authorization.js';
import type { Identity } from './client-id.js';
import type { Discovery, RefusedBody } from './discovery.js';
import type { Site } from './site.js';
import { ProblemError } from './verdict.js';
import { excerpt, explain, type Send } from './wire.js';

/** For the user to log in. */
const TIMEOUT_MS = 10 * 60 * 1000;

/** A client that is about to log in. */
interface ReadyClient {
  readonly identity: Identity;
  readonly discovery: Discovery;
  readonly site: Site;
  readonly send: Send;
  readonly refused: RefusedBody;
}

/** Only the product itself receives a code that goes to a web page or an app. */
export function canLogInHere({ redirectUri }: ClientFacts): boolean {
  const { protocol, hostname, port } = new URL(redirectUri);
  return protocol === 'http:' && isLoopbackHost(hostname) && port !== '';
}

/** @returns what was done. @throws ProblemError */
export async function logInAs(client: ReadyClient, prompt: (url: string) => void): Promise<string> {
  const callback = await listenAt(client.identity.facts.redirectUri);
  try {
    const tokens = await tokensFor(client, callback, prompt);
    await callWith(client, tokens['access_token']);
    const renewed = await refresh(client, tokens);
    await revoke(client, renewed ?? tokens);
    return renewed === undefined
      ? 'a login and an MCP request; there is no refresh token'
      : 'a login, an MCP request and a refresh';
  } finally {
    callback.close();
  }
}

async function listenAt(redirectUri: string): Promise<Callback> {
  const { port, pathname: path, host } = new URL(redirectUri);
  try {
    return await listenForCallback(TIMEOUT_MS, { port: Number(port), path });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const message = `another process listens at ${host}, where the client receives the code`;
    const remedy = `Is it the client itself? Stop it for now.`;
    throw new ProblemError({ step: 'login', fault: 'unknown', message, remedy }, true);
  }
}

type Tokens = Readonly<Record<string, unknown>>;

async function tokensFor(
  { identity, discovery, site, send }: ReadyClient,
  callback: Callback,
  prompt: (url: string) => void,
): Promise<Tokens> {
  const { url, verifier, state } = authorizationRequest(identity, discovery, site);
  const responded = callback.response(state);
  prompt(url);
  const response = await responded.catch((error: Error) => {
    throw problem('unknown', error.message, 'Open the URL in a browser on this machine.');
  });
  requireIssuer(identity.facts, discovery, response);
  const code = response.get('code');
  if (code === null) {
    const error = [response.get('error'), response.get('error_description')].filter(Boolean);
    const message = `the authorization response is ${excerpt(error.join(': ')) || 'empty'}`;
    throw problem('server', message, 'The log of the server has the reason.');
  }
  const form = {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: identity.facts.redirectUri,
  };
  const tokens = await send('login', tokenRequest(identity, discovery, site, form));
  return tokensIn(site, 'login', tokens);
}

function problem(fault: 'server' | 'unknown', message: string, remedy: string): ProblemError {
  return new ProblemError({ step: 'login', fault, message, remedy });
}

/** RFC 6749 §5.1. */
async function tokensIn(
  site: Site,
  step: 'login' | 'refresh',
  response: ProbeResponse,
): Promise<Tokens> {
  const { json = {}, status } = response;
  if (status === 200 && typeof json['access_token'] === 'string') return json;
  throw await explain(step, site, response, {
    remedy: 'The token endpoint has to issue tokens here. The log of the server has the reason.',
  });
}

async function callWith({ site, send, refused }: ReadyClient, token: unknown): Promise<void> {
  const { url } = site;
  const headers = { authorization: `Bearer ${token}` };
  const response = await send('call', { url, json: refused, headers });
  if ([401, 403].includes(response.status)) {
    throw await explain('call', site, response, {
      remedy:
        'The endpoint refuses a token of its own authorization server: its audience, scopes or issuer are not what the endpoint expects, or a proxy removes Authorization.',
    });
  }
  const session = response.headers.get('mcp-session-id');
  if (session === null) return;
  const end = {
    url,
    method: 'DELETE',
    headers: { ...headers, 'mcp-session-id': session },
  } as const;
  await site.send(end).catch(() => undefined);
}

/** @returns undefined without a refresh token */
async function refresh(
  { identity, discovery, site, send }: ReadyClient,
  { refresh_token: token, scope }: Tokens,
): Promise<Tokens | undefined> {
  if (typeof token !== 'string') return undefined;
  const form = {
    grant_type: 'refresh_token',
    refresh_token: token,
    ...(identity.facts.refreshesWithScope && typeof scope === 'string' && { scope }),
  };
  const response = await send('refresh', tokenRequest(identity, discovery, site, form));
  // RFC 6749 §6: without a new refresh token, the old one stays.
  return { refresh_token: token, ...(await tokensIn(site, 'refresh', response)) };
}

/** RFC 7009, where the server has it. */
async function revoke(client: ReadyClient, tokens: Tokens): Promise<void> {
  const { identity, discovery, site } = client;
  const { revocation_endpoint: url } = discovery.server;
  if (typeof url !== 'string') return;
  const token = String(tokens['refresh_token'] ?? tokens['access_token']);
  const request = tokenRequest(identity, discovery, site, { token });
  await site.send({ ...request, url }).catch(() => undefined);
}
