import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { embeddedStorage } from '../../../lib/storage/embedded/embedded-storage.js';
import { redisStorage } from '../../../lib/storage/redis/redis-storage.js';
import type { Storage } from '../../../lib/storage/storage.js';
import { approve, createBrowser, logIn, type Page } from '../../../lib/testing/browser.js';
import { ADA, DEMO_AUDIENCE, DEMO_CLIENT_SECRET } from '../../../lib/testing/options.js';
import { signIn, signOut } from '../../support/connected-apps.js';
import { callTool, registerClient, VERIFIER } from '../../support/oauth-client.js';
import { type RedisServer, startRedis } from '../../support/redis-server.js';
import { findSecrets, tapWire, type WireTap } from '../../support/secrets-on-the-wire.js';
import { dumpEmbedded, dumpRedis } from '../../support/store-dump.js';
import { SPEC_SIGNING_KEY, startWorld, type World } from '../../support/world.js';

jest.setTimeout(60_000);

let world: World;
let tap: WireTap;
/** All dumps of a run: what was there for a moment counts as well. */
let dumps: Buffer;

interface DurableStore {
  storage: Storage;
  dump(): Promise<Buffer>;
  remove(): Promise<void>;
}

async function onRedis(): Promise<DurableStore> {
  const server: RedisServer = await startRedis();
  const storage = redisStorage({ url: server.url });
  return { storage, dump: () => dumpRedis(server.url), remove: () => server.remove() };
}

async function onDisk(): Promise<DurableStore> {
  const directory = mkdtempSync(join(tmpdir(), 'auth0-mcp-dump-'));
  return {
    storage: embeddedStorage({ directory }),
    dump: async () => dumpEmbedded(directory),
    remove: async () => rmSync(directory, { recursive: true }),
  };
}

/** Registration to revocation; `look` is called after each step. Gives some of its secrets. */
async function wholeRun(look: () => Promise<void>): Promise<unknown[]> {
  const client = await registerClient(world.origin, {
    redirect_uris: ['https://client.example/cb'],
    token_endpoint_auth_method: 'client_secret_post',
  });
  const browser = createBrowser();
  const stopBefore = (url: URL): boolean =>
    url.pathname === '/auth/callback' || url.host === 'client.example';
  async function see(page: Page): Promise<Page> {
    for (const visited of [...page.chain, page.next?.href ?? '']) {
      if (URL.canParse(visited)) tap.add(new URL(visited).searchParams);
    }
    tap.addBrowser(browser);
    await look();
    return page;
  }
  async function logInOnce(begin: Page): Promise<Record<string, unknown>> {
    const callback =
      begin.next ?? (await see(await logIn(browser, begin, ADA, { stopBefore }))).next;
    const back = await see(await browser.get(callback ?? ''));
    const { body } = await client.redeem(back.next?.searchParams.get('code') ?? '');
    await look();
    return body;
  }

  const consent = await see(await browser.follow(client.authorizeUrl(), { stopBefore }));
  let tokens = await logInOnce(await see(await approve(browser, consent, { stopBefore })));
  expect((await callTool(world.mcp, tokens.access_token, 'downstream')).status).toBe(200);
  // Auth0's token has come into its last minute by now, so this is a refresh there too.
  world.advance(30);
  tokens = (await client.refresh(tokens.refresh_token)).body;
  await look();
  expect((await callTool(world.mcp, tokens.access_token, 'whoami')).status).toBe(200);
  await look();
  // Remembered: no consent page, and Auth0 still knows the browser.
  const again = await see(await browser.follow(client.authorizeUrl(), { stopBefore }));
  const second = await logInOnce(again);
  const page = await signIn(browser, world.origin);
  await see(page);
  await see(await signOut(browser, page));
  const form = { client_id: client.id, client_secret: client.secret };
  const revoked = await client.post('/revoke', { token: String(second.refresh_token), ...form });
  expect(revoked.status).toBe(200);
  await look();
  return [client.id, client.secret, tokens.access_token, second.refresh_token, VERIFIER];
}

describe.each([
  { name: 'Redis', open: onRedis },
  { name: 'the embedded store', open: onDisk },
])('a thief of $name', ({ open }) => {
  let store: DurableStore;

  beforeEach(async () => {
    store = await open();
    tap = tapWire();
    dumps = Buffer.alloc(0);
    world = await startWorld({
      connectedApps: true,
      options: { storage: store.storage, consent: 'remember' },
      tenant: { apis: [{ identifier: DEMO_AUDIENCE, tokenLifetimeSeconds: 80 }] },
    });
  });
  afterEach(async () => {
    tap.stop();
    await world.close();
    await store.remove();
  });

  it('contains no secret of a whole run: not in clear, not encoded, not as a plain hash', async () => {
    const known = await wholeRun(async () => {
      dumps = Buffer.concat([dumps, await store.dump()]);
    });
    tap.addTenant(world.tenant.requests);
    tap.add([SPEC_SIGNING_KEY, DEMO_CLIENT_SECRET, ADA.email, ADA.name, ADA.sub, ADA.password]);
    const grantTypes = world.tenant.requests.map(({ form }) => form.grant_type);
    expect(grantTypes).toContain('refresh_token');
    expect([...tap.secrets]).toEqual(
      expect.arrayContaining([...known, ADA.email, SPEC_SIGNING_KEY]),
    );
    expect(tap.secrets.size).toBeGreaterThan(40);
    expect(dumps.length).toBeGreaterThan(10_000);
    expect(findSecrets(dumps, tap.secrets)).toEqual([]);
  });

  it('would be found to contain them: the search finds a secret in every form', async () => {
    const secret = 'a secret that is searched for';
    const planted = [
      secret,
      Buffer.from(`xx${secret}yy`).toString('base64url'),
      Buffer.from(secret).toString('hex'),
    ];
    for (const form of planted) {
      await store.storage.set(form, Buffer.from(form), 60);
      const dump = Buffer.concat([await store.dump(), Buffer.from(form)]);
      expect(findSecrets(dump, [secret])).not.toEqual([]);
    }
  });
});
