/**
 * An MCP server behind Auth0 in one file: copy it, and put your own tools in.
 *
 * With `AUTH0_MCP_…` in the environment (see `.env.example`) people log in at that tenant. Without,
 * the demo starts a stand-in for a tenant on this machine; what a copy does not need is marked.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import express from 'express';
import { auth0Mcp, getAccessToken } from 'express-auth0-mcp';
import { z } from 'zod';

import { announce } from './announcement.js'; // demo only
import { landingPage } from './landing-page.js'; // demo only
import { startMetrics } from './metrics.js'; // demo only
import { startStandIn } from './stand-in.js'; // demo only
import { listenError } from './taken-port.js'; // demo only

const { env } = process;
const port = Number(env.PORT || 8000);
// On this machine only. In a container, or to be reached from others: HOST=0.0.0.0.
const host = env.HOST || 'localhost';
// What people type into their client, up to the path of the MCP endpoint. Auth0 knows it too.
const baseUrl =
  env.AUTH0_MCP_BASE_URL || env.FASTMCP_SERVER_AUTH_AUTH0_BASE_URL || `http://localhost:${port}`;

const standIn = await startStandIn(baseUrl); // demo only
await startMetrics(); // demo only

// Tenant, application and API come from the environment; each can be given here as well.
const auth = auth0Mcp({
  ...standIn?.options, // demo only
  baseUrl,
  resourcePath: '/mcp',
  // One tool needs more than a login. Who lacks the scope is asked for it at the first call.
  toolScopes: { write_file: ['files:write'] },
  // What people read before they allow it, and who asks them.
  scopeDescriptions: { 'files:write': 'Keep texts for you' },
  branding: { name: env.AUTH0_MCP_BRANDING_NAME || 'Demo server' },
});

const app = express();
// Everything a client looks for, and the guard of /mcp: nothing below runs without a valid token.
app.use(auth);
// Where people see which clients they let in, and send them away: /connected-apps.
app.use(auth.connectedApps);

const mcpPath = `${new URL(baseUrl).pathname.replace(/\/$/, '')}/mcp`;
app.post(mcpPath, express.json(), async (req, res) => {
  // A server and a transport for each request: nothing to share between users, or to lose.
  const server = createServer();
  const transport = new StreamableHTTPServerTransport();
  res.on('close', () => void server.close());
  // The cast is for `exactOptionalPropertyTypes`, which the SDK's types are not written for.
  await server.connect(transport as Transport);
  await transport.handleRequest(req, res, req.body);
});
// Without sessions there is no stream to open and none to end.
app.all(mcpPath, (_req, res) => void res.status(405).set('Allow', 'POST').end());

/** The tools. `getAccessToken()` knows who is calling, in each of them and in all they await. */
function createServer(): McpServer {
  const server = new McpServer({ name: 'Auth0 Secured App', version: '1.0.0' });

  const token = 'Issuer, audience and scope of the Auth0 token behind this call';
  server.registerTool('get_token_info', { description: token }, () => {
    const { claims } = getAccessToken();
    return text({ issuer: claims['iss'], audience: claims['aud'], scope: claims['scope'] });
  });

  server.registerTool('whoami', { description: 'Name and e-mail of the person' }, () => {
    const { user } = getAccessToken();
    return text({ name: user['name'], email: user['email'] });
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

  const api = 'Calls an API that trusts Auth0, in the name of the person';
  server.registerTool('call_api', { description: api }, async () => {
    const { auth0Token, claims } = getAccessToken();
    // The tenant's own /userinfo here; an API behind the same audience is called the same way.
    const response = await fetch(new URL('userinfo', String(claims['iss'])), {
      headers: { authorization: `Bearer ${await auth0Token()}` },
    });
    return text({ status: response.status, profile: response.ok && (await response.json()) });
  });

  const manage = 'Address of the page where the person sees and disconnects the apps they let in';
  server.registerTool('manage_apps', { description: manage }, () =>
    text({ url: `${baseUrl}/connected-apps` }),
  );

  return server;
}

const files = new Map<string, string>();

function text(value: unknown): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text: JSON.stringify(value) }] };
}

app.get('/', landingPage({ auth, baseUrl, standIn })); // demo only

app.listen(port, host, (error) => {
  if (error !== undefined) throw listenError(error, 'PORT', port);
  announce({ auth, baseUrl, standIn }); // demo only
});
