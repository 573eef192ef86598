/** Both builds of the package in one process, as where an app imports it and a library of that app requires it. */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import express from 'express';
import * as imported from 'express-auth0-mcp';

const required = createRequire(import.meta.url)('express-auth0-mcp');

/** A login at a server of one build; its storage and its tools are of the other. */
async function logIn(build, other) {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${server.address().port}`;
  const warnings = [];
  const warn = (_fields, message) => warnings.push(message);
  const logger = { debug() {}, info() {}, warn, error: warn };
  const auth = build.auth0Mcp({ baseUrl, storage: other.memoryStorage(), logger });
  const app = express();
  app.use(auth);
  app.post('/mcp', (_req, res) => res.json({ subject: other.getAccessToken().subject }));
  server.on('request', app);
  const response = await fetch(`${process.env.WORLD_LOGIN_SERVICE}?base=${baseUrl}`);
  const report = await response.json();
  const second = other.auth0Mcp({ baseUrl, storage: build.memoryStorage(), logger });
  server.closeAllConnections();
  server.close();
  await Promise.all([auth.close(), second.close()]);
  return { report, warnings };
}

/** What one build throws, judged by the other. */
function judge(build, other) {
  class Own extends other.StorageUnavailableError {}
  const unavailable = new build.StorageUnavailableError('x');
  let wrongConfig;
  try {
    build.auth0Mcp({ noSuchOption: true });
  } catch (error) {
    wrongConfig = error;
  }
  return {
    configError: wrongConfig instanceof other.Auth0McpConfigError,
    unavailable: unavailable instanceof other.StorageUnavailableError,
    passthrough: new build.TokenPassthroughError() instanceof other.TokenPassthroughError,
    ofAnotherKind: unavailable instanceof other.TokenPassthroughError,
    ofSubclass: unavailable instanceof Own,
    ownSubclass: new Own('x') instanceof build.StorageUnavailableError,
  };
}

const directory = join(import.meta.dirname, 'both-data');
const [one, other] = [imported, required].map((build) => build.embeddedStorage({ directory }));
await one.set('key', Buffer.from('a value'), 60);
const read = await other.get('key');
await one.close();
await other.set('key', Buffer.from('another value'), 60);
await other.close();

process.stdout.write(
  JSON.stringify({
    areTwo: imported.auth0Mcp !== required.auth0Mcp,
    logins: [await logIn(imported, required), await logIn(required, imported)],
    errors: [judge(imported, required), judge(required, imported)],
    read: String(read),
  }),
);
