import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from 'redis';
import { memoryStorage } from '../../../lib/storage/memory-storage.js';
import { redisStorage } from '../../../lib/storage/redis/redis-storage.js';
import type { Storage } from '../../../lib/storage/storage.js';
import { approve, type Browser, createBrowser, logIn } from '../../../lib/testing/browser.js';
import { ADA } from '../../../lib/testing/options.js';
import { pressSignIn } from '../../support/connected-apps.js';
import { callTool, type OAuthClient, registerClient } from '../../support/oauth-client.js';
import { type RedisServer, startRedis } from '../../support/redis-server.js';
import { until } from '../../support/upstream.js';
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
  world = await startWorld({ connectedApps: true, options: { storage } });
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

  it('a login: 0 for the request, 1 for the approval, 8 for the callback and 3 after it', async () => {
    const [consent, request] = await verbsOf(() => browser.follow(client.authorizeUrl()));
    expect(request).toEqual([]);
    const isAuth0 = (url: URL): boolean => url.href.startsWith(world.tenant.issuer);
    const [departed, approval] = await verbsOf(() =>
      approve(browser, consent, { stopBefore: isAuth0 }),
    );
    expect(approval).toEqual(['add login']);
    const page = await browser.follow(departed.next ?? '');
    const { next } = await logIn(browser, page, ADA, {
      stopBefore: (url) => url.pathname === '/auth/callback',
    });
    const [back, callback] = await verbsOf(() => browser.get(next ?? ''));
    code = back.next?.searchParams.get('code') ?? '';
    expect(callback.sort()).toEqual(
      [
        'get login',
        'update login',
        'add grant',
        'addMember grants-by-subject',
        'addMember grants-by-client',
        'addMember grants-by-sid',
        // At once, each: has the session ended meanwhile, or all of the person's?
        'get ended',
        'get ended',
        // Behind the response: the login is forgotten, except that its form was answered, and the user's
        // other grants are looked at.
        'set login',
        'members grants-by-subject',
        'get grant',
      ].sort(),
    );
  });

  it('a code exchange: 2, and 3 after the response', async () => {
    const [{ body }, verbs] = await verbsOf(() => client.redeem(code));
    expect(verbs).toEqual([
      'get grant',
      'update grant',
      // Behind the answer: the earlier grants of the installation are looked for, the delivery is noted.
      'members grants-by-subject',
      'get grant',
      'update grant',
    ]);
    tokens = body;
  });

  it('a bearer check: 1', async () => {
    const [, verbs] = await verbsOf(() => callTool(world.mcp, tokens.access_token, 'whoami'));
    expect(verbs).toEqual(['get grant']);
  });

  it('a refresh: 2', async () => {
    const [{ body }, verbs] = await verbsOf(() => client.refresh(tokens.refresh_token));
    expect(verbs).toEqual(['get grant', 'update grant']);
    tokens = body;
  });

  it('a random access token, code or refresh token: none', async () => {
    const [, verbs] = await verbsOf(async () => {
      await callTool(world.mcp, 'garbage', 'whoami');
      await client.redeem('garbage');
      await client.refresh('garbage');
    });
    expect(verbs).toEqual([]);
  });

  it('the page of connected apps: 0 without a session, 1 to sign in, 7 for the callback, 4 with one app', async () => {
    const person = createBrowser();
    const url = `${world.origin}/connected-apps`;
    const [stranger, opening] = await verbsOf(() => person.get(url));
    expect(opening).toEqual([]);
    const [departed, departure] = await verbsOf(() =>
      pressSignIn(person, stranger, { stopBefore: world.tenant.issuer }),
    );
    expect(departure).toEqual(['add login']);
    const page = await person.follow(departed.next ?? '');
    const { next } = await logIn(person, page, ADA, {
      stopBefore: (to) => to.pathname === '/auth/callback',
    });
    const [, callback] = await verbsOf(() => person.get(next ?? ''));
    expect(callback.sort()).toEqual(
      [
        'get login',
        'update login',
        'add account',
        'addMember accounts-by-sid',
        'addMember accounts-by-subject',
        'get ended',
        'get ended',
        // Behind the response.
        'set login',
      ].sort(),
    );
    const [, visit] = await verbsOf(() => person.get(url));
    expect(visit).toEqual([
      'get account',
      'update account',
      'members grants-by-subject',
      'get grant',
    ]);
    const [, made] = await verbsOf(() =>
      fetch(url, { headers: { cookie: 'auth0-mcp-account-AAAAAAAA=made-up' } }),
    );
    expect(made).toEqual([]);
  });

  it('a grant is one value of less than 2 kB and three entries of an index', async () => {
    const grants = [...keys].filter((key) => key.includes(':grant:'));
    expect(grants).toHaveLength(1);
    const [value] = await Promise.all(grants.map((key) => store.get(key)));
    expect(value?.length).toBeLessThan(2048);
    expect([...keys].filter((key) => key.includes(':grants-by-'))).toHaveLength(3);
  });
});

