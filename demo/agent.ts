/**
 * An agent for the employees of an enterprise: they sign in at their identity provider, here the stand-in, and need no
 * login at any MCP server (enterprise-managed authorization).
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  Client,
  CrossAppAccessProvider,
  discoverAndRequestJwtAuthGrant,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';

import type { LoopbackCallback } from './loopback-callback.js';
import type { McpSession } from './mcp-session.js';

/** The agent, at the identity provider and at the demo server. */
export const AGENT = {
  clientId: 'demo-agent',
  clientSecret: 'demo-agent-secret-Jq7mR2vXw9TzK4bN',
  name: 'Demo agent',
} as const;

/**
 * @param idpUrl issuer of the identity provider
 * @param openBrowser for the sign-in there, once
 */
export function createAgentSession(
  mcpUrl: URL,
  idpUrl: string,
  callback: LoopbackCallback,
  openBrowser: (url: URL) => Promise<unknown>,
): McpSession {
  const client = new Client({ name: AGENT.name, version: '1.0.0' });
  let idToken: Promise<string> | undefined;
  let connected: Promise<void> | undefined;

  const provider = new CrossAppAccessProvider({
    ...AGENT,
    expectedIssuer: mcpUrl.origin,
    async assertion({ authorizationServerUrl: audience, resourceUrl: resource, scope, fetchFn }) {
      idToken ??= signIn(idpUrl, callback, openBrowser);
      const request = { idpUrl, audience, resource, fetchFn, ...AGENT, idToken: await idToken };
      const { jwtAuthGrant } = await discoverAndRequestJwtAuthGrant({
        ...request,
        ...(scope !== undefined && { scope }),
      });
      console.log(`✓ The identity provider vouches for the employee, with the scopes: ${scope}`);
      return jwtAuthGrant;
    },
  });
  const connect = (): Promise<void> => {
    connected ??= client.connect(
      new StreamableHTTPClientTransport(mcpUrl, { authProvider: provider }),
    );
    return connected;
  };

  return {
    async tools() {
      await connect();
      return (await client.listTools()).tools as Awaited<ReturnType<McpSession['tools']>>;
    },
    async call(name, args = {}) {
      await connect();
      const { content, isError } = await client.callTool({ name, arguments: args });
      const texts = content.map((part) =>
        part.type === 'text' ? part.text : JSON.stringify(part),
      );
      if (isError === true) throw new Error(texts.join('\n') || 'The tool failed.');
      return texts;
    },
    close: () => client.close(),
  };
}

/** The authorization code flow at the identity provider. @returns the ID token */
async function signIn(
  idpUrl: string,
  { redirectUri: redirect_uri, next }: LoopbackCallback,
  openBrowser: (url: URL) => Promise<unknown>,
): Promise<string> {
  const code_verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  const { clientId: client_id, clientSecret: client_secret } = AGENT;
  const metadata = await json(await fetch(new URL('.well-known/openid-configuration', idpUrl)));
  const url = new URL(String(metadata['authorization_endpoint']));
  url.search = new URLSearchParams({
    ...{ response_type: 'code', client_id, redirect_uri, scope: 'openid', state },
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const response = next();
  await openBrowser(url);
  const parameters = await response;
  const code = parameters.get('code');
  if (parameters.get('state') !== state || code === null) {
    throw new Error(`The sign-in failed: ${parameters.get('error') ?? 'the state does not match'}`);
  }
  const body = new URLSearchParams({
    ...{ grant_type: 'authorization_code', code, redirect_uri, code_verifier },
    ...{ client_id, client_secret },
  });
  const endpoint = String(metadata['token_endpoint']);
  const tokens = await json(await fetch(endpoint, { method: 'POST', body }));
  return String(tokens['id_token']);
}

async function json(response: Response): Promise<Record<string, unknown>> {
  if (response.ok) return (await response.json()) as Record<string, unknown>;
  throw new Error(`The identity provider responded with ${response.status}`);
}
