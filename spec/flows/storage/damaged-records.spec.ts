import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { memoryStorage } from '../../../lib/storage/memory-storage.js';
import { redisStorage } from '../../../lib/storage/redis/redis-storage.js';
import type { Storage } from '../../../lib/storage/storage.js';
import {
  approve,
  type Browser,
  createBrowser,
  logIn,
  type Page,
} from '../../../lib/testing/browser.js';
import { ADA, BOB } from '../../../lib/testing/options.js';
import {
  callTool,
  isConsentPage,
  type OAuthClient,
  registerClient,
} from '../../support/oauth-client.js';
import { command, startRedis } from '../../support/redis-server.js';
import { watchStorage } from '../../support/watched-storage.js';
import { startWorld, type World } from '../../support/world.js';

/** Where a bit is turned over: version, key id, nonce, text, tag. */
const PLACES = [0, 3, 10, 40, -1];

let world: World;
let store: Storage;
let keys: Set<string>;
let client: OAuthClient;

beforeEach(async () => {
  store = memoryStorage();
  keys = new Set();
  world = await startWorld({
    options: {
      storage: watchStorage(store, { before: (_verb, key) => void keys.add(key) }),
      consent: 'remember',
    },
  });
  client = await registerClient(world.origin, { redirect_uris: ['https://client.example/cb'] });
});
afterEach(() => world.close());

async function recordsOf(kind: string): Promise<string[]> {
  const present = await Promise.all(
    [...keys]
      .filter((key) => key.includes(`:${kind}:`))
      .map(async (key) => [key, await store.get(key)] as const),
  );
  return present.flatMap(([key, value]) => (value === undefined ? [] : [key]));
}

async function turnBit(key: string, place: number): Promise<void> {
  const bytes = Buffer.from((await store.get(key)) ?? []);
  const at = place < 0 ? bytes.length + place : place;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await store.set(key, bytes, 600);
}

function warningsAbout(kind: string): number {
  return world.log.filter(({ level, fields }) => level === 'warn' && fields.kind === kind).length;
}

function failures(): unknown[] {
  return world.log.filter(({ level }) => level === 'error');
}

async function atAuth0(browser: Browser): Promise<Page> {
  return approve(browser, await browser.follow(client.authorizeUrl()));
}

describe('a grant that was tampered with', () => {
  it.each(PLACES)('is absent if the bit at %i was flipped, and logged once', async (place) => {
    const tokens = await client.tokens();
    const [key = ''] = await recordsOf('grant');
    await turnBit(key, place);
    for (let again = 0; again < 3; again += 1) {
      const { status, headers } = await callTool(world.mcp, tokens.access_token, 'whoami');
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
      expect(await client.refresh(tokens.refresh_token)).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant' },
      });
    }
    expect(warningsAbout('grant')).toBe(1);
    expect(failures()).toEqual([]);
  });

  it("is absent when it was moved: nobody becomes somebody else by copying that one's record", async () => {
    await client.tokens({ user: ADA });
    const [adas = ''] = await recordsOf('grant');
    const tokens = await client.tokens({ user: BOB });
    const bobs = (await recordsOf('grant')).find((key) => key !== adas) ?? '';
    await store.set(bobs, (await store.get(adas)) ?? Buffer.alloc(0), 600);
    expect((await callTool(world.mcp, tokens.access_token, 'whoami')).status).toBe(401);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(400);
    expect(failures()).toEqual([]);
  });

  it('is absent while its code is pending', async () => {
    const response = await client.logIn();
    const [key = ''] = await recordsOf('grant');
    await turnBit(key, 40);
    expect(await client.redeem(response.get('code') ?? '')).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    expect(failures()).toEqual([]);
  });
});

describe('records of a login that were tampered with', () => {
  const stopBefore = 'https://client.example/cb';

  it('a login record is absent: the user gets an error page', async () => {
    const browser = createBrowser();
    const page = await atAuth0(browser);
    const [key = ''] = await recordsOf('login');
    await turnBit(key, 40);
    const back = await logIn(browser, page, ADA, { stopBefore });
    expect(back.status).toBe(400);
    expect(back.next).toBeUndefined();
    expect(warningsAbout('login')).toBe(1);
    expect(failures()).toEqual([]);
    // The next login is none the worse for it.
    expect((await client.logIn({ browser })).get('code')).toBeTruthy();
  });

  it.each(['approval', 'session'])(
    'a remembered %s is absent: the user is asked again',
    async (kind) => {
      const browser = createBrowser();
      await client.logIn({ browser });
      expect(isConsentPage(await browser.follow(client.authorizeUrl(), { stopBefore }))).toBe(
        false,
      );
      const [key = ''] = await recordsOf(kind);
      await turnBit(key, 40);
      expect(isConsentPage(await browser.follow(client.authorizeUrl(), { stopBefore }))).toBe(true);
      expect(failures()).toEqual([]);
    },
  );
});

describe('sessions in Redis that were tampered with', () => {
  it('are absent: changed, or moved from one browser to another', async () => {
    const server = await startRedis();
    const other = await startWorld({
      options: { storage: redisStorage({ url: server.url }), consent: 'remember' },
    });
    const redirectUri = 'https://client.example/cb';
    const app = await registerClient(other.origin, { redirect_uris: [redirectUri] });
    const sessions = async (): Promise<string[]> =>
      (await command(server.port, 'KEYS *:session:*')).match(/\S+:session:\S+/g) ?? [];
    const [ada, eve] = [createBrowser(), createBrowser()];
    const isAsked = async (browser: Browser): Promise<boolean> =>
      isConsentPage(await browser.follow(app.authorizeUrl(), { stopBefore: redirectUri }));
    await app.logIn({ browser: ada });
    const [adas] = await sessions();
    await app.logIn({ browser: eve, user: BOB });
    const [eves] = (await sessions()).filter((key) => key !== adas);
    expect([await isAsked(ada), await isAsked(eve)]).toEqual([false, false]);
    await command(server.port, `COPY ${adas} ${eves} REPLACE`);
    expect(await isAsked(eve)).toBe(true);
    await command(server.port, `APPEND ${adas} xxxx`);
    expect(await isAsked(ada)).toBe(true);
    expect(other.log.filter(({ fields }) => fields.kind === 'session')).toHaveLength(1);
    expect(other.log.filter(({ level }) => level === 'error')).toEqual([]);
    await other.close();
    await server.remove();
  });
});

describe('a store read with the wrong key', () => {
  it('has no records: logins have ended, with the error codes of OAuth', async () => {
    const tokens = await client.tokens();
    const other = await startWorld({
      options: {
        ...{ storage: store, storageEncryptionKey: 'another-key-for-the-store-0123456789abc' },
        ...{ baseUrl: world.origin, issuerUrl: world.origin },
      },
    });
    const stranger = await registerClient(other.origin);
    expect((await callTool(`${other.origin}/mcp`, tokens.access_token, 'whoami')).status).toBe(401);
    expect(await stranger.refresh(tokens.refresh_token)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    expect(other.log.filter(({ level }) => level === 'error')).toEqual([]);
    await other.close();
  });
});
