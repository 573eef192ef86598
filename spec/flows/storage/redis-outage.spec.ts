import { setTimeout as pause } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { redisStorage } from '../../../lib/storage/redis/redis-storage.js';
import { approve, createBrowser, logIn, type Page } from '../../../lib/testing/browser.js';
import { ADA } from '../../../lib/testing/options.js';
import {
  type Answer,
  callTool,
  type OAuthClient,
  registerClient,
} from '../../support/oauth-client.js';
import { type RedisServer, startRedis } from '../../support/redis-server.js';
import { startWorld, type World } from '../../support/world.js';

jest.setTimeout(60_000);

let redis: RedisServer;
let world: World;
let client: OAuthClient;
let slowestMs: number;

beforeEach(async () => {
  redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
  world = await startWorld({ options: { storage: redisStorage({ url: redis.url }) } });
  client = await registerClient(world.origin);
  slowestMs = 0;
});
afterEach(async () => {
  await world.close();
  await redis.remove();
});

async function timed<T>(work: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const outcome = await work;
  slowestMs = Math.max(slowestMs, performance.now() - startedAt);
  return outcome;
}

/** A user in the middle of each step, and a client with tokens. */
async function everybody() {
  const tokens = await client.tokens();
  const code = (await client.logIn()).get('code') ?? '';
  const [approving, returning] = [createBrowser(), createBrowser()];
  const consent = await approving.follow(client.authorizeUrl());
  const atAuth0 = await approve(returning, await returning.follow(client.authorizeUrl()));
  const { next: callback } = await logIn(returning, atAuth0, ADA, {
    stopBefore: (url) => url.pathname === '/auth/callback',
  });
  return {
    bearer: () => callTool(world.mcp, tokens.access_token, 'whoami'),
    redeem: () => client.redeem(code),
    refresh: () => client.refresh(tokens.refresh_token),
    revoke: () => client.post('/revoke', { token: code, client_id: client.id }),
    consent: () => approve(approving, consent, { stopBefore: world.tenant.issuer }),
    callback: () => returning.get(callback ?? ''),
  };
}

type Everybody = Awaited<ReturnType<typeof everybody>>;

async function expectRefusals(people: Everybody): Promise<void> {
  const responses = [people.bearer, people.redeem, people.refresh];
  for (const { status, body, headers } of await Promise.all(responses.map((ask) => timed(ask())))) {
    expect(body).toMatchObject({ error: 'temporarily_unavailable' });
    expect(status).toBe(503);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  }
  for (const page of await Promise.all([timed(people.consent()), timed(people.callback())])) {
    expect(page.status).toBe(503);
    expect(Number(page.headers['retry-after'])).toBeGreaterThan(0);
    expect(page.body).toContain('<!doctype html>');
  }
}

/** Requests that need no store work: a new client reaches the consent page. */
async function expectBeginnings(): Promise<void> {
  for (const path of ['oauth-protected-resource/mcp', 'oauth-authorization-server', 'jwks.json']) {
    expect((await timed(fetch(`${world.origin}/.well-known/${path}`))).status).toBe(200);
  }
  const newcomer = await timed(registerClient(world.origin));
  const page = await timed(createBrowser().get(newcomer.authorizeUrl()));
  expect(page.status).toBe(200);
  expect((await callTool(world.mcp, undefined, 'whoami')).status).toBe(401);
}

async function untilBack(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const response = await ask();
    if (response.status !== 503) return response;
    await pause(100);
  }
}

/** Everything that was refused is done now, as it was: nothing was used up. */
async function expectResumption(people: Everybody): Promise<void> {
  expect((await untilBack(people.bearer)).status).toBe(200);
  expect((await untilBack(people.redeem)).status).toBe(200);
  expect((await untilBack(people.refresh)).status).toBe(200);
  const decided: Page = await people.consent();
  // Written although the response was lost: the page links to the login that waits at Auth0.
  const link = /<a class="button" href="([^"]+)"[^>]*>Sign in</.exec(decided.body)?.[1];
  expect(link ?? decided.next?.href).toContain(world.tenant.issuer);
  let back = await people.callback();
  // Marked as taken when the response was lost: it continues through Auth0.
  if (back.status === 400) {
    world.advance(2);
    back = await people.callback();
  }
  expect(back.status).toBe(303);
  expect(world.log.filter(({ message }) => /unhandled/i.test(message))).toEqual([]);
}

describe('while Redis is unavailable', () => {
  it('requests that need it get a 503, registration and the consent page work, and everything continues when it is back', async () => {
    const people = await everybody();
    await redis.stop();
    await expectRefusals(people);
    await expectRefusals(people);
    await expectBeginnings();
    await redis.restart();
    await expectResumption(people);
  });

  it('the same while it is stopped for seconds', async () => {
    const people = await everybody();
    redis.pause();
    await expectRefusals(people);
    // Less than a second where the machine has nothing else to do; three times that is a wait too many.
    expect(slowestMs).toBeLessThan(3_000);
    await expectRefusals(people);
    await expectBeginnings();
    redis.resume();
    await expectResumption(people);
  });
});
