/** The login of an MCP client, by the requests that clients send: discovery, registration, authorization, token. */
import { createHash, randomBytes } from 'node:crypto';

import { stringsIn } from '../oauth/json-object.js';

/** The tokens of a client, and what it needs to refresh them. */
export interface ClientLogin {
  readonly client: Readonly<Record<string, unknown>>;
  readonly tokens: ClientTokens;
  /** Exchanges the code of another login of this client. */
  redeem(callback: URL, codeVerifier: string): Promise<ClientTokens>;
}

/** A token response (RFC 6749 §5.1). */
export interface ClientTokens {
  readonly access_token: string;
  readonly token_type: string;
  readonly refresh_token?: string;
  readonly expires_in?: number;
  readonly scope?: string;
  /** Of the authorization server: the second SDK sends credentials to no other. */
  readonly issuer: string;
}

/** It is never visited: the login stops before the redirect. */
export const REDIRECT_URI = 'http://127.0.0.1:33418/callback';

/**
 * @param scopes default: those that the server requires
 * @param visit the user's part: from the authorization URL to the redirect
 * @throws naming the request that failed
 */
export async function logInAsClient(
  mcpUrl: URL,
  scopes: readonly string[] | undefined,
  visit: (authorizeUrl: URL) => Promise<URL>,
): Promise<ClientLogin> {
  const { resource, requiredScopes, server } = await discover(mcpUrl);
  const issuer = String(server['issuer']);
  const registered = await register(String(server['registration_endpoint']));
  const client = { ...registered, issuer };
  const codeVerifier = randomBytes(32).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  const authorizeUrl = new URL(String(server['authorization_endpoint']));
  const scope = withOfflineAccess(scopes ?? requiredScopes, server).join(' ');
  const query = {
    response_type: 'code',
    client_id: String(registered['client_id']),
    redirect_uri: REDIRECT_URI,
    ...(scope === '' ? {} : { scope }),
    state,
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource,
  };
  for (const [name, value] of Object.entries(query)) authorizeUrl.searchParams.set(name, value);
  const redeem = async (callback: URL, verifier: string): Promise<ClientTokens> => {
    const tokens = await redeemCode(String(server['token_endpoint']), callback, {
      ...{ client_id: query.client_id, redirect_uri: REDIRECT_URI, resource },
      code_verifier: verifier,
      ...(registered['client_secret'] === undefined
        ? {}
        : { client_secret: String(registered['client_secret']) }),
    });
    return { ...tokens, issuer };
  };
  return { client, redeem, tokens: await redeem(await visit(authorizeUrl), codeVerifier) };
}

interface Discovered {
  readonly resource: string;
  readonly requiredScopes: readonly string[];
  /** Authorization server metadata. */
  readonly server: Readonly<Record<string, unknown>>;
}

/** @throws naming the request that failed */
export async function discover(mcpUrl: URL): Promise<Discovered> {
  const response = await fetch(mcpUrl, { method: 'POST' }).catch((cause: unknown) => {
    throw new Error(`No server at ${mcpUrl.href}. Start it before the login.`, { cause });
  });
  await response.arrayBuffer();
  const challenge = response.headers.get('www-authenticate') ?? '';
  const [, named] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
  const { origin, pathname } = mcpUrl;
  const metadataUrl = named ?? `${origin}/.well-known/oauth-protected-resource${pathname}`;
  const metadata = await sendJson(
    metadataUrl,
    `${mcpUrl.href} (status ${response.status}) names no authorization server. Is auth0Mcp() mounted before the MCP route, with a baseUrl that this process reaches?`,
  );
  const resource = String(metadata['resource']);
  const [issuer] = stringsIn(metadata['authorization_servers']);
  if (issuer === undefined) throw new Error(`${metadataUrl} names no authorization server`);
  const { origin: issuerOrigin, pathname: issuerPath } = new URL(issuer);
  const server = await sendJson(
    `${issuerOrigin}/.well-known/oauth-authorization-server${issuerPath.replace(/\/$/, '')}`,
    `The authorization server ${issuer} has no metadata.`,
  );
  const [, scope] = /scope="([^"]+)"/.exec(challenge) ?? [];
  const requiredScopes = scope?.split(' ') ?? stringsIn(metadata['scopes_supported']);
  return { resource, requiredScopes, server };
}

async function register(endpoint: string): Promise<Readonly<Record<string, unknown>>> {
  return await sendJson(endpoint, 'The registration of the client failed', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'express-auth0-mcp/testing',
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    }),
  });
}

/** As clients do where the server knows the scope. */
function withOfflineAccess(
  scopes: readonly string[],
  server: Readonly<Record<string, unknown>>,
): readonly string[] {
  const isKnown = stringsIn(server['scopes_supported']).includes('offline_access');
  return isKnown && !scopes.includes('offline_access') ? [...scopes, 'offline_access'] : scopes;
}

async function redeemCode(
  endpoint: string,
  { searchParams }: URL,
  parameters: Readonly<Record<string, string>>,
): Promise<Omit<ClientTokens, 'issuer'>> {
  const code = searchParams.get('code');
  if (code === null) {
    const description = searchParams.get('error_description') ?? 'no code';
    throw new Error(`The login failed: ${searchParams.get('error')}, ${description}`);
  }
  const tokens = await sendJson(endpoint, 'The code could not be exchanged', {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'authorization_code', code, ...parameters }),
  });
  return tokens as unknown as Omit<ClientTokens, 'issuer'>;
}

export async function sendJson(
  url: string,
  failure: string,
  init?: RequestInit,
): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(url, init).catch((cause: unknown) => {
    throw new Error(`${failure} (no response from ${url})`, { cause });
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as Readonly<Record<string, unknown>>;
  // An error response has no secrets (RFC 6749 §5.2).
  throw new Error(`${failure} (${url} responded with ${response.status}: ${text.slice(0, 300)})`);
}
