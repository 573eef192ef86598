/** The second SDK: its server behind Express, and its client with the browser that needs no screen. */
import { randomUUID } from 'node:crypto';

import {
  Client,
  type OAuthDiscoveryState,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  type VersionNegotiationMode,
} from '@modelcontextprotocol/client';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import type { RequestHandler } from 'express';

import { getAccessToken } from '../../lib/bearer/caller.js';
import { HeadlessProvider } from './sdk-client.js';

/** The newest protocol that this SDK speaks. */
export const NEWEST_PROTOCOL = '2026-07-28';

function createServer(): McpServer {
  const server = new McpServer({ name: 'spec', version: '2.0.0' });
  server.registerTool('whoami', {}, async (context) => {
    await new Promise((resolve) => setImmediate(resolve));
    const { subject, user } = getAccessToken();
    const sameAsExtra = context.http?.authInfo?.extra?.subject === subject;
    const text = JSON.stringify({ subject, email: user.email, sameAsExtra });
    return { content: [{ type: 'text' as const, text }] };
  });
  server.registerTool('write_file', {}, async () => ({
    content: [{ type: 'text' as const, text: '"written"' }],
  }));
  return server;
}

/** Protocol 2026-07-28, and stateless 2025 for clients that are older. */
export function handlerRoute(): RequestHandler {
  const handle = toNodeHandler(createMcpHandler(createServer));
  return (req, res) => void handle(req, res, req.body);
}

/** `NodeStreamableHTTPServerTransport` without sessions: one for each request. */
export const transportRoute: RequestHandler = async function transportRoute(req, res) {
  const server = createServer();
  const transport = new NodeStreamableHTTPServerTransport();
  res.on('close', () => void server.close());
  await server.connect(transport);
  await transport.handleRequest(req, res, req.body);
};

/** `NodeStreamableHTTPServerTransport` with sessions. */
export function sessionTransportRoute(): RequestHandler {
  const transports = new Map<string, NodeStreamableHTTPServerTransport>();
  return async function route(req, res) {
    const known = transports.get(String(req.headers['mcp-session-id']));
    const transport =
      known ??
      new NodeStreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        onsessioninitialized: (id) => void transports.set(id, transport),
      });
    if (known === undefined) await createServer().connect(transport);
    await transport.handleRequest(req, res, req.body);
  };
}

/** Remembers as well which authorization server the login began at, as this SDK wants it. */
export class HeadlessProviderV2 extends HeadlessProvider {
  #discovery: OAuthDiscoveryState | undefined;

  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#discovery = state;
  }
  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#discovery;
  }
}

/** A connected client; logs in on the way if it has to. */
export async function connectV2(
  mcp: string,
  provider: HeadlessProvider,
  mode: VersionNegotiationMode,
): Promise<{ client: Client; transport: StreamableHTTPClientTransport }> {
  for (const attempt of ['first', 'after the login']) {
    const transport = new StreamableHTTPClientTransport(new URL(mcp), { authProvider: provider });
    const client = new Client({ name: 'spec', version: '1.0.0' }, { versionNegotiation: { mode } });
    try {
      await client.connect(transport);
      return { client, transport };
    } catch (error) {
      if (!(error instanceof UnauthorizedError) || attempt !== 'first') throw error;
      await transport.finishAuth(provider.answer);
    }
  }
  throw new Error('not authorized after a login');
}

/** The JSON in a tool's first text. */
export async function callJsonV2(client: Client, name: string): Promise<Record<string, unknown>> {
  const { content, isError } = await client.callTool({ name, arguments: {} });
  const [first] = content;
  const text = first?.type === 'text' ? first.text : 'null';
  if (isError) throw new Error(text);
  return JSON.parse(text);
}
