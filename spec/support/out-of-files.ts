/**
 * A server whose first registration comes while no file can be opened, as in a flood of connections. Prints the status
 * during that time and after it. Argument: the `configUrl` of a tenant.
 */
import { closeSync, openSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import express from 'express';

import { auth0Mcp } from '../../lib/auth0-mcp.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { DEMO_AUDIENCE, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET } from '../../lib/testing/options.js';
import { listen } from './listen.js';

const app = express();
const server = createServer(app);
const port = await listen(server);
const auth = auth0Mcp({
  configUrl: String(process.argv[2]),
  clientId: DEMO_CLIENT_ID,
  clientSecret: DEMO_CLIENT_SECRET,
  audience: DEMO_AUDIENCE,
  baseUrl: `http://127.0.0.1:${port}`,
  storage: memoryStorage(),
});
app.use(auth);
await auth.ready();

const agent = new Agent({ keepAlive: true });

function call(method: 'GET' | 'POST', path: string, body?: object): Promise<number | undefined> {
  const headers = { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    request({ agent, host: '127.0.0.1', port, method, path, headers }, (res) => {
      res.resume().once('end', () => resolve(res.statusCode));
    })
      .once('error', reject)
      .end(body && JSON.stringify(body));
  });
}

// Opens the connection that is used below.
await call('GET', '/.well-known/oauth-authorization-server');
const register = () => call('POST', '/register', { redirect_uris: ['http://127.0.0.1/cb'] });
const files: number[] = [];
try {
  for (;;) files.push(openSync('/dev/null', 'r'));
} catch {
  // EMFILE.
}
const during = await register();
for (const file of files) closeSync(file);
process.stdout.write(JSON.stringify([during, await register()]));
process.exit();
