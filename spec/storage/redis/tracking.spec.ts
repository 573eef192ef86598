import { setTimeout as pause } from 'node:timers/promises';

import { afterEach, describe, expect, it, jest } from '@jest/globals';

import { redisStorage } from '../../../lib/redis.js';
import { type Storage, StorageUnavailable } from '../../../lib/storage/storage.js';
import { command, type RedisServer, startRedis } from '../../support/redis-server.js';

jest.setTimeout(30_000);

const value = Buffer.from('value');
const next = Buffer.from('next');
const opened: Storage[] = [];
let server: RedisServer;

function open(url = server.url): Storage {
  const storage = redisStorage({ url });
  opened.push(storage);
  return storage;
}

/** GETs that Redis has answered. */
async function reads(): Promise<number> {
  const stats = await command(server.port, 'INFO commandstats');
  return Number(/cmdstat_get:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

/** Looks until another instance's change is there: Redis says so by itself. */
async function untilSeen(storage: Storage, expected: Buffer | undefined): Promise<void> {
  for (;;) {
    const found = await storage.look?.('grant');
    if (expected === undefined ? found === undefined : found && expected.equals(found)) return;
    await pause(5);
  }
}

/** However it came to be: a second later it counts. */
async function expectAfterASecond(storage: Storage, expected: Buffer | undefined): Promise<void> {
  await pause(1_000);
  expect(await storage.look?.('grant')).toEqual(expected);
}

/** Ends the connections that Redis pushes to, as a fault of the network would. */
async function killTracking(): Promise<void> {
  const list = await command(server.port, 'CLIENT LIST');
  const ids = [...list.matchAll(/id=(\d+) .* flags=(\w+) /g)].filter(([, , flags = '']) =>
    flags.includes('t'),
  );
  expect(ids.length).toBeGreaterThan(0);
  for (const [, id] of ids) await command(server.port, `CLIENT KILL ID ${id}`);
}

async function start(...args: string[]): Promise<[Storage, Storage]> {
  server = await startRedis({ args });
  const [here, there] = [open(), open()];
  await there.set('grant', value, 60);
  expect(await here.look?.('grant')).toEqual(value);
  return [here, there];
}

afterEach(async () => {
  for (const storage of opened.splice(0)) await storage.close?.();
  await server.remove();
});

describe('look() of redisStorage({ url })', () => {
  it('answers at once, without asking Redis each time', async () => {
    const [here] = await start();
    const before = await reads();
    // Asked anew, should all this have taken a second; then the rest happens at once.
    const found = await here.look?.('grant');
    for (let round = 0; round < 1_000; round += 1) expect(here.look?.('grant')).toBe(found);
    expect(found).toEqual(value);
    expect((await reads()) - before).toBeLessThan(5);
  });

  it('sees what another instance deletes, changes or takes', async () => {
    const [here, there] = await start();
    await there.update('grant', value, next, 60);
    await untilSeen(here, next);
    await there.take('grant');
    await untilSeen(here, undefined);
    await there.set('grant', value, 60);
    await untilSeen(here, value);
    await there.delete('grant');
    await untilSeen(here, undefined);
  });

  it('keeps what Redis vouches for in memory of its own', async () => {
    const [here] = await start();
    expect((await here.look?.('grant'))?.buffer.byteLength).toBe(value.length);
    expect((await here.get('grant'))?.buffer.byteLength).toBe(value.length);
  });

  it('sees what this instance changes at the very next look', async () => {
    const [here] = await start();
    await here.update('grant', value, next, 60);
    expect(await here.look?.('grant')).toEqual(next);
    await here.take('grant');
    expect(await here.look?.('grant')).toBeUndefined();
    await here.add('grant', value, 60);
    expect(await here.look?.('grant')).toEqual(value);
    await here.delete('grant');
    expect(await here.look?.('grant')).toBeUndefined();
  });

  it('keeps nothing that an answer under way brings after the value has changed', async () => {
    const [here, there] = await start();
    await here.delete('grant');
    await there.set('grant', value, 60);
    const asked = here.look?.('grant');
    await there.delete('grant');
    await asked;
    await untilSeen(here, undefined);
  });

  it('sees the end of a lifetime', async () => {
    const [here, there] = await start();
    await there.set('grant', value, 1);
    await untilSeen(here, undefined);
  });

  it('notices a revocation while the tracking connection is being killed', async () => {
    const [here, there] = await start();
    for (let round = 0; round < 2; round += 1) {
      await there.set('grant', value, 60);
      await untilSeen(here, value);
      await killTracking();
      await there.delete('grant');
      await expectAfterASecond(here, undefined);
    }
  });

  it('answers nothing from memory while Redis stands still, and what is true afterwards', async () => {
    const [here, there] = await start();
    server.pause();
    await pause(1_000);
    await expect(Promise.resolve(here.look?.('grant'))).rejects.toBeInstanceOf(StorageUnavailable);
    server.resume();
    await there.get('probe').catch(() => undefined);
    await there.delete('grant');
    await expectAfterASecond(here, undefined);
  });

  it('forgets what it kept when Redis restarts empty', async () => {
    const [here] = await start();
    await server.restart();
    const look = async (): Promise<unknown> => here.look?.('grant');
    for (;;) {
      const found = await look().catch((error: unknown) => error);
      if (found === undefined) break;
      expect(found).toBeInstanceOf(StorageUnavailable);
      await pause(20);
    }
  });

  it('asks each time where the server refuses to track', async () => {
    const [first] = await start('--rename-command', 'CLIENT', '');
    const before = await reads();
    for (let round = 0; round < 10; round += 1) expect(await first.look?.('grant')).toEqual(value);
    expect((await reads()) - before).toBeGreaterThanOrEqual(10);
    await open().delete('grant');
    expect(await first.look?.('grant')).toBeUndefined();
  });
});
