import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import express from 'express';
import { decodeProtectedHeader } from 'jose';
import { type Auth0Mcp, auth0Mcp } from '../../../lib/auth0-mcp.js';
import type { Auth0McpOptions } from '../../../lib/config/options.js';
import { redisStorage } from '../../../lib/storage/redis/redis-storage.js';
import { approve, createBrowser, logIn, type Page } from '../../../lib/testing/browser.js';
import {
  ADA,
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
} from '../../../lib/testing/options.js';
import { startTenant, type Tenant } from '../../../lib/testing/tenant.js';
import { mcpRoute } from '../../support/mcp-route.js';
import { callTool, type OAuthClient, registerClient } from '../../support/oauth-client.js';
import { type RedisServer, startRedis } from '../../support/redis-server.js';
import { type LoadBalancer, startLoadBalancer } from '../../support/round-robin.js';
import { tenantKeys } from '../../support/tenant-keys.js';

jest.setTimeout(60_000);

type Keys = Pick<Auth0McpOptions, 'jwtSigningKey' | 'storageEncryptionKey'>;

interface Running {
  port: number;
  close(): Promise<void>;
}

const SIZE = 3;
const OLD = 'the-old-key-of-this-spec-0123456789abcdef';
const NEW = 'the-new-key-of-this-spec-0123456789abcdef';
const STORE_KEY = 'the-store-key-of-this-spec-0123456789abc';

let redis: RedisServer;
let tenant: Tenant;
let balancer: LoadBalancer;
let running: Running[];
let errors: unknown[];
const ignore = (): void => undefined;

beforeEach(async () => {
  [redis, balancer] = await Promise.all([startRedis(), startLoadBalancer()]);
  tenant = await startTenant({
    keys: tenantKeys(),
    callbackUrls: [`${balancer.origin}/auth/callback`],
  });
  running = [];
  errors = [];
});
afterEach(async () => {
  expect(errors).toEqual([]);
  await Promise.all(running.map(({ close }) => close()));
  await Promise.all([balancer.close(), tenant.close(), redis.remove()]);
});

async function start(keys: Keys): Promise<void> {
  const auth: Auth0Mcp = auth0Mcp({
    ...{ configUrl: tenant.configUrl, audience: DEMO_AUDIENCE, baseUrl: balancer.origin },
    ...{ clientId: DEMO_CLIENT_ID, clientSecret: DEMO_CLIENT_SECRET },
    storage: redisStorage({ url: redis.url }),
    logger: { debug: ignore, info: ignore, warn: ignore, error: (...line) => errors.push(line) },
    ...keys,
  });
  const app = express().set('trust proxy', 1);
  app.use(auth);
  app.all('/mcp', express.json(), mcpRoute);
  const server: Server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  balancer.add(port);
  running.push({
    port,
    async close() {
      await balancer.drain(port);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await auth.close();
    },
  });
}

/** One instance after the other gets new keys; `between` runs while they differ, and at the end. */
async function roll(keys: Keys, between: () => Promise<void>): Promise<void> {
  for (const old of running.splice(0, SIZE)) {
    await start(keys);
    await old.close();
    await between();
  }
}

/** Someone who stays logged in all the time. */
function resident(client: OAuthClient, first: Record<string, unknown>) {
  let { refresh_token: refreshToken } = first;
  return {
    async checkIn(): Promise<void> {
      const mcp = `${balancer.origin}/mcp`;
      for (let instance = 0; instance < SIZE; instance += 1) {
        expect((await callTool(mcp, first.access_token, 'whoami')).status).toBe(200);
      }
      const { status, body } = await client.refresh(refreshToken);
      expect(status).toBe(200);
      refreshToken = body.refresh_token;
      expect((await callTool(mcp, body.access_token, 'whoami')).status).toBe(200);
    },
  };
}

/** A login that stands at Auth0's page until it is finished. */
async function loginUnderWay(client: OAuthClient): Promise<() => Promise<void>> {
  const browser = createBrowser();
  const stopBefore = client.redirectUri;
  const consent = await browser.follow(client.authorizeUrl());
  const page: Page = await approve(browser, consent);
  return async function finish() {
    const { next } = await logIn(browser, page, ADA, { stopBefore });
    const { status } = await client.redeem(next?.searchParams.get('code') ?? '');
    expect(status).toBe(200);
  };
}

async function publishedKeys(): Promise<unknown[]> {
  const response = await fetch(`${balancer.origin}/.well-known/jwks.json`);
  return ((await response.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
}

describe.each<{ name: string; keys: (list: string[]) => Keys }>([
  { name: 'jwtSigningKey', keys: (list) => ({ jwtSigningKey: list }) },
  {
    name: 'jwtSigningKey, the store having a key of its own',
    keys: (list) => ({ jwtSigningKey: list, storageEncryptionKey: STORE_KEY }),
  },
  {
    name: 'storageEncryptionKey',
    keys: (list) => ({ jwtSigningKey: OLD, storageEncryptionKey: list }),
  },
])('rotation of $name over three instances', ({ name, keys }) => {
  const rotatesSignatures = name.startsWith('jwt');

  it('ends no login: tokens, client ids, codes and pending logins stay valid through both steps', async () => {
    for (let count = 0; count < SIZE; count += 1) await start(keys([OLD]));
    const client = await registerClient(balancer.origin);
    const person = resident(client, await client.tokens());
    const underWay = await loginUnderWay(client);
    await roll(keys([OLD, NEW]), person.checkIn);
    expect(await publishedKeys()).toHaveLength(rotatesSignatures ? 2 : 1);
    await underWay();

    const underWayToo = await loginUnderWay(client);
    await roll(keys([NEW, OLD]), person.checkIn);
    await underWayToo();
    const [newest] = await publishedKeys();
    const { access_token: token } = await client.tokens();
    expect(decodeProtectedHeader(String(token)).kid).toBe(newest);
  });

  it('rejects what the removed key signed with invalid_token, invalid_grant and invalid_client', async () => {
    for (let count = 0; count < SIZE; count += 1) await start(keys([OLD]));
    const client = await registerClient(balancer.origin);
    const tokens = await client.tokens();
    await roll(keys([NEW]), async () => undefined);
    const { status, headers } = await callTool(
      `${balancer.origin}/mcp`,
      tokens.access_token,
      'whoami',
    );
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
    const fresh = rotatesSignatures ? await registerClient(balancer.origin) : client;
    expect(await fresh.refresh(tokens.refresh_token)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    if (rotatesSignatures) {
      expect(await client.refresh(tokens.refresh_token)).toMatchObject({
        status: 401,
        body: { error: 'invalid_client' },
      });
    }
    const person = resident(fresh, await fresh.tokens());
    await person.checkIn();
  });
});
