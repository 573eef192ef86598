/** A real MCP transport behind the route, bare and guarded. */
import { randomUUID } from 'node:crypto';

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express, { type Express, type RequestHandler } from 'express';

import { handIn } from '../in-process.js';
import { expectStatus, guardedRoute, type Rig, toolCall } from '../rig.js';
import type { OursOptions } from './ours.js';
import { makeTokens, startServer } from './server.js';

export async function bareTransport(options: { readonly isStateful?: boolean }): Promise<Rig> {
  return toolCalls([], ['no-token'], options.isStateful === true);
}

export async function oursTransport(options: OursOptions): Promise<Rig> {
  const server = await startServer(options);
  const tokens = await makeTokens(server, 1);
  const rig = await toolCalls([server.auth], tokens, options.isStateful === true);
  return { ...rig, stop: server.stop };
}

async function toolCalls(
  guards: readonly RequestHandler[],
  tokens: readonly string[],
  isStateful: boolean,
): Promise<Rig> {
  const app = express();
  for (const guard of guards) app.use(guard);
  if (!isStateful) {
    app.post('/mcp', express.json(), async (req, res) => {
      const transport = await connected({ enableJsonResponse: true });
      await transport.handleRequest(req, res, req.body);
    });
    return guardedRoute(app, tokens);
  }
  const headers = await openSession(app, tokens[0] ?? '');
  return guardedRoute(app, tokens, { headers });
}

async function openSession(app: Express, token: string): Promise<Record<string, string>> {
  const transport = await connected({
    enableJsonResponse: true,
    sessionIdGenerator: () => randomUUID(),
  });
  app.post('/mcp', express.json(), (req, res) => transport.handleRequest(req, res, req.body));
  const initialize = {
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'bench', version: '1' },
    },
  };
  const body = Buffer.from(JSON.stringify(initialize));
  const answer = await handIn(app)({ ...toolCall(token), body });
  expectStatus(answer, 200);
  return { 'mcp-session-id': String(answer.headers()['mcp-session-id']) };
}

async function connected(
  options: ConstructorParameters<typeof StreamableHTTPServerTransport>[0],
): Promise<StreamableHTTPServerTransport> {
  const server = new McpServer({ name: 'bench', version: '1' });
  server.registerTool('greet', {}, () => ({ content: [{ type: 'text', text: 'hello' }] }));
  const transport = new StreamableHTTPServerTransport(options);
  // The SDK's own declarations disagree under exactOptionalPropertyTypes.
  await server.connect(transport as Parameters<typeof server.connect>[0]);
  return transport;
}
