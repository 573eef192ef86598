/** Addresses of callers as proxies write them, over HTTP: by TCP and by Unix socket. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from '@jest/globals';

import { send } from '../support/raw-http.js';
import { startWorld, type World } from '../support/world.js';

const worlds: World[] = [];
async function start(trustProxy: unknown): Promise<World> {
  const world = await startWorld({
    before: (app) => {
      if (trustProxy !== undefined) app.set('trust proxy', trustProxy);
    },
  });
  worlds.push(world);
  return world;
}
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
});

/** More than the page views of one address in a minute. */
const CALLERS = 250;
const octets = (at: number): string => `203.0.${at >> 8}.${at & 255}`;

/** Whether any of the callers reaches the limit. */
async function isLimited(ask: (at: number) => Promise<number>): Promise<boolean> {
  const statuses = new Set<number>();
  for (let first = 0; first < CALLERS; first += 25) {
    const batch = Array.from({ length: 25 }, (_, index) => ask(first + index));
    for (const status of await Promise.all(batch)) statuses.add(status);
  }
  return statuses.has(429);
}

const complaints = ({ log }: World): string[] =>
  log.filter(({ level }) => level === 'warn').map(({ message }) => message);

describe('FA-28 callers behind a proxy', () => {
  const visit =
    (world: World, forwardedFor: (at: number) => string | undefined) =>
    async (at: number): Promise<number> => {
      const from = forwardedFor(at);
      const headers = from === undefined ? {} : { 'x-forwarded-for': from };
      return (await send(`${world.origin}/authorize`, { headers })).status;
    };

  it.each([
    ['with a port', 1, (at: number) => `${octets(at)}:${1024 + at}`],
    ['IPv6 in brackets, with a port', 1, (at) => `[2001:db8:${at.toString(16)}::7]:443`],
    ['mapped IPv4 in brackets, with a port', 1, (at) => `[::ffff:${octets(at)}]:5123`],
    ['behind a second proxy whose address has a port', 2, (at) => `${octets(at)}:9, 10.0.0.4:80`],
    [
      'behind proxies that are trusted by address, one of them with a port',
      'loopback, 10.0.0.0/8, fd00::/8',
      (at) => `1.1.1.1, ${octets(at)}:9, [fd00::4]:80, 10.0.0.4:80,10.0.0.5`,
    ],
  ] as [string, unknown, (at: number) => string][])(
    'have a limit each: %s',
    async (_form, trustProxy, write) => {
      const world = await start(trustProxy);
      expect(await isLimited(visit(world, write))).toBe(false);
      expect(complaints(world)).toEqual([]);
    },
    60_000,
  );

  it.each([
    ['many ports', 1, (at: number) => `203.0.113.7:${1024 + at}`],
    ['many forged addresses before the proxy’s', 1, (at) => `${octets(at)}:1, 203.0.113.7:80`],
    [
      'many forged addresses before one that is no proxy’s',
      'loopback, 10.0.0.0/8',
      (at) => `${octets(at)}:1, 203.0.113.7:80, 10.0.0.4:80`,
    ],
    ['many addresses, where no proxy is trusted', undefined, (at) => `${octets(at)}:1`],
  ] as [string, unknown, (at: number) => string][])(
    'have one limit with %s',
    async (_form, trustProxy, write) => {
      const world = await start(trustProxy);
      expect(await isLimited(visit(world, write))).toBe(true);
    },
    60_000,
  );

  it.each(['unknown', '"203.0.113.7:1"'])(
    'share a limit where the proxy writes %s, and the log says so once',
    async (written) => {
      const world = await start(1);
      expect(await isLimited(visit(world, () => written))).toBe(true);
      expect(complaints(world)).toEqual([expect.stringContaining('share one rate limit')]);
      const [line] = world.log.filter(({ level }) => level === 'warn');
      expect(line?.fields).toMatchObject({ setting: 'trust proxy', address: written });
    },
    60_000,
  );
});

describe('FA-28 callers of a Unix socket', () => {
  /** Serves the world's app at a Unix socket as well, and sends requests there. */
  async function atSocket<T>(
    world: World,
    work: (ask: (headers: Record<string, string>, path?: string) => Promise<number>) => Promise<T>,
  ): Promise<T> {
    const directory = await mkdtemp(join(tmpdir(), 'caller-addresses-'));
    const socketPath = join(directory, 'http.sock');
    const server = createServer(world.app);
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    try {
      return await work(
        (headers, path = '/authorize') =>
          new Promise((resolve, reject) => {
            const onward = request({ socketPath, path, headers, agent: false }, (res) => {
              res.resume().on('end', () => resolve(res.statusCode ?? 0));
            });
            onward.on('error', reject).end();
          }),
      );
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true });
    }
  }

  it.each(['loopback', 1])(
    'have a limit each with trust proxy %p',
    async (trustProxy) => {
      const world = await start(trustProxy);
      const limited = await atSocket(world, (ask) =>
        isLimited((at) => ask({ 'x-forwarded-for': octets(at) })),
      );
      expect(limited).toBe(false);
      expect(complaints(world)).toEqual([]);
    },
    60_000,
  );

  it.each([
    ['no proxy is trusted', undefined, {}, /share one rate limit.*Unix socket/],
    ['the proxy does not send the caller’s address', 'loopback', {}, /share one rate limit/],
    ['another proxy is trusted', '10.0.0.0/8', { 'x-forwarded-for': '203.0.113.7' }, /share one/],
  ] as [string, unknown, Record<string, string>, RegExp][])(
    'share a limit where %s, and the log says so once',
    async (_what, trustProxy, headers, says) => {
      const world = await start(trustProxy);
      const limited = await atSocket(world, (ask) => isLimited(() => ask(headers)));
      expect(limited).toBe(true);
      expect(complaints(world)).toEqual([expect.stringMatching(says)]);
    },
    60_000,
  );

  it('are trusted for X-Forwarded-Prefix where loopback is trusted', async () => {
    const world = await startWorld({
      basePath: '/api',
      before: (app) => void app.set('trust proxy', 'loopback'),
    });
    worlds.push(world);
    const status = await atSocket(world, (ask) => ask({ 'x-forwarded-prefix': '/api' }));
    // The error page of a request without parameters, and no 404.
    expect(status).toBe(400);
  });
});
