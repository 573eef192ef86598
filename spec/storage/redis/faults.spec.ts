import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { createClient } from 'redis';

import { redisStorage } from '../../../lib/redis.js';
import { type Storage, StorageUnavailableError } from '../../../lib/storage/storage.js';
import { selfSigned } from '../../clients/metadata-documents/tls-host.js';
import { command, freePort, type RedisServer, startRedis } from '../../support/redis-server.js';

jest.setTimeout(30_000);

const value = Buffer.from('value');
const next = Buffer.from('next');
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
process.on('unhandledRejection', onUnhandled);

const servers: RedisServer[] = [];
const opened: Storage[] = [];

async function start(options: Parameters<typeof startRedis>[0] = {}): Promise<RedisServer> {
  const server = await startRedis(options);
  servers.push(server);
  return server;
}

function open(options: Parameters<typeof redisStorage>[0]): Storage {
  const storage = redisStorage(options);
  opened.push(storage);
  return storage;
}

/** One call of every verb. */
function everyVerb(storage: Storage): Promise<unknown>[] {
  return [
    storage.get('key'),
    storage.set('key', value, 60),
    storage.add('other', value, 60),
    storage.take('code'),
    storage.update('key', value, next, 60),
    storage.delete('key'),
    storage.addMember('index', 'member', 60),
    storage.removeMember('index', 'member'),
    storage.members('index'),
  ];
}

async function expectAllUnavailable(storage: Storage): Promise<void> {
  const outcomes = await Promise.allSettled(everyVerb(storage));
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: expect.any(StorageUnavailableError),
    });
  }
}

/** Calls a verb, as requests would, until one succeeds. */
async function untilBack(storage: Storage): Promise<void> {
  for (;;) {
    const isBack = await storage.get('probe').then(
      () => true,
      () => false,
    );
    if (isBack) return;
    await pause(50);
  }
}

afterEach(async () => {
  for (const storage of opened.splice(0)) await storage.close?.();
  for (const server of servers.splice(0)) await server.remove();
});

afterAll(() => {
  process.off('unhandledRejection', onUnhandled);
  expect(unhandled).toEqual([]);
});

