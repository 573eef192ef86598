import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { StorageVerb } from '../../../lib/storage/checked-storage.js';
import { memoryStorage } from '../../../lib/storage/memory-storage.js';
import { StorageUnavailableError } from '../../../lib/storage/storage.js';
import { approve, createBrowser, logIn } from '../../../lib/testing/browser.js';
import { ADA } from '../../../lib/testing/options.js';
import { callTool, type OAuthClient, registerClient } from '../../support/oauth-client.js';
import { watchStorage } from '../../support/watched-storage.js';
import { startWorld, type World } from '../../support/world.js';

jest.setTimeout(40_000);

/** The time limit of a call to Auth0 and a margin, in seconds. */
const AFTER_TIMEOUT = 12;

let world: World;
let client: OAuthClient;
/** Answers to a path with this end are lost: the connection closes before they are sent. */
let loses: string | undefined;
/** Verbs that fail at present. */
let failing: readonly StorageVerb[];

beforeEach(async () => {
  [loses, failing] = [undefined, []];
  const storage = watchStorage(memoryStorage(), {
    before(verb) {
      if (failing.includes(verb)) throw new StorageUnavailableError('the spec has taken it away');
    },
  });
  world = await startWorld({
    options: { storage },
    before(app) {
      app.use((req, res, next) => {
        if (loses !== undefined && req.path.endsWith(loses)) {
          // What a process does to its connections when it dies: the answer is made, nobody gets it.
          const close = (): never => req.socket.destroy() as never;
          Object.assign(res, { end: close, json: close, send: close, redirect: close });
        }
        next();
      });
    },
  });
  client = await registerClient(world.origin);
});
afterEach(() => world.close());

async function code(): Promise<string> {
  return (await client.logIn()).get('code') ?? '';
}

function bearer(token: unknown): Promise<{ status: number }> {
  return callTool(world.mcp, token, 'whoami');
}

const count = (type: string): number => world.events.filter((event) => event.type === type).length;

describe('a code exchange whose response is lost', () => {
  it('succeeds when the client sends it again, with the same grant', async () => {
    const lost = await code();
    loses = '/token';
    await expect(client.redeem(lost)).rejects.toThrow();
    loses = undefined;
    const { status, body } = await client.redeem(lost);
    expect(status).toBe(200);
    expect((await bearer(body.access_token)).status).toBe(200);
    expect((await client.refresh(body.refresh_token)).status).toBe(200);
    expect(count('code_replayed')).toBe(0);
  });

  it('is not repeated with a wrong verifier: the code has leaked, and is revoked', async () => {
    const lost = await code();
    loses = '/token';
    await expect(client.redeem(lost)).rejects.toThrow();
    loses = undefined;
    const stolen = await client.redeem(lost, { code_verifier: 'x'.repeat(43) });
    expect(stolen).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect((await client.redeem(lost)).status).toBe(400);
    expect(count('code_replayed')).toBe(1);
  });

  it('is not repeated after the code has expired', async () => {
    const lost = await code();
    loses = '/token';
    await expect(client.redeem(lost)).rejects.toThrow();
    loses = undefined;
    world.advance(61);
    expect((await client.redeem(lost)).body.error).toBe('invalid_grant');
  });

  it('succeeds for one of many parallel repetitions', async () => {
    const lost = await code();
    loses = '/token';
    await expect(client.redeem(lost)).rejects.toThrow();
    loses = undefined;
    const responses = await Promise.all(Array.from({ length: 5 }, () => client.redeem(lost)));
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400]);
    const { body } = responses.find(({ status }) => status === 200) ?? {};
    expect((await bearer(body?.access_token)).status).toBe(200);
  });
});

describe('a code exchange whose response was received', () => {
  it('counts as received from the first use of its tokens, if the delivery was not recorded', async () => {
    const used = await code();
    failing = ['update'];
    const refused = await client.redeem(used);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBeTruthy();
    failing = [];
    const redeemed = client.redeem(used);
    const { body } = await redeemed;
    // The note is under way or written; the store goes away, comes back, and a token is used.
    failing = ['update'];
    expect((await bearer(body.access_token)).status).toBe(200);
    failing = [];
    expect((await bearer(body.access_token)).status).toBe(200);
    expect((await client.redeem(used)).body.error).toBe('invalid_grant');
  });
});

describe('a callback from Auth0 whose response is lost', () => {
  async function lostCallback() {
    const browser = createBrowser();
    const page = await approve(browser, await browser.follow(client.authorizeUrl()));
    const { next } = await logIn(browser, page, ADA, {
      stopBefore: (url) => url.pathname === '/auth/callback',
    });
    loses = '/auth/callback';
    await expect(browser.get(next ?? '')).rejects.toThrow();
    loses = undefined;
    return { browser, callback: next ?? '' };
  }

  it('continues when the user reloads: through Auth0, which does not ask again', async () => {
    const { browser, callback } = await lostCallback();
    world.advance(AFTER_TIMEOUT);
    const page = await browser.follow(callback, { stopBefore: client.redirectUri });
    expect(page.chain.some((url) => url.startsWith(`${world.tenant.issuer}authorize`))).toBe(true);
    const { status } = await client.redeem(page.next?.searchParams.get('code') ?? '');
    expect(status).toBe(200);
    expect((await browser.get(callback)).status).toBe(400);
  });

  it('continues even if the response to the reload is lost as well', async () => {
    const { browser, callback } = await lostCallback();
    world.advance(AFTER_TIMEOUT);
    loses = '/auth/callback';
    await expect(browser.get(callback)).rejects.toThrow();
    loses = undefined;
    world.advance(AFTER_TIMEOUT);
    const page = await browser.follow(callback, { stopBefore: client.redirectUri });
    expect(page.next?.searchParams.get('code')).toBeTruthy();
  });

  it('PX-20 continues in the same browser only', async () => {
    const { callback } = await lostCallback();
    world.advance(AFTER_TIMEOUT);
    expect((await createBrowser().get(callback)).status).toBe(400);
  });

  it('FA-12 does not continue while the exchange with Auth0 may be in progress', async () => {
    const { browser, callback } = await lostCallback();
    world.advance(AFTER_TIMEOUT - 4);
    expect((await browser.get(callback)).status).toBe(400);
  });

  it('PX-22 does not continue while it may still be pending', async () => {
    const { browser, callback } = await lostCallback();
    expect((await browser.get(callback)).status).toBe(400);
  });
});
