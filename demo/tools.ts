/**
 * What the demo servers have in common, and nothing of Auth0: tools, and the route that serves them.
 *
 * To copy with any of them; put your own tools in. `getAccessToken()` knows who is calling, in each of
 * them and in all they await.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { RequestHandler } from 'express';
import { getAccessToken } from 'express-auth0-mcp';
import { z } from 'zod';

/** A server with the tools that work whoever issued the token. */
export function createToolServer(): McpServer {
  const server = new McpServer({ name: 'Auth0 Secured App', version: '1.0.0' });

  const token = 'Issuer, audience and scope of the Auth0 token behind this call';
  server.registerTool('get_token_info', { description: token }, () => {
    const { claims } = getAccessToken();
    return text({ issuer: claims['iss'], audience: claims['aud'], scope: claims['scope'] });
  });

  const person = 'Who is calling; name and e-mail where the server knows them';
  server.registerTool('whoami', { description: person }, () => {
    const { subject, user } = getAccessToken();
    return text({ subject, name: user['name'], email: user['email'] });
  });

  const write = {
    description: 'Keeps a text',
    inputSchema: { name: z.string(), text: z.string() },
  };
  server.registerTool('write_file', write, (file) => {
    // What belongs to a person is kept under `subject`: the one thing about them that never changes.
    const { subject } = getAccessToken();
    files.set(JSON.stringify([subject, file.name]), file.text);
    return text({ name: file.name, characters: file.text.length });
  });

  return server;
}

const files = new Map<string, string>();

/** A tool that needs a token of the person for another API: not for `auth0McpResource()`. */
export function addApiTool(server: McpServer): void {
  const api = 'Calls an API that trusts Auth0, in the name of the person';
  server.registerTool('call_api', { description: api }, async () => {
    const { auth0Token, claims } = getAccessToken();
    // The tenant's own /userinfo here; an API behind the same audience is called the same way.
    const response = await fetch(new URL('userinfo', String(claims['iss'])), {
      headers: { authorization: `Bearer ${await auth0Token()}` },
    });
    return text({ status: response.status, profile: response.ok && (await response.json()) });
  });
}

/** The MCP endpoint. A server and a transport for each request: nothing to share, or to lose. */
export function mcpRoute(createServer: () => McpServer): RequestHandler {
  return async function serveMcp(req, res) {
    if (req.method !== 'POST') {
      // Without sessions there is no stream to open and none to end.
      res.status(405).set('Allow', 'POST').end();
      return;
    }
    const server = createServer();
    const transport = new StreamableHTTPServerTransport();
    res.on('close', () => void server.close());
    // The cast is for `exactOptionalPropertyTypes`, which the SDK's types are not written for.
    await server.connect(transport as Transport);
    await transport.handleRequest(req, res, req.body);
  };
}

/** An answer of a tool: a value as JSON. */
export function text(value: unknown): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text: JSON.stringify(value) }] };
}
