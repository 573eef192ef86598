/** A real MCP transport behind the route, over real connections: bare, and behind guards. */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express, { type Express, type RequestHandler } from 'express';

import { handIn } from '../in-process.js';
import { expectStatus, type Rig, toolCall } from '../rig.js';
import type { Load } from './client-process.js';
import type { OursOptions } from './ours.js';
import { sdkGuard } from './peers.js';
import { makeTokens, startServer } from './server.js';

export async function bareTransport(options: { readonly isStateful?: boolean }): Promise<Rig> {
  return toolCalls([], ['no-token'], options.isStateful === true);
}

export async function oursTransport(options: OursOptions): Promise<Rig> {
  const server = await startServer(options);
  const tokens = await makeTokens(server, 1);
  const rig = await toolCalls([server.auth], tokens, options.isStateful === true);
  return {
    ...rig,
    async stop() {
      await rig.stop?.();
      await server.stop();
    },
  };
}

/** The SDK's own guard, with jose for the verifier: what a server without this library has. */
export async function sdkTransport(options: { readonly isStateful?: boolean }): Promise<Rig> {
  const { guard, tokens } = await sdkGuard();
  return toolCalls([guard], tokens, options.isStateful === true);
}

async function toolCalls(
  guards: readonly RequestHandler[],
  tokens: readonly string[],
  isStateful: boolean,
): Promise<Rig> {
  const app = express();
  for (const guard of guards) app.use(guard);
  if (isStateful) return overSockets(app, tokens, await openSession(app, tokens[0] ?? ''));
  app.post('/mcp', express.json(), async (req, res) => {
    const transport = await connected({});
    await transport.handleRequest(req, res, req.body);
  });
  return overSockets(app, tokens);
}

const CLIENT = fileURLToPath(new URL('./client-process.ts', import.meta.url));
const LOADER = fileURLToPath(new URL('../../support/run-typescript.js', import.meta.url));

/** Tool calls over connections that are kept alive. The client is another process: it is not measured. */
async function overSockets(
  app: Express,
  tokens: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): Promise<Rig> {
  const server: HttpServer = app.listen(0, '127.0.0.1');
  const client = fork(CLIENT, {
    execArgv: ['--import', LOADER],
    serialization: 'advanced',
  });
  await Promise.all([once(server, 'listening'), once(client, 'message')]);
  const { port } = server.address() as AddressInfo;
  const requests = tokens.map((token) => toolCall(token, headers));
  async function burst(runs: number): Promise<void> {
    client.send({ port, requests, runs } satisfies Load);
    const [failure] = await once(client, 'message');
    if (failure !== '') throw new Error(String(failure));
  }
  return {
    run: () => burst(1),
    burst,
    async stop() {
      client.disconnect();
      server.close();
    },
  };
}

async function openSession(app: Express, token: string): Promise<Record<string, string>> {
  const transport = await connected({ sessionIdGenerator: () => randomUUID() });
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
