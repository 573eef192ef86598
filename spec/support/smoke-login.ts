/**
 * A whole login in one process, without a test runner, for other versions of Node:
 * `node --import …/run-typescript.js smoke-login.ts`. Prints what the tool answered, and ends.
 */
import express from 'express';

import { mcpRoute } from './mcp-route.js';
import { startApp } from './mounted-app.js';
import { callJson, connect, HeadlessProvider } from './sdk-client.js';

const app = await startApp(({ app: host, auth, origin }) => {
  host.use(auth({ baseUrl: origin }));
  host.all('/mcp', express.json(), mcpRoute);
});
const provider = new HeadlessProvider();
const { client } = await connect(`${app.origin}/mcp`, provider);
const response = await callJson(client, 'whoami');
provider.saved = { ...provider.saved, access_token: 'gone' } as typeof provider.saved;
const again = await callJson(client, 'whoami');
await client.close();
await app.close();
process.stdout.write(JSON.stringify({ node: process.version, answer: response, again }));
