import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';

import { memoryStorage } from '../../../lib/storage/memory-storage.js';
import { type OAuthClient, registerClient } from '../../support/oauth-client.js';
import { pass } from '../../support/upstream.js';
import { startWorld, type World, type WorldOptions } from '../../support/world.js';

const HOME = '203.0.113.7';
const AWAY = '198.51.100.9';

let world: World;
let client: OAuthClient;
let tokens: Record<string, unknown>;
const afterwards: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  await world.close();
  for (const undo of afterwards.splice(0).reverse()) await undo();
});

async function start(options: WorldOptions = {}): Promise<void> {
  // One proxy in front, which says where a request comes from.
  world = await startWorld({ before: (app) => app.set('trust proxy', 1), ...options });
  client = await registerClient(world.origin);
  tokens = await client.tokens();
}

async function refreshFrom(
  address: string,
  token: unknown,
  { id }: Pick<OAuthClient, 'id'> = client,
): Promise<Response> {
  const form = { grant_type: 'refresh_token', refresh_token: String(token), client_id: id };
  const response = await fetch(`${world.origin}/token`, {
    method: 'POST',
    headers: { 'x-forwarded-for': address },
    body: new URLSearchParams(form),
  });
  return response;
}

const successorOf = async (response: Response): Promise<unknown> =>
  ((await response.json()) as Record<string, unknown>).refresh_token;

const reuses = () => world.events.filter(({ type }) => type === 'refresh_token_reused');

describe('a replaced refresh token inside the grace window', () => {
  it('FA-24 CLI-41: emits an event with its grant, client and age; the newest token emits none', async () => {
    await start();
    const second = await successorOf(await refreshFrom(HOME, tokens.refresh_token));
    await refreshFrom(HOME, second);
    expect(reuses()).toEqual([]);
    pass(world, 76);
    expect((await refreshFrom(HOME, tokens.refresh_token)).status).toBe(200);
    const completed = world.events.find(({ type }) => type === 'login_completed');
    expect(reuses()).toEqual([
      expect.objectContaining({
        grantId: completed?.grantId,
        client: completed?.client,
        subject: completed?.subject,
        reuses: 1,
        addresses: 1,
      }),
    ]);
    expect(reuses()[0]).toHaveProperty('ageSeconds', expect.closeTo(76, -1));
  });

  it('FA-24: an attacker inside the window shows as a second address', async () => {
    await start();
    let stolen = tokens.refresh_token;
    for (let round = 0; round < 3; round += 1) {
      const mine = await refreshFrom(HOME, stolen);
      pass(world, 60);
      const theirs = await refreshFrom(AWAY, stolen);
      expect([mine.status, theirs.status]).toEqual([200, 200]);
      stolen = await successorOf(theirs);
    }
    expect(reuses().map((event) => 'addresses' in event && event.addresses)).toEqual([2, 2, 2]);
    expect(JSON.stringify([world.events, world.log])).not.toMatch(/203\.0\.113|198\.51\.100/);
  });

  it('FA-24: an attempt by another client is not a reuse', async () => {
    await start();
    await refreshFrom(HOME, tokens.refresh_token);
    const other = await registerClient(world.origin, { client_name: 'Another client' });
    expect((await refreshFrom(AWAY, tokens.refresh_token, other)).status).toBe(400);
    expect((await refreshFrom(AWAY, tokens.refresh_token)).status).toBe(200);
    expect(reuses()).toEqual([expect.objectContaining({ reuses: 1, addresses: 2 })]);
  });

  it('FA-24: thirty in parallel at two instances all succeed and are all counted', async () => {
    const shared = memoryStorage();
    await start({ instances: 2, storages: [shared, shared] });
    const responses = await Promise.all(
      Array.from({ length: 30 }, (_, at) =>
        refreshFrom(at % 3 === 0 ? AWAY : HOME, tokens.refresh_token),
      ),
    );
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(30);
    const successors = await Promise.all(responses.map(successorOf));
    expect(new Set(successors).size).toBe(1);
    // One of the thirty rotated; each of the others counts.
    const counts = reuses().map((event) => ('reuses' in event ? event.reuses : 0));
    expect(counts.toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 29 }, (_, at) => at + 1),
    );
    expect(reuses()).toContainEqual(expect.objectContaining({ reuses: 29, addresses: 2 }));
  });
});

describe('refresh tokens that are refused', () => {
  /** How often each status came. */
  async function statuses(
    times: number,
    send: (at: number) => Promise<Response>,
  ): Promise<Record<number, number>> {
    const found: Record<number, number> = {};
    for (let at = 0; at < times; at += 1) {
      const { status } = await send(at);
      found[status] = (found[status] ?? 0) + 1;
    }
    return found;
  }

  /** Of the same length as a genuine one. */
  const garbage = (): string => randomBytes(53).toString('base64url');

  it.each<[string, () => Promise<(at: number) => Promise<Response>>]>([
    ['that are garbage', async () => () => refreshFrom(AWAY, garbage())],
    [
      'that are a genuine one cut short or changed',
      async () => (at) => refreshFrom(AWAY, `${String(tokens.refresh_token).slice(0, -4)}${at}AA`),
    ],
    [
      'of another client',
      async () => {
        const other = await registerClient(world.origin, { client_name: 'Another client' });
        return () => refreshFrom(AWAY, tokens.refresh_token, other);
      },
    ],
    [
      'of another server',
      async () => {
        const other = await startWorld();
        afterwards.push(() => other.close());
        const foreign = await (await registerClient(other.origin)).tokens();
        return () => refreshFrom(AWAY, foreign.refresh_token);
      },
    ],
    [
      'that were revoked',
      async () => {
        const other = await registerClient(world.origin);
        const revoked = await other.tokens();
        await other.post('/revoke', { token: String(revoked.refresh_token), client_id: other.id });
        return () => refreshFrom(AWAY, revoked.refresh_token, other);
      },
    ],
  ])('FA-27 R-TK-15 CLI-45: %s end in 429, and other clients continue', async (_what, prepare) => {
    await start();
    const send = await prepare();
    expect(await statuses(130, send)).toEqual({ 400: 100, 429: 30 });
    const last = await send(0);
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await last.json()).toMatchObject({ error: 'too_many_requests' });
    // Another address, and an honest token of the very same address.
    expect((await refreshFrom(HOME, garbage())).status).toBe(400);
    const again = await refreshFrom(HOME, tokens.refresh_token);
    expect(again.status).toBe(200);
    expect((await refreshFrom(AWAY, await successorOf(again))).status).toBe(200);
  });

  it('FA-27: uses inside the grace window are not counted', async () => {
    await start();
    await refreshFrom(HOME, tokens.refresh_token);
    expect(await statuses(130, () => refreshFrom(HOME, tokens.refresh_token))).toEqual({
      200: 130,
    });
    expect((await refreshFrom(HOME, garbage())).status).toBe(400);
  });
});
