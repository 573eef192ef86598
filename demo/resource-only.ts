/**
 * An MCP server whose clients register and log in at Auth0 itself ("Auth for MCP"): it only checks
 * tokens. Copy this file and `tools.ts`, and add your tools.
 *
 * docs/auth0-as-authorization-server.md has the settings of the tenant, step by step.
 */
import express from 'express';
import { auth0McpResource } from 'express-auth0-mcp';

import { announce } from './announcement.js'; // demo only
import { landingPage } from './landing-page.js'; // demo only
import { startOpenStandIn } from './stand-in.js'; // demo only
import { exitOnListenError } from './start-errors.js'; // demo only
import { createToolServer, mcpRoute } from './tools.js';

const { env } = process;
const port = Number(env.PORT || 8000);
const host = env.HOST || 'localhost';
const baseUrl = (
  env.AUTH0_MCP_BASE_URL ||
  env.FASTMCP_SERVER_AUTH_AUTH0_BASE_URL ||
  `http://localhost:${port}`
).replace(/\/+$/, '');

const standIn = await startOpenStandIn(`${baseUrl}/mcp`); // demo only

// The tenant is set in the environment (AUTH0_MCP_DOMAIN or AUTH0_MCP_CONFIG_URL), or here.
const auth = auth0McpResource({
  ...standIn?.options, // demo only
  baseUrl,
  resourcePath: '/mcp',
  // The default. Explicit here, since a `.env` of auth0Mcp() has another API in AUTH0_MCP_AUDIENCE.
  audience: `${baseUrl}/mcp`,
  // Permissions of the API at Auth0. Third-party applications never get `openid`.
  requiredScopes: ['read:notes'],
  toolScopes: { write_file: ['files:write'] },
});

const app = express();
// The metadata that refers clients to the tenant, and the guard of /mcp.
app.use(auth);

const mcpPath = `${new URL(baseUrl).pathname.replace(/\/$/, '')}/mcp`;
app.all(
  mcpPath,
  express.json(),
  mcpRoute(() => createToolServer(auth)),
);

const isResourceOnly = true; // demo only
app.get('/', landingPage({ auth, baseUrl, standIn, isResourceOnly })); // demo only

app.listen(port, host, (error) => {
  if (error !== undefined) exitOnListenError(error, 'PORT', port); // in a copy: throw error
  announce({ auth, baseUrl, standIn, isResourceOnly }); // demo only
});
