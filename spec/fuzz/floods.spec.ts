/** Many requests of one kind, while another user stays logged in. */
import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { isLong } from '../support/mode.js';
import { callTool, type OAuthClient, registerClient } from '../support/oauth-client.js';
import { startWorld, type World } from '../support/world.js';
import { type CountingStorage, countingStorage } from './counting-storage.js';

/** Requests in flight at once. */
const AT_ONCE = 40;
/** What a flood may leave on the heap: far below what a kilobyte for each request would be. */
const MAX_HEAP_GROWTH_BYTES = 40 * 1024 * 1024;

/** As many as that in the long mode, else a few more than the limit allows. */
const past = (limit: number): number => (isLong ? 20_000 : limit + 2 * AT_ONCE);
const TIMEOUT_MS = isLong ? 460_000 : 60_000;

describe('a flood of', () => {
  let world: World;
  let store: CountingStorage;
  let person: OAuthClient;
  let tokens: Record<string, unknown>;

  beforeEach(async () => {
    store = countingStorage();
    world = await startWorld({
      // The mode that keeps most.
      options: { storage: store, consent: 'remember', anonymous: { methods: ['tools/list'] } },
      // One proxy in front, which the flood comes through as well.
      before: (app) => app.set('trust proxy', 1),
    });
    person = await registerClient(world.origin);
    tokens = await person.tokens();
  });
  afterEach(() => world.close());

  /** From the address everybody has here. */
  const sameAddress = (): Record<string, string> => ({ 'x-forwarded-for': '203.0.113.7' });
  const ownAddress = (n: number): Record<string, string> => ({
    'x-forwarded-for': [100, (n >> 16) & 255, (n >> 8) & 255, n & 255].join('.'),
  });

  /** Sends `requests`. @returns the number of responses by status */
  async function flood(
    requests: number,
    one: (n: number) => Promise<Response>,
  ): Promise<Record<number, number>> {
    const statuses: Record<number, number> = {};
    let sent = 0;
    async function work(): Promise<void> {
      while (sent < requests) {
        sent += 1;
        const n = sent;
        const response = await one(n);
        await response.arrayBuffer();
        statuses[response.status] = (statuses[response.status] ?? 0) + 1;
        if (n % 500 === 0) await expectServed();
      }
    }
    const heapBefore = heapInUse();
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(heapInUse() - heapBefore).toBeLessThan(MAX_HEAP_GROWTH_BYTES);
    await expectServed();
    return statuses;
  }

  /** Sends `requests`: as many pass as the limit allows in each minute that the flood takes, the others get 429. */
  async function expectLimited(
    [status, limit]: readonly [status: number, limit: number],
    requests: number,
    one: (n: number) => Promise<Response>,
  ): Promise<void> {
    const startedAtMs = Date.now();
    const { [status]: passed = 0, ...others } = await flood(requests, one);
    const windows = Math.floor((Date.now() - startedAtMs) / 60_000) + 1;
    expect(others).toEqual({ 429: requests - passed });
    expect(passed).toBeGreaterThanOrEqual(limit);
    expect(passed).toBeLessThanOrEqual(limit * windows);
  }

  /** Whoever is logged in calls tools and refreshes, from the very address of the flood. */
  async function expectServed(): Promise<void> {
    const headers = sameAddress();
    const call = await callTool(world.mcp, tokens.access_token, 'whoami', headers);
    expect(call.status).toBe(200);
    const refreshed = await refresh(person, tokens.refresh_token);
    expect(refreshed.status).toBe(200);
    tokens = (await refreshed.json()) as Record<string, unknown>;
  }

  function post(
    path: string,
    form: Record<string, string>,
    headers: Record<string, string>,
  ): Promise<Response> {
    const body = new URLSearchParams(form);
    return fetch(world.origin + path, { method: 'POST', body, headers, redirect: 'manual' });
  }

  function refresh(
    { id, secret }: OAuthClient,
    token: unknown,
    headers = sameAddress(),
  ): Promise<Response> {
    const form = { grant_type: 'refresh_token', refresh_token: String(token), client_id: id };
    return post(
      '/token',
      secret === undefined ? form : { ...form, client_secret: secret },
      headers,
    );
  }

  async function consentForm(n: number): Promise<{ form: Record<string, string>; cookie: string }> {
    const page = await fetch(person.authorizeUrl(), { headers: ownAddress(n) });
    const request = /name="request" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
    const cookie = page.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    return { form: { request, decision: 'allow' }, cookie };
  }

  async function lastIsJson429(response: Response): Promise<void> {
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ error: 'too_many_requests' });
  }

  it(
    'R-RG-7 CLI-45 registrations is stopped with 429 in JSON and stores nothing',
    async () => {
      const before = store.size;
      const register = (): Promise<Response> =>
        fetch(`${world.origin}/register`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...sameAddress() },
          body: JSON.stringify({ redirect_uris: ['https://client.example/cb'] }),
        });
      await expectLimited([201, 1200], past(1200), register);
      await lastIsJson429(await register());
      expect(store.size).toBe(before);
    },
    TIMEOUT_MS,
  );

  it(
    'R-AZ-18 consent pages, from as many addresses, stores nothing',
    async () => {
      const before = store.size;
      const url = person.authorizeUrl();
      // More than one address may have.
      const requests = past(240);
      const statuses = await flood(requests, (n) => fetch(url, { headers: ownAddress(n) }));
      expect(statuses).toEqual({ 200: requests });
      expect(store.size).toBe(before);
    },
    TIMEOUT_MS,
  );

  it(
    'consent pages, from one address, is stopped with a page',
    async () => {
      const url = person.authorizeUrl();
      await expectLimited([200, 240], past(240), () => fetch(url, { headers: sameAddress() }));
      const page = await fetch(url, { headers: { ...sameAddress(), accept: 'text/html' } });
      expect(page.headers.get('content-type')).toContain('text/html');
      expect(Number(page.headers.get('retry-after'))).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );

  it(
    'approvals, from as many addresses and browsers, leaves one short-lived record each at most',
    async () => {
      const before = store.size;
      const requests = past(240);
      const statuses = await flood(requests, async (n) => {
        const { form, cookie } = await consentForm(n);
        return post('/consent', form, { cookie, ...ownAddress(n) });
      });
      expect(statuses).toEqual({ 303: requests });
      expect(store.size - before).toBe(requests);
      expect(store.sizeOf('login')).toBe(requests + 1);
      // Nothing is remembered of people who never logged in.
      expect(store.sizeOf('approval')).toBe(0);
    },
    TIMEOUT_MS,
  );

  it.each([
    ['allow', 'deny'],
    ['deny', 'allow'],
  ])(
    'FA-12 one form, first with %s and then with %s, leaves one record and one decision',
    async (first, then) => {
      const { form, cookie } = await consentForm(0);
      const before = store.size;
      const response = { ...form, decision: first };
      const { status } = await post('/consent', response, { cookie, ...ownAddress(0) });
      expect(status).toBe(303);
      const requests = past(240);
      const statuses = await flood(requests, (n) =>
        post('/consent', { ...form, decision: then }, { cookie, ...ownAddress(n) }),
      );
      expect(statuses).toEqual({ 400: requests });
      expect(store.size).toBe(before + 1);
    },
    TIMEOUT_MS,
  );

  it(
    'R-RS-7 random bearer tokens is a 401 each, without a read of the store',
    async () => {
      const [header, payload] = String(tokens.access_token).split('.');
      const forged = (): string => `${header}.${payload}.${randomBytes(64).toString('base64url')}`;
      const garbage = [
        () => randomBytes(40).toString('base64url'),
        forged,
        () => `${randomBytes(20).toString('base64url')}.${payload}.x`,
        () => '....',
      ];
      const call = (n: number): Promise<Response> =>
        fetch(world.mcp, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${garbage[n % garbage.length]?.()}`,
            ...sameAddress(),
          },
        });
      const requests = past(1200);
      expect(await flood(requests, call)).toEqual({ 401: requests });
      const calls = store.calls;
      for (let n = 0; n < garbage.length; n += 1) await call(n);
      expect(store.calls).toBe(calls);
    },
    TIMEOUT_MS,
  );

  it(
    'FA-27 R-TK-15 CLI-45 random refresh tokens is stopped with 429 in JSON, without a read of the store',
    async () => {
      const garbage = (): Promise<Response> =>
        refresh(person, randomBytes(53).toString('base64url'));
      await expectLimited([400, 100], past(100), garbage);
      const calls = store.calls;
      await lastIsJson429(await garbage());
      expect(store.calls).toBe(calls);
    },
    TIMEOUT_MS,
  );

  it(
    'R-TK-15 CLI-45 random codes is stopped with 429 in JSON',
    async () => {
      await expectLimited([400, 1200], past(1200), () =>
        post(
          '/token',
          {
            grant_type: 'authorization_code',
            code: randomBytes(48).toString('base64url'),
            code_verifier: 'v'.repeat(43),
            client_id: person.id,
          },
          sameAddress(),
        ),
      );
    },
    TIMEOUT_MS,
  );

  it(
    'R-TK-15 CLI-45 guesses at a client secret is stopped after thirty, the right secret included; a client that is logged in continues',
    async () => {
      const web = await registerClient(world.origin, {
        redirect_uris: ['https://client.example/cb'],
        token_endpoint_auth_method: 'client_secret_post',
      });
      const held = await web.tokens();
      const guess = (secret: string, headers = sameAddress()): Promise<Response> =>
        post('/token', { client_id: web.id, client_secret: secret, grant_type: 'x' }, headers);
      const guessAtRandom = () => guess(randomBytes(32).toString('base64url'));
      await expectLimited([401, 30], past(30), guessAtRandom);
      await lastIsJson429(await guess(web.secret ?? ''));
      expect((await guess(web.secret ?? '', ownAddress(1))).status).toBe(400);
      expect((await refresh(web, held.refresh_token)).status).toBe(200);
    },
    TIMEOUT_MS,
  );
});

it('a memory store that is full of logins rejects further ones, and still refreshes', async () => {
  const world = await startWorld({ options: { storage: memoryStorage({ maxEntries: 40 }) } });
  const person = await registerClient(world.origin);
  const tokens = await person.tokens();
  const statuses: number[] = [];
  for (let n = 0; n < 40; n += 1) {
    const page = await fetch(person.authorizeUrl());
    const request = /name="request" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
    const cookie = page.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const { status } = await fetch(`${world.origin}/consent`, {
      method: 'POST',
      body: new URLSearchParams({ request, decision: 'allow' }),
      headers: { cookie },
      redirect: 'manual',
    });
    statuses.push(status);
  }
  expect(statuses.at(0)).toBe(303);
  expect(statuses.at(-1)).toBe(503);
  const refreshed = await person.refresh(tokens.refresh_token);
  expect(refreshed.status).toBe(200);
  expect((await callTool(world.mcp, refreshed.body.access_token, 'whoami')).status).toBe(200);
  await world.close();
});

/** After a collection, as far as one can be had. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  return process.memoryUsage().heapUsed;
}
