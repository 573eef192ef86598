/**
 * The server of `server.ts`, its parts mounted one by one: for an app that wants to place, leave out or
 * wrap one of them. Copy it and `tools.ts`, and put your own tools in.
 *
 * @module
 */
import express from 'express';
import { auth0Mcp } from 'express-auth0-mcp';

import { announce } from './announcement.js'; // demo only
import { landingPage } from './landing-page.js'; // demo only
import { startStandIn } from './stand-in.js'; // demo only
import { listenError } from './taken-port.js'; // demo only
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
// At the root of the origin, wherever the rest is: clients look for the documents there.
app.use(auth.metadata);
// Clients introduce themselves. Without it: clientRegistration: false, which the metadata follows.
app.use(auth.registration);
// The consent page, the way to Auth0 and back.
app.use(auth.login);
// What clients call afterwards: tokens and their revocation.
app.use(auth.tokens);
// Where people see which clients they let in, and send them away: /connected-apps.
app.use(auth.connectedApps);

// The guard, at each route that wants one; here it knows the scopes of single tools as well.
const mcpPath = `${new URL(baseUrl).pathname.replace(/\/$/, '')}/mcp`;
app.all(mcpPath, auth.bearer(), express.json(), mcpRoute(createServer));

app.get('/files', auth.bearer({ scopes: ['files:write'] }), (req, res) => {
  res.json({ client: req.auth?.clientId, scopes: req.auth?.scopes });
});

function createServer() {
  const server = createToolServer();
  addApiTool(server);
  return server;
}

app.get('/', landingPage({ auth, baseUrl, standIn })); // demo only

app.listen(port, host, (error) => {
  if (error !== undefined) throw listenError(error, 'PORT', port); // demo only: the sentence about the port
  announce({ auth, baseUrl, standIn }); // demo only
});
