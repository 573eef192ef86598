/** An MCP endpoint as an Express app has one: the SDK's server and transport, without sessions. */
import { randomUUID } from 'node:crypto';

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express, { type Express, type RequestHandler } from 'express';

import { getAccessToken } from '../../lib/bearer/caller.js';

/** Identifier of a second API. */
export const BILLING = 'https://billing.example';

/** The `mount` of a world: everything of ours, and this route for the endpoint. */
export function atMcp(route: RequestHandler) {
  return function mount(app: Express, auth: RequestHandler): void {
    app.use(auth);
    app.all('/mcp', express.json(), route);
  };
}

/** Tools that say who is calling, after some awaiting. */
export function createServer(): McpServer {
  const server = new McpServer({ name: 'spec', version: '1.0.0' });
  const text = (value: unknown) => ({
    content: [{ type: 'text' as const, text: JSON.stringify(value) }],
  });
  server.registerTool('get_token_info', {}, async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const { claims } = getAccessToken();
    return text({ issuer: claims.iss, audience: claims.aud, scope: claims.scope });
  });
  server.registerTool('whoami', {}, async (extra) => {
    await new Promise((resolve) => setImmediate(resolve));
    const { subject, user, clientId } = getAccessToken();
    const sameAsExtra = extra.authInfo?.extra?.subject === subject;
    return text({ subject, name: user.name, email: user.email, clientId, sameAsExtra });
  });
  server.registerTool('public_tool', {}, async () => text('for anybody'));
  server.registerTool('write_file', {}, async () => text('written'));
  server.registerTool('downstream', {}, async () => {
    const token = await getAccessToken().auth0Token();
    return text({ isJwt: token.split('.').length === 3 });
  });
  server.registerTool('billing', {}, async () => {
    const token = await getAccessToken().auth0Token({ audience: BILLING });
    return text({ isJwt: token.split('.').length === 3 });
  });
  return server;
}

/** Stateless: a server and a transport per request. */
export const mcpRoute: RequestHandler = async function mcpRoute(req, res) {
  const server = createServer();
  const transport = new StreamableHTTPServerTransport();
  res.on('close', () => {
    void transport.close();
    void server.close();
  });
  // The SDK's types are not written for exactOptionalPropertyTypes.
  await server.connect(transport as Parameters<typeof server.connect>[0]);
  await transport.handleRequest(req, res, req.body);
};

/** With sessions: one transport per session, kept between requests. */
export function sessionRoute(): RequestHandler {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  return async function mcpSessionRoute(req, res) {
    const known = transports.get(String(req.headers['mcp-session-id']));
    if (known !== undefined) {
      await known.handleRequest(req, res, req.body);
      return;
    }
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void transports.set(id, transport),
    });
    const server = createServer();
    await server.connect(transport as Parameters<typeof server.connect>[0]);
    await transport.handleRequest(req, res, req.body);
  };
}
