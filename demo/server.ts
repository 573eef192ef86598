/**
 * An MCP server with Auth0 login in one `app.use()`. Copy this file and `tools.ts`, add your tools, and
 * leave out the lines marked "demo only". `parts.ts` mounts the parts one by one; in `resource-only.ts`
 * Auth0 is the authorization server.
 *
 * With `AUTH0_MCP_…` in the environment (see `.env.example`) users log in at that tenant. Without it
 * the demo starts a stand-in for a tenant on this machine.
 */
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { auth0Mcp } from 'express-auth0-mcp';

import { announce } from './announcement.js'; // demo only
import { landingPage } from './landing-page.js'; // demo only
import { startMetrics } from './metrics.js'; // demo only
import { startStandIn } from './stand-in.js'; // demo only
import { exitOnListenError } from './start-errors.js'; // demo only
import {
  addAccountTool,
  addApiTool,
  addOtherApiTool,
  createToolServer,
  declared,
  mcpRoute,
  text,
} from './tools.js';

const { env } = process;
const port = Number(env.PORT || 8000);
// This machine only. In a container, or for other machines: HOST=0.0.0.0.
const host = env.HOST || 'localhost';
// The URL in the client's configuration, without the path of the MCP endpoint. Auth0 compares the callback
// URL exactly, so it has no trailing slash.
const baseUrl = (
  env.AUTH0_MCP_BASE_URL ||
  env.FASTMCP_SERVER_AUTH_AUTH0_BASE_URL ||
  `http://localhost:${port}`
).replace(/\/+$/, '');

const standIn = await startStandIn(baseUrl); // demo only
await startMetrics(); // demo only

// Tenant, application and API are set in the environment; each is also an option here.
const auth = auth0Mcp({
  ...standIn?.options, // demo only
  baseUrl,
  resourcePath: '/mcp',
  // This tool requires another scope. A client without it gets a 403 that names it, and logs in again.
  toolScopes: { write_file: ['files:write'], delete_files: ['files:delete'] },
  // This scope needs a login of the last five minutes. After that, the client logs in again.
  scopeAuthentication: { 'files:delete': { maxAgeSeconds: 300 } },
  // Texts of the consent page.
  scopeDescriptions: { 'files:write': 'Save texts for you', 'files:delete': 'Delete your texts' },
  branding: { name: env.AUTH0_MCP_BRANDING_NAME || 'Demo server' },
});

const app = express();
// Metadata, login, tokens, and the guard of /mcp: the route below runs with a valid token only.
app.use(auth);
// The page on which users see and disconnect their clients: /connected-apps.
app.use(auth.connectedApps);

const mcpPath = `${new URL(baseUrl).pathname.replace(/\/$/, '')}/mcp`;
app.all(mcpPath, express.json(), mcpRoute(createServer));

/** The tools of all demo servers, and two that need a login of ours. */
function createServer(): McpServer {
  const server = createToolServer(auth);
  addApiTool(server, auth);
  addOtherApiTool(server, auth);
  if (standIn !== undefined) addAccountTool(server, auth); // demo only: experimental

  const manage = {
    description: 'URL of the page on which the user sees and disconnects the connected apps',
    ...declared(auth, 'manage_apps'),
  };
  server.registerTool('manage_apps', manage, () => text({ url: `${baseUrl}/connected-apps` }));

  return server;
}

app.get('/', landingPage({ auth, baseUrl, standIn })); // demo only

app.listen(port, host, (error) => {
  if (error !== undefined) exitOnListenError(error, 'PORT', port); // in a copy: throw error
  announce({ auth, baseUrl, standIn }); // demo only
});
