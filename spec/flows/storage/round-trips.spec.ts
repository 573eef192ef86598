import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { approve, type Browser, createBrowser, logIn } from '../../../demo/tenant/browser.js';
import { ADA } from '../../../demo/tenant/options.js';
import { memoryStorage } from '../../../lib/storage/memory-storage.js';
import type { Storage } from '../../../lib/storage/storage.js';
import { callTool, type OAuthClient, registerClient } from '../../support/oauth-client.js';
import { watchStorage } from '../../support/watched-storage.js';
import { startWorld, type World } from '../../support/world.js';

let world: World;
let client: OAuthClient;
let browser: Browser;
let code: string;
let tokens: Record<string, unknown>;
let calls: string[];
let store: Storage;
const keys = new Set<string>();

/** The verbs one operation takes, as `verb kind`, those in the background after the answer included. */
async function verbsOf<T>(operation: () => Promise<T>): Promise<[T, string[]]> {
  calls = [];
  const outcome = await operation();
  await new Promise((resolve) => setTimeout(resolve, 50));
  return [outcome, calls];
}

beforeAll(async () => {
  store = memoryStorage();
  const storage = watchStorage(store, {
    before(verb, key) {
      keys.add(key);
      calls.push(`${verb} ${key.split(':')[1]}`);
    },
  });
  calls = [];
  world = await startWorld({ options: { storage } });
  browser = createBrowser();
});
afterAll(() => world.close());

describe('round trips to the store, counted', () => {
  it('start-up and documents: none', async () => {
    const [, verbs] = await verbsOf(() =>
      fetch(`${world.origin}/.well-known/oauth-authorization-server`),
    );
    expect(verbs).toEqual([]);
  });

  it('registration: none', async () => {
    const [registered, verbs] = await verbsOf(() => registerClient(world.origin));
    client = registered;
    expect(verbs).toEqual([]);
  });

  it('a login: 0 for the request, 2 for the approval, 8 for the callback and 3 behind it', async () => {
    const [consent, request] = await verbsOf(() => browser.follow(client.authorizeUrl()));
    expect(request).toEqual([]);
    const isAuth0 = (url: URL): boolean => url.href.startsWith(world.tenant.issuer);
    const [departed, approval] = await verbsOf(() =>
      approve(browser, consent, { stopBefore: isAuth0 }),
    );
    expect(approval).toEqual(['set session', 'add login']);
    const page = await browser.follow(departed.next ?? '');
    const { next } = await logIn(browser, page, ADA, {
      stopBefore: (url) => url.pathname === '/auth/callback',
    });
    const [back, callback] = await verbsOf(() => browser.get(next ?? ''));
    code = back.next?.searchParams.get('code') ?? '';
    expect(callback.sort()).toEqual(
      [
        'get session',
        'get login',
        'update login',
        'add grant',
        'addMember grants-by-subject',
        'addMember grants-by-client',
        'addMember grants-by-sid',
        // express-session, once more at the end of each request: the session lives on.
        'set session',
        // Behind the answer: the login is forgotten, and the person's other grants are looked at.
        'delete login',
        'members grants-by-subject',
        'get grant',
      ].sort(),
    );
  });

  it('a code exchange: 2, and 2 behind the answer', async () => {
    const [{ body }, verbs] = await verbsOf(() => client.redeem(code));
    expect(verbs).toEqual(['get grant', 'update grant', 'get grant', 'update grant']);
    tokens = body;
  });

  it('a bearer check: 1', async () => {
    const [, verbs] = await verbsOf(() => callTool(world.mcp, tokens.access_token, 'whoami'));
    expect(verbs).toEqual(['get grant']);
  });

  it('a refresh: 3', async () => {
    const [{ body }, verbs] = await verbsOf(() => client.refresh(tokens.refresh_token));
    expect(verbs).toEqual(['get grant', 'get grant', 'update grant']);
    tokens = body;
  });

  it('garbage in place of a token, a code or a refresh token: none', async () => {
    const [, verbs] = await verbsOf(async () => {
      await callTool(world.mcp, 'garbage', 'whoami');
      await client.redeem('garbage');
      await client.refresh('garbage');
    });
    expect(verbs).toEqual([]);
  });

  it('a grant is one value of less than 2 kB and three entries of an index', async () => {
    const grants = [...keys].filter((key) => key.includes(':grant:'));
    expect(grants).toHaveLength(1);
    const [value] = await Promise.all(grants.map((key) => store.get(key)));
    expect(value?.length).toBeLessThan(2048);
    expect([...keys].filter((key) => key.includes(':grants-by-'))).toHaveLength(3);
  });
});