describe('redisStorage({ url }) under fault', () => {
  it('rejects while Redis does not run at start-up, and works when it does', async () => {
    const port = await freePort();
    const storage = open({ url: `redis://127.0.0.1:${port}` });
    await expectAllUnavailable(storage);
    await expect(storage.ready?.()).rejects.toThrow(/is it running and reachable/);
    await start({ port });
    await untilBack(storage);
    await storage.ready?.();
  });

  it('loses nothing over a restart of a Redis that keeps its data', async () => {
    const server = await start({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
    const storage = open({ url: server.url });
    await storage.set('code', value, 60);
    await storage.addMember('index', 'member', 60);
    await server.kill();
    await expectAllUnavailable(storage);
    await server.restart();
    await untilBack(storage);
    expect(await storage.members('index')).toEqual(['member']);
    expect(await storage.take('code')).toEqual(value);
  });

  it('finds no records after a restart of a Redis without persistence', async () => {
    const server = await start();
    const storage = open({ url: server.url });
    await storage.set('code', value, 60);
    await server.restart();
    await untilBack(storage);
    expect(await storage.get('code')).toBeUndefined();
    expect(await storage.update('code', value, next, 60)).toBe(false);
  });

  it('rejects while Redis is stopped for five seconds, and recovers without a restart', async () => {
    const server = await start();
    const storage = open({ url: server.url });
    await storage.set('lasting', value, 60);
    server.pause();
    // Each round is one deadline long. After three the connection is given up for a new one.
    for (let round = 0; round < 5; round += 1) await expectAllUnavailable(storage);
    server.resume();
    await untilBack(storage);
    expect(await storage.get('lasting')).toEqual(value);
  });

  it('rejects writes when the memory of Redis is full, and still reads, takes and deletes', async () => {
    const server = await start({ args: ['--maxmemory-policy', 'noeviction'] });
    const storage = open({ url: server.url });
    await storage.set('code', value, 60);
    await storage.set('key', value, 60);
    await command(server.port, 'CONFIG SET maxmemory 1');
    await expect(storage.set('other', value, 60)).rejects.toThrow(/maxmemory is reached/);
    await expect(storage.add('other', value, 60)).rejects.toThrow(StorageUnavailableError);
    await expect(storage.update('code', value, next, 60)).rejects.toThrow(StorageUnavailableError);
    await expect(storage.addMember('index', 'member', 60)).rejects.toThrow(StorageUnavailableError);
    expect(await storage.get('code')).toEqual(value);
    expect(await storage.take('code')).toEqual(value);
    await storage.delete('key');
    await command(server.port, 'CONFIG SET maxmemory 0');
    await storage.set('code', next, 60);
    expect(await storage.get('code')).toEqual(next);
  });

  it('sends the password of the URL, and says when it is wrong', async () => {
    const server = await start({ args: ['--requirepass', 'right-one'] });
    const at = (password: string): string => `redis://:${password}@127.0.0.1:${server.port}`;
    await open({ url: at('right-one') }).ready?.();
    const refused = open({ url: at('wrong-one') });
    await expect(refused.ready?.()).rejects.toThrow(/rejects the password/);
    await expect(refused.ready?.()).rejects.not.toThrow(/wrong-one/);
  });

  it('FA-29: says what is wrong about TLS', async () => {
    const { key, cert } = selfSigned();
    const directory = mkdtempSync(join(tmpdir(), 'auth0-mcp-tls-'));
    const files = [join(directory, 'key.pem'), join(directory, 'cert.pem')] as const;
    writeFileSync(files[0], key);
    writeFileSync(files[1], cert);
    const tlsPort = await freePort();
    const args = [
      '--tls-port',
      `${tlsPort}`,
      '--tls-key-file',
      files[0],
      '--tls-cert-file',
      files[1],
    ];
    const server = await start({ args: [...args, '--tls-auth-clients', 'no'] });
    const problemOf = (url: string) => open({ url }).ready?.().then(String, String);
    const problems = [
      `rediss://127.0.0.1:${tlsPort}`,
      `redis://127.0.0.1:${tlsPort}`,
      `rediss://127.0.0.1:${server.port}`,
    ].map(problemOf);
    expect(await Promise.all(problems)).toEqual([
      expect.stringMatching(/certificate.*NODE_EXTRA_CA_CERTS/),
      expect.stringMatching(/TLS needs rediss:/),
      expect.stringMatching(/TLS needs redis:/),
    ]);
    rmSync(directory, { recursive: true });
  });

  it('FA-29: says that it has no such database', async () => {
    const { url } = await start();
    await expect(open({ url: `${url}/99` }).ready?.()).rejects.toThrow(
      /no database with that number/,
    );
  });

  it.each(['EVAL', 'EVALSHA', 'GETDEL'])('FA-29: says that %s is disabled', async (name) => {
    const { url } = await start({ args: ['--rename-command', name, ''] });
    await expect(open({ url }).ready?.()).rejects.toThrow(/disabled.*rename-command/);
  });

  it('FA-29: says that the host is unknown', async () => {
    const storage = open({ url: 'redis://no-such-redis.invalid:6379' });
    await expect(storage.ready?.()).rejects.toThrow(/host name cannot be resolved/);
  });

  it('counts requests after Redis was down when the limiter was created', async () => {
    const port = await freePort();
    const limits = await open({ url: `redis://127.0.0.1:${port}` }).rateLimitStore?.('limit:');
    void limits?.init?.({ windowMs: 60_000 } as never);
    await expect(limits?.increment('client')).rejects.toThrow(StorageUnavailableError);
    const server = await start({ port });
    await untilBack(open({ url: server.url }));
    const count = async (): Promise<number> => {
      for (;;) {
        const counted = await Promise.resolve(limits?.increment('client')).catch(() => undefined);
        if (counted !== undefined) return counted.totalHits;
        await pause(50);
      }
    };
    expect(await count()).toBe(1);
  });
});

describe('redisStorage({ client }) under fault', () => {
  it('rejects within its own deadline, with any queue of the client', async () => {
    const server = await start();
    const client = createClient({ url: server.url });
    await client.connect();
    client.on('error', () => undefined);
    const storage = open({ client });
    server.pause();
    await expectAllUnavailable(storage);
    server.resume();
    await untilBack(storage);
    client.destroy();
  });

  it('consumes nothing after it has rejected', async () => {
    const server = await start({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
    const client = createClient({ url: server.url });
    await client.connect();
    const storage = open({ client });
    await storage.set('code', value, 60);
    await server.stop();
    await expect(storage.take('code')).rejects.toThrow(StorageUnavailableError);
    await server.restart();
    await untilBack(storage);
    expect(await storage.take('code')).toEqual(value);
    client.destroy();
  });
});
