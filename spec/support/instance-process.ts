/**
 * One instance in a process of its own. Started by `instance-processes.ts`, which hands over what it
 * is to be and later how far its clock is ahead.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import express from 'express';

import { DEMO_AUDIENCE, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET } from '../../demo/tenant/options.js';
import { createContext } from '../../lib/app/context.js';
import { assemble } from '../../lib/auth0-mcp.js';
import { resolveConfig } from '../../lib/config/resolve.js';
import { embeddedStorage } from '../../lib/storage/embedded/embedded-storage.js';
import { redisStorage } from '../../lib/storage/redis/redis-storage.js';
import type { InstanceOrders } from './instance-processes.js';

process.once('message', (message) => {
  void start(message as InstanceOrders);
});

async function start({ configUrl, baseUrl, signingKey, store }: InstanceOrders): Promise<void> {
  let offset = 0;
  const silent = (): void => undefined;
  const config = resolveConfig(
    {
      configUrl,
      clientId: DEMO_CLIENT_ID,
      clientSecret: DEMO_CLIENT_SECRET,
      audience: DEMO_AUDIENCE,
      baseUrl,
      jwtSigningKey: signingKey,
      storage: 'url' in store ? redisStorage(store) : embeddedStorage(store),
      logger: { debug: silent, info: silent, warn: silent, error: silent },
    },
    {},
    { embeddedStorage, redisStorage },
  );
  const auth = assemble(
    createContext(config, { now: () => Math.floor(Date.now() / 1000) + offset, minReadingMs: 0 }),
  );
  const app = express();
  app.use(auth);
  app.get('/mcp', async (req, res) => {
    const auth0Token = req.auth?.extra?.auth0Token as () => Promise<string>;
    res.json({ length: (await auth0Token()).length });
  });
  const server = createServer(app);
  server.listen(0, '127.0.0.1', () => {
    process.send?.((server.address() as AddressInfo).port);
  });
  process.on('message', (seconds) => {
    offset = Number(seconds);
    process.send?.('done');
  });
}
