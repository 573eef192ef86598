/**
 * An MCP server for any number of instances: settings from the environment, logins in Redis
 * (`AUTH0_MCP_REDIS_URL`), a health check, and a shutdown that lets responses finish.
 */
import { setTimeout as pause } from 'node:timers/promises';

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express from 'express';
import { auth0Mcp, getAccessToken } from 'express-auth0-mcp';

// Without HOST, all interfaces: in a container only the proxy reaches them.
const { PORT = '8000', HOST, TRUST_PROXY = '1' } = process.env;

const app = express();
// The number of proxies in front: rate limits count the address of the caller, not of the proxy.
app.set('trust proxy', Number(TRUST_PROXY));

// In front of `auth`, so that it works without a login. It is up once the server listens, not only while Auth0
// is: an outage of Auth0 must not take every instance out of service.
app.get('/healthz', (_req, res) => void res.send('ok'));

const auth = auth0Mcp();
app.use(auth);

// No sessions: every request may reach another instance.
app.post('/mcp', express.json(), async (req, res) => {
  const server = createServer();
  const transport = new StreamableHTTPServerTransport();
  res.on('close', () => void server.close());
  await server.connect(transport);
  await transport.handleRequest(req, res, req.body);
});
app.all('/mcp', (_req, res) => void res.status(405).set('Allow', 'POST').end());

function createServer() {
  const server = new McpServer(
    { name: 'My server', version: '1.0.0' },
    { capabilities: { logging: {} } },
  );
  server.registerTool('whoami', { description: 'The user who is logged in' }, () => {
    const { subject, user } = getAccessToken();
    return { content: [{ type: 'text', text: JSON.stringify({ subject, email: user.email }) }] };
  });
  // Shows whether a proxy buffers event streams: the messages have to arrive one by one.
  server.registerTool('count', { description: 'Counts to three' }, async ({ sendNotification }) => {
    for (const data of [1, 2, 3]) {
      await sendNotification({ method: 'notifications/message', params: { level: 'info', data } });
      await pause(500);
    }
    return { content: [{ type: 'text', text: 'done' }] };
  });
  return server;
}

// Rejects with the remedy if Auth0 or Redis does not respond: a new version that cannot work does not start.
await auth.ready();
const server = app.listen(Number(PORT), HOST, () => console.log(`listening on ${PORT}`));

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, shutDown);

function shutDown() {
  server.close(() => void auth.close());
  // Event streams stay open for days: they are closed here, and the clients reconnect.
  setTimeout(() => server.closeAllConnections(), 5_000).unref();
}
