/**
 * A server as users write it. `worlds.ts` runs it in each module system, runtime, bundler and test runner; there it
 * has no types. The settings are in the environment.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import express from 'express';
import { auth0Mcp, embeddedStorage, getAccessToken, memoryStorage } from 'express-auth0-mcp';
import { redisStorage } from 'express-auth0-mcp/redis';

/**
 * Starts the server, has a login made there, and returns what the login service reports.
 *
 * @param {(app: object) => (...args: never) => unknown} [serve] the request listener for an app. Default: the app
 */
export async function runWorld(serve = (app) => app) {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = Object(server.address());
  const baseUrl = `http://127.0.0.1:${port}`;
  const auth = auth0Mcp({ baseUrl, consent: 'remember', storage: createStorage() });
  const app = express();
  app.use(auth);
  app.post('/mcp', async (_req, res) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    res.json({ subject: getAccessToken().subject });
  });
  server.on('request', serve(app));
  const response = await fetch(`${process.env.WORLD_LOGIN_SERVICE}?base=${baseUrl}`);
  const report = await response.text();
  await auth.ready();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await auth.close();
  if (response.status !== 200) throw new Error(report);
  return JSON.parse(report);
}

function createStorage() {
  const { WORLD_DIRECTORY: directory, WORLD_REDIS: url } = process.env;
  if (url) return redisStorage({ url });
  return directory ? embeddedStorage({ directory }) : memoryStorage();
}
