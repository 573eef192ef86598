/**
 * An MCP server behind Auth0, everything with one `app.use()`: copy it and `tools.ts`, and put your own
 * tools in. `parts.ts` mounts the parts one by one; `resource-only.ts` leaves the login to Auth0.
 *
 * With `AUTH0_MCP_…` in the environment (see `.env.example`) people log in at that tenant. Without,
 * the demo starts a stand-in for a tenant on this machine; what a copy does not need is marked.
 *
 * @module
 */
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { auth0Mcp } from 'express-auth0-mcp';

import { announce } from './announcement.js'; // demo only
import { landingPage } from './landing-page.js'; // demo only
import { startMetrics } from './metrics.js'; // demo only
import { startStandIn } from './stand-in.js'; // demo only
import { listenError } from './taken-port.js'; // demo only
import { addApiTool, createToolServer, mcpRoute, text } from './tools.js';

const { env } = process;
const port = Number(env.PORT || 8000);
// On this machine only. In a container, or to be reached from others: HOST=0.0.0.0.
const host = env.HOST || 'localhost';
// What people type into their client, up to the path of the MCP endpoint. Auth0 knows it too, to the
// character: so without a slash at its end.
const baseUrl = (
  env.AUTH0_MCP_BASE_URL ||
  env.FASTMCP_SERVER_AUTH_AUTH0_BASE_URL ||
  `http://localhost:${port}`
).replace(/\/+$/, '');

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
app.all(mcpPath, express.json(), mcpRoute(createServer));

/** The tools that all demo servers have, and those that this one can offer besides. */
function createServer(): McpServer {
  const server = createToolServer();
  addApiTool(server);

  const manage = 'Address of the page where the person sees and disconnects the apps they let in';
  server.registerTool('manage_apps', { description: manage }, () =>
    text({ url: `${baseUrl}/connected-apps` }),
  );

  return server;
}

app.get('/', landingPage({ auth, baseUrl, standIn })); // demo only

app.listen(port, host, (error) => {
  if (error !== undefined) throw listenError(error, 'PORT', port);
  announce({ auth, baseUrl, standIn }); // demo only
});
