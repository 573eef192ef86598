import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SessionData, Store } from 'express-session';
import { createClient } from 'redis';

import { redisStorage } from '../../../lib/redis.js';
import { storageContract } from '../../../lib/storage/contract.js';
import { type Storage, StorageUnavailableError } from '../../../lib/storage/storage.js';
import { command, type RedisServer, startRedis } from '../../support/redis-server.js';
import { sideBySide } from '../../support/side-by-side.js';
import { ROOT } from '../../support/source-tree.js';

const run = promisify(execFile);

let server: RedisServer;
const opened: Storage[] = [];
const open = (options: Parameters<typeof redisStorage>[0]): Storage => {
  const storage = redisStorage(options);
  opened.push(storage);
  return storage;
};

beforeAll(async () => {
  server = await startRedis();
});

afterAll(async () => {
  for (const storage of opened) await storage.close?.();
  await server.remove();
});

describe('redisStorage({ url })', () => {
  let storage: Storage;
  beforeAll(() => {
    storage = open({ url: server.url });
  });
  storageContract(sideBySide(), async () => storage);
});

// An own connection speaks RESP3; what a user passes in may speak RESP2.
describe('redisStorage({ client }) over RESP2', () => {
  const client = () => createClient({ url: server.url, RESP: 2 });
  let connected: ReturnType<typeof client>;
  beforeAll(async () => {
    connected = client();
    await connected.connect();
  });
  afterAll(() => connected.destroy());
  storageContract(sideBySide(), async () => redisStorage({ client: connected }));

  it('does not change the client: its replies are text, and it stays open', async () => {
    const storage = redisStorage({ client: connected });
    await storage.ready?.();
    await connected.set('mine', 'text');
    expect(await connected.get('mine')).toBe('text');
    await storage.close?.();
    expect(connected.isOpen).toBe(true);
  });

  it('says that a client was never connected', async () => {
    const storage = redisStorage({ client: client() });
    await expect(storage.get('key')).rejects.toThrow(/call its connect\(\)/);
    await expect(storage.get('key')).rejects.toThrow(StorageUnavailableError);
  });
});

describe('redisStorage()', () => {
  const value = Buffer.from('value');

  it('puts its prefix before every key and gives every key a TTL', async () => {
    const storage = open({ url: server.url, keyPrefix: 'mine:' });
    const limits = await storage.rateLimitStore?.('limit:');
    void limits?.init?.({ windowMs: 60_000 } as never);
    await storage.set('a', value, 60);
    await storage.addMember('b', 'member', 60);
    await storage.addMember('b', 'briefer', 1);
    await limits?.increment('c');
    await limits?.decrement('never seen');
    const client = await createClient({ url: server.url }).connect();
    const keys = await client.keys('mine:*');
    expect(keys.sort()).toEqual(['mine:index:b', 'mine:limit:c', 'mine:value:a']);
    for (const key of keys) expect(await client.ttl(key)).toBeGreaterThan(55);
    client.destroy();
  });

  it('works after Redis has lost its scripts', async () => {
    const storage = open({ url: server.url });
    await storage.set('forgotten', value, 60);
    await command(server.port, 'SCRIPT FLUSH');
    expect(await storage.update('forgotten', value, value, 60)).toBe(true);
  });

  it('causes no warning of the process with fifty commands at once', async () => {
    const program = `
      import { redisStorage } from './lib/redis.ts';
      const storage = redisStorage({ url: '${server.url}' });
      await Promise.all(Array.from({ length: 50 }, (_, n) => storage.get('key-' + n)));
      await storage.close();`;
    const flags = ['--import', './spec/support/run-typescript.js', '--input-type=module'];
    const { stderr } = await run(process.execPath, [...flags, '-e', program], { cwd: ROOT });
    expect(stderr).not.toContain('MaxListenersExceededWarning');
  });

  it('is ready when Redis stores, changes and returns a record', async () => {
    await open({ url: server.url }).ready?.();
  });

  it('describes its server without the password', () => {
    const storage = redisStorage({ url: 'rediss://ada:s3cret@cache.example.com:6380/2' });
    expect(storage.description).toBe('Redis, rediss://cache.example.com:6380/2');
  });

  it.each([['localhost:6379'], ['http://user:s3cret@host'], ['']])(
    'refuses %j as a URL, without repeating it',
    (url) => {
      expect(() => redisStorage({ url })).toThrow(/rediss:\/\/ for TLS/);
      expect(() => redisStorage({ url })).not.toThrow(/s3cret/);
    },
  );

  it('has no secret of its own: others can read this store', () => {
    expect(redisStorage({ url: server.url }).localSecret).toBeUndefined();
  });

  it('opens no connection before the first verb, and none after close()', async () => {
    const storage = redisStorage({ url: server.url });
    await storage.close?.();
    await expect(storage.get('key')).rejects.toThrow(StorageUnavailableError);
  });
});

describe('the session store of redisStorage()', () => {
  /** Stands in for a real sealer: shows which id the text was sealed for. */
  const sealer = {
    seal: (text: string, id: string) => Buffer.from(`${id} ${text}`).toString('base64url'),
    open(sealed: string, id: string) {
      const text = Buffer.from(sealed, 'base64url').toString();
      return text.startsWith(`${id} `) ? text.slice(id.length + 1) : undefined;
    },
  };
  it('stores, renews and destroys a session, sealed for its id, under a hash of it', async () => {
    const storage = open({ url: server.url, keyPrefix: 'mine:' });
    const store = (await storage.sessionStore?.(sealer, 'sess:')) as Store | undefined;
    if (store === undefined) throw new Error('no session store');
    const session = { cookie: { originalMaxAge: 60_000, expires: new Date(Date.now() + 60_000) } };
    const call = (run: (done: (error?: unknown, found?: unknown) => void) => void) =>
      new Promise((resolve, reject) => {
        run((error, found) => (error ? reject(error) : resolve(found)));
      });
    await call((done) => store.set('id', session as SessionData, done));
    await call((done) => store.touch?.('id', session as SessionData, done as () => void));
    expect(await call((done) => store.get('id', done))).toMatchObject({
      cookie: { originalMaxAge: 60_000 },
    });
    const names = (await command(server.port, 'KEYS mine:sess:*')).match(/mine:sess:\S+/g) ?? [];
    expect(names).toEqual([expect.stringMatching(/^mine:sess:[\w-]{43}$/)]);
    expect(await command(server.port, `GET ${names[0]}`)).not.toContain('cookie');
    expect(await command(server.port, `TTL ${names[0]}`)).toMatch(/^:(59|60)/);
    await call((done) => store.destroy('id', done));
    expect(await call((done) => store.get('id', done))).toBeNull();
  });
});

describe('the rate-limit store of redisStorage()', () => {
  it('counts for all instances together, and resets a key', async () => {
    const opening = [0, 1].map(async () => {
      const store = await open({ url: server.url }).rateLimitStore?.('limit:');
      void store?.init?.({ windowMs: 60_000 } as never);
      return store;
    });
    const stores = await Promise.all(opening);
    const counted = [];
    for (const store of [...stores, ...stores]) {
      counted.push((await store?.increment('client'))?.totalHits);
    }
    expect(counted).toEqual([1, 2, 3, 4]);
    expect((await stores[1]?.get?.('client'))?.totalHits).toBe(4);
    await stores[0]?.decrement('client');
    expect((await stores[1]?.increment('client'))?.totalHits).toBe(4);
    await stores[0]?.resetKey('client');
    expect((await stores[1]?.increment('client'))?.totalHits).toBe(1);
  });
});
