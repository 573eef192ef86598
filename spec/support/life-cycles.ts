/**
 * Makes and closes servers, of each kind and storage in turn, in a process of its own and prints, as JSON, what the process holds before
 * and after: `node --expose-gc --import …/run-typescript.js life-cycles.ts 1000`.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import express, { type Express } from 'express';

import { auth0Mcp } from '../../lib/auth0-mcp.js';
import { auth0McpResource } from '../../lib/auth0-mcp-resource.js';
import { embeddedStorage } from '../../lib/storage/embedded/embedded-storage.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';

/** What a process holds on to. */
export interface Held {
  readonly timers: number;
  readonly listeners: number;
  readonly files: number;
  readonly heapMegabytes: number;
}

const PATHS = ['/.well-known/oauth-protected-resource/mcp', '/mcp', '/authorize', '/nothing'];

let app: Express;
let made = 0;
const server = createServer((req, res) => app(req, res));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const directory = mkdtempSync(join(tmpdir(), 'life-cycles-'));
const common = {
  configUrl: 'https://tenant.example.com/.well-known/openid-configuration',
  baseUrl: origin,
};
const application = {
  ...common,
  clientId: 'an-auth0-application',
  clientSecret: 'the-secret-of-an-auth0-application',
  audience: 'https://api.example.com',
  jwtSigningKey: 'a signing key of more than thirty-two characters',
};
const KINDS = [
  () => auth0Mcp({ ...application, storage: memoryStorage() }),
  () => auth0Mcp({ ...application, storage: embeddedStorage({ directory }) }),
  () => auth0McpResource(common),
];

async function cycle(): Promise<void> {
  const make = KINDS[made % KINDS.length] ?? auth0Mcp;
  const path = PATHS[Math.floor(made / KINDS.length) % PATHS.length];
  made += 1;
  const auth = make();
  app = express().use(auth);
  await (await fetch(origin + path)).text();
  await auth.close();
}

async function held(): Promise<Held> {
  await setTimeout(50);
  Reflect.get(globalThis, 'gc')?.();
  return {
    timers: process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    files: readdirSync('/proc/self/fd').length,
    heapMegabytes: Math.round(process.memoryUsage().heapUsed / 1e5) / 10,
  };
}

const cycles = Number(process.argv[2]);
for (let done = 0; done < 50; done += 1) await cycle();
const before = await held();
for (let done = 0; done < cycles; done += 1) await cycle();
const after = await held();
rmSync(directory, { recursive: true });
process.stdout.write(JSON.stringify({ before, after }));
// Nothing else may keep the process alive: the parent waits for its end.
server.closeAllConnections();
server.close();
