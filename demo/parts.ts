/**
 * The server of `server.ts` with its parts mounted one by one: for an app that places, omits or wraps
 * one of them. Copy this file and `tools.ts`, and add your tools.
 */
import express from 'express';
import { auth0Mcp } from 'express-auth0-mcp';

import { announce } from './announcement.js'; // demo only
import { landingPage } from './landing-page.js'; // demo only
import { startStandIn } from './stand-in.js'; // demo only
import { exitOnListenError } from './start-errors.js'; // demo only
import { addApiTool, createToolServer, mcpRoute } from './tools.js';

const { env } = process;
const port = Number(env.PORT || 8000);
const host = env.HOST || 'localhost';
const baseUrl = (
  env.AUTH0_MCP_BASE_URL ||
  env.FASTMCP_SERVER_AUTH_AUTH0_BASE_URL ||
  `http://localhost:${port}`
).replace(/\/+$/, '');

const standIn = await startStandIn(baseUrl); // demo only

const auth = auth0Mcp({
  ...standIn?.options, // demo only
  baseUrl,
  resourcePath: '/mcp',
  toolScopes: { write_file: ['files:write'] },
});

const app = express();
// At the root of the origin, whatever the path of the rest: clients request the documents there.
app.use(auth.metadata);
// Client registration. To omit it, set clientRegistration: false, which removes it from the metadata too.
app.use(auth.registration);
// The consent page, the redirect to Auth0 and the callback.
app.use(auth.login);
// The token and revocation endpoints.
app.use(auth.tokens);
// The page on which users see and disconnect their clients: /connected-apps.
app.use(auth.connectedApps);

// The guard, in front of each protected route; at the MCP endpoint it also checks toolScopes.
const mcpPath = `${new URL(baseUrl).pathname.replace(/\/$/, '')}/mcp`;
app.all(mcpPath, auth.bearer(), express.json(), mcpRoute(createServer));

app.get('/files', auth.bearer({ scopes: ['files:write'] }), (req, res) => {
  res.json({ client: req.auth?.clientId, scopes: req.auth?.scopes });
});

function createServer() {
  const server = createToolServer(auth);
  addApiTool(server, auth);
  return server;
}

app.get('/', landingPage({ auth, baseUrl, standIn })); // demo only

app.listen(port, host, (error) => {
  if (error !== undefined) exitOnListenError(error, 'PORT', port); // in a copy: throw error
  announce({ auth, baseUrl, standIn }); // demo only
});