describe('commands to Redis, counted', () => {
  let redis: RedisServer;
  let deployed: World;
  let monitor: ReturnType<typeof createClient>;
  let commands: string[];

  beforeAll(async () => {
    redis = await startRedis();
    deployed = await startWorld({ options: { storage: redisStorage({ url: redis.url }) } });
    // Redis learns the scripts the first time they are sent.
    const first = await registerClient(deployed.origin);
    const tokens = await first.tokens();
    await callTool(deployed.mcp, tokens.access_token, 'whoami');
    await first.refresh(tokens.refresh_token);
    monitor = createClient({ url: redis.url });
    await monitor.connect();
    commands = [];
    await monitor.monitor((line) => {
      // What a script does inside Redis is no round trip.
      if (!String(line).includes(' lua] ')) commands.push(String(line));
    });
  });
  afterAll(async () => {
    monitor.destroy();
    await deployed.close();
    await redis.remove();
  });

  /** The commands of one operation by the kind of their key, rate limits aside. */
  async function countFor<T>(operation: () => Promise<T>): Promise<[T, Record<string, number>]> {
    commands = [];
    const outcome = await operation();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const counts: Record<string, number> = {};
    for (const line of commands) {
      const about = /:(limit|session|login|ended|grants-by|grant)[:-]/.exec(line)?.[1] ?? line;
      // One for most requests, none where this machine is too busy to wait for it.
      if (about === 'limit') continue;
      counts[about] = (counts[about] ?? 0) + 1;
    }
    return [outcome, counts];
  }

  it('are one for the first bearer check of a grant, none for the next, and few for everything else', async () => {
    const [app, registration] = await countFor(() => registerClient(deployed.origin));
    expect(registration).toEqual({});
    const stopBefore = (url: URL): boolean => url.pathname === '/auth/callback';
    const [page, request] = await countFor(() => browser.follow(app.authorizeUrl()));
    expect(request).toEqual({});
    const [away, approval] = await countFor(() =>
      approve(browser, page, { stopBefore: deployed.tenant.issuer }),
    );
    expect(approval).toEqual({ login: 1 });
    const { next } = await logIn(browser, await browser.follow(away.next ?? ''), ADA, {
      stopBefore,
    });
    const [back, callback] = await countFor(() => browser.get(next ?? ''));
    // Of these the login's last and the two looks at the person's grants are behind the answer.
    expect(callback).toEqual({ login: 3, grant: 3, 'grants-by': 4, ended: 2 });
    const [{ body }, exchange] = await countFor(() =>
      app.redeem(back.next?.searchParams.get('code') ?? ''),
    );
    // Two, and behind the answer a look at the person's grants, here two, and the note of the delivery.
    expect(exchange).toEqual({ grant: 5, 'grants-by': 1 });
    const check = () => callTool(deployed.mcp, body.access_token, 'whoami');
    expect((await countFor(check))[1]).toEqual({ grant: 1 });
    // Redis tells when the grant changes: until then there is nothing to ask, unless a busy machine
    // has let the second pass for which the connection's silence is trusted.
    await until(async () => Object.keys((await countFor(check))[1]).length === 0);
    const [, refresh] = await countFor(() => app.refresh(body.refresh_token));
    expect(refresh).toEqual({ grant: 2 });
    expect((await countFor(check))[1]).toEqual({ grant: 1 });
  });
});
