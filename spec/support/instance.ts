/**
 * A server process as it is deployed: Express, `auth0Mcp()`, an MCP route, a graceful end on SIGTERM. It takes its
 * settings as JSON in the first argument, prints `listening PORT`, and sets its clock forward by a message.
 */
import { writeSync } from 'node:fs';
import type { AddressInfo } from 'node:net';

import express from 'express';

import { createContext } from '../../lib/app/context.js';
import { assemble } from '../../lib/auth0-mcp.js';
import { currentEnvironment } from '../../lib/config/env.js';
import type { Auth0McpOptions } from '../../lib/config/options.js';
import { resolveConfig } from '../../lib/config/resolve.js';
import { embeddedStorage } from '../../lib/storage/embedded/embedded-storage.js';
import { redisStorage } from '../../lib/storage/redis/redis-storage.js';
import type { Storage } from '../../lib/storage/storage.js';
import { mcpRoute } from './mcp-route.js';
import { watchStorage } from './watched-storage.js';

/** The argument of the process. */
export interface InstanceSettings {
  readonly options: Omit<Auth0McpOptions, 'storage' | 'logger' | 'onEvent'>;
  readonly store: { readonly redisUrl: string } | { readonly directory: string };
  /** Dies by its own hand around the verb of this number, or after so many `update`, as if by `kill -9`. */
  readonly diesAt?:
    | { readonly verb: number; readonly when: 'before' | 'after' }
    | { readonly updates: number };
}

/** JSON has no functions: each issuer of `enterprise` vouches for the users of the tenant. */
const subject = ({ sub }: { readonly sub: string }): string => sub;

const settings = JSON.parse(process.argv[2] ?? '{}') as InstanceSettings;
let offset = 0;
const config = resolveConfig(
  {
    ...settings.options,
    enterprise: settings.options.enterprise?.map((entry) => ({ ...entry, subject })),
    storage: mortal(storeOf(settings)),
  },
  currentEnvironment(),
  { embeddedStorage, redisStorage },
);
const auth = assemble(createContext(config, { now: () => Math.floor(Date.now() / 1000) + offset }));

const app = express();
app.set('trust proxy', 1);
app.use(auth);
app.all('/mcp', express.json(), mcpRoute);

const server = app.listen(0, '127.0.0.1', () => {
  writeSync(1, `listening ${(server.address() as AddressInfo).port}\n`);
});

process.on('message', (seconds) => {
  offset = Number(seconds);
  process.send?.('done');
});

process.on('SIGTERM', () => {
  server.close(async () => {
    await auth.close();
    process.exit(0);
  });
});

function storeOf({ store }: InstanceSettings): Storage {
  return 'redisUrl' in store ? redisStorage({ url: store.redisUrl }) : embeddedStorage(store);
}

/** Death at a verb is SIGKILL: nothing is flushed, nobody is told. */
function mortal(storage: Storage): Storage {
  const { diesAt } = settings;
  if (diesAt === undefined) return storage;
  const dieIf = (isTime: boolean): void => {
    if (isTime) process.kill(process.pid, 'SIGKILL');
  };
  if ('updates' in diesAt) {
    let updates = 0;
    return watchStorage(storage, {
      after(verb, _key, outcome) {
        if (verb === 'update' && outcome === true) updates += 1;
        dieIf(updates === diesAt.updates);
      },
    });
  }
  let verbs = 0;
  return watchStorage(storage, {
    before() {
      verbs += 1;
      dieIf(verbs === diesAt.verb && diesAt.when === 'before');
    },
    after: () => dieIf(verbs >= diesAt.verb && diesAt.when === 'after'),
  });
}
