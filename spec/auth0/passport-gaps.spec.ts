/**
 * What passport-openidconnect 0.1.2 leaves open, and that it is closed here. Every gap runs the same
 * attack twice: it succeeds against the bare strategy and is refused by ours.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { runBare } from '../support/bare-process.js';
import {
  createOpKey,
  type ForgingOp,
  type OpReply,
  SUBJECT,
  seconds,
  startForgingOp,
  unsigned,
} from '../support/forging-op.js';
import {
  type OurRigOptions,
  type Rig,
  startBare,
  startOurs,
  type Visitor,
} from '../support/login-rigs.js';

let op: ForgingOp;
let open: Rig[] = [];

beforeAll(async () => {
  op = await startForgingOp();
});
beforeEach(() => {
  op.requests.splice(0);
  for (const path of ['/oauth/token', '/userinfo', '/.well-known/jwks.json']) op.on(path);
});
afterEach(async () => {
  await Promise.all(open.map((rig) => rig.close()));
  open = [];
});
afterAll(() => op.close());

async function bare(
  ...args: Parameters<typeof startBare> extends [unknown, ...infer R] ? R : never
): Promise<Rig> {
  const rig = await startBare(op, ...args);
  open.push(rig);
  return rig;
}

async function ours(options?: OurRigOptions): Promise<Awaited<ReturnType<typeof startOurs>>> {
  const rig = await startOurs(op, options);
  open.push(rig);
  return rig;
}

/** One login at an app, with tokens made for its nonce. */
async function logIn(
  rig: Rig,
  tokens: (nonce: string) => OpReply | Promise<OpReply>,
  extra: Readonly<Record<string, string>> = {},
): ReturnType<Visitor['callback']> {
  const person = rig.visitor();
  const { state, nonce } = await person.start();
  op.on('/oauth/token', () => tokens(nonce));
  return person.callback({ code: 'code-1', state, ...extra });
}

const genuine = (nonce: string): Promise<OpReply> => op.tokens(nonce);

it('both apps log the user in without an attack', async () => {
  expect((await logIn(await bare(), genuine)).body).toMatchObject({ subject: SUBJECT });
  expect((await logIn(await ours(), genuine)).body).toMatchObject({ subject: SUBJECT });
});

describe('gap 1: an ID token with alg none or the signature of another key (R-UP-2)', () => {
  const victim = (nonce: string) => ({
    iss: op.issuer,
    sub: 'auth0|victim',
    aud: 'our-application',
    nonce,
    iat: seconds(),
    exp: seconds() + 60,
  });
  const none = (nonce: string) => op.tokens(nonce, { id_token: unsigned(victim(nonce)) });
  const foreign = async (nonce: string) =>
    op.tokens(nonce, {
      id_token: await op.idToken(victim(nonce), {}, await createOpKey('current')),
    });

  it.each([
    ['alg none', none],
    ['a foreign key', foreign],
  ])('the bare strategy logs in the victim: %s', async (_name, forged) => {
    expect((await logIn(await bare({ nonce: 'on' }), forged)).body).toMatchObject({
      subject: 'auth0|victim',
    });
  });
  it.each([
    ['alg none', none],
    ['a foreign key', foreign],
  ])('ours refuses it: %s', async (_name, forged) => {
    expect((await logIn(await ours(), forged)).body).toMatchObject({
      failed: true,
      kind: 'invalid_response',
    });
  });
});

describe('gap 2: no PKCE (R-UP-1)', () => {
  it('the bare strategy sends no challenge and no verifier', async () => {
    const rig = await bare();
    expect((await rig.visitor().start()).url.searchParams.has('code_challenge')).toBe(false);
    await logIn(rig, genuine);
    expect(op.requestsTo('/oauth/token')[0]?.form.has('code_verifier')).toBe(false);
  });
  it('ours sends an S256 challenge and its verifier', async () => {
    const rig = await ours();
    const { url } = await rig.visitor().start();
    expect(url.searchParams.get('code_challenge_method')).toBe('S256');
    expect(url.searchParams.get('code_challenge')).toMatch(/^[\w-]{43}$/);
    await logIn(rig, genuine);
    expect(op.requestsTo('/oauth/token')[0]?.form.get('code_verifier')).toMatch(/^[\w-]{43}$/);
  });
});

describe('gap 3: the response of another server, detected by iss (R-UP-3)', () => {
  const mixedUp = { iss: 'https://attacker.example/' };
  it('the bare strategy redeems the code', async () => {
    expect((await logIn(await bare(), genuine, mixedUp)).body).toMatchObject({ subject: SUBJECT });
  });
  it('ours rejects it before the code is sent', async () => {
    const { body } = await logIn(await ours(), genuine, mixedUp);
    expect(body).toMatchObject({ kind: 'invalid_response', pending: { for: 'a client' } });
    expect(op.requestsTo('/oauth/token')).toEqual([]);
  });
});

describe('gap 4: an error in a callback without a login (PX-20)', () => {
  const forged = {
    error: 'server_error',
    error_description: 'Call 555-0100 to unlock your account',
  };
  it("the bare strategy reports the attacker's text, without any state", async () => {
    const { body } = await (await bare()).visitor().callback(forged);
    expect(body).toMatchObject({ message: forged.error_description, code: 'server_error' });
  });
  it('the bare strategy keeps the login after an error', async () => {
    const person = (await bare()).visitor();
    const { state, nonce } = await person.start();
    await person.callback({ ...forged, state });
    op.on('/oauth/token', () => genuine(nonce));
    expect((await person.callback({ code: 'c', state })).body).toMatchObject({ subject: SUBJECT });
  });
  it('ours does not act on it without state, nor with the state of another browser', async () => {
    const rig = await ours();
    const { state } = await rig.visitor().start();
    for (const query of [forged, { ...forged, state: 'x'.repeat(43) }, { ...forged, state }]) {
      const { body } = await rig.visitor().callback(query);
      expect(body).toMatchObject({ kind: 'unknown_login' });
      expect(body['message']).not.toContain('555');
      expect(body['pending']).toBeUndefined();
    }
    expect([...rig.transactions.keys()]).toEqual([state]);
  });
  it('ours ends the login with an error that belongs to it', async () => {
    const rig = await ours();
    const person = rig.visitor();
    const { state } = await person.start();
    const { body } = await person.callback({ ...forged, state });
    expect(body).toMatchObject({ kind: 'unavailable', pending: { for: 'a client' } });
    expect((await person.callback({ code: 'c', state })).body).toMatchObject({
      kind: 'unknown_login',
    });
  });
});

describe('gap 5: two tabs at once', () => {
  async function firstOfTwo(rig: Rig): ReturnType<Visitor['callback']> {
    const person = rig.visitor();
    await person.start(); // makes the session
    const first = await person.start();
    await person.start();
    op.on('/oauth/token', () => genuine(first.nonce));
    return person.callback({ code: 'c', state: first.state });
  }
  it('the bare strategy forgets the first tab', async () => {
    expect((await firstOfTwo(await bare())).status).toBe(403);
  });
  it('ours finishes both', async () => {
    expect((await firstOfTwo(await ours())).body).toMatchObject({ subject: SUBJECT });
  });
});

describe('gap 6: error responses of the token endpoint (R-UP-5)', () => {
  const limited = (): OpReply => ({
    status: 429,
    headers: { 'x-ratelimit-reset': String(seconds() + 30) },
    body: { error: 'too_many_requests', error_description: 'Global limit has been reached' },
  });
  it('the bare strategy loses status and headers', async () => {
    const { status, body } = await logIn(await bare(), limited);
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toMatch(/429|reset|retry/i);
  });
  it('ours says when to retry', async () => {
    const { body } = await logIn(await ours(), limited);
    expect(body).toMatchObject({ kind: 'unavailable' });
    expect(Number(body['retryAfterSeconds'])).toBeGreaterThan(20);
    expect(Number(body['retryAfterSeconds'])).toBeLessThanOrEqual(30);
  });

  /** A login page in place of JSON, which happens to hold what a query string would. */
  const queryString = async (nonce: string): Promise<OpReply> => ({
    headers: { 'content-type': 'text/html' },
    body: `access_token=t&id_token=${await op.idToken({ nonce })}`,
  });
  it('the bare strategy parses tokens in an HTML page', async () => {
    expect((await logIn(await bare(), queryString)).body).toMatchObject({ subject: SUBJECT });
  });
  it('ours accepts JSON only', async () => {
    expect((await logIn(await ours(), queryString)).body).toMatchObject({ kind: 'unavailable' });
  });

  const redirecting = async (nonce: string): Promise<OpReply> => ({
    status: 302,
    headers: { location: 'https://attacker.example/' },
    body: `access_token=t&id_token=${await op.idToken({ nonce })}`,
  });
  it('the bare strategy follows a redirect', async () => {
    expect((await logIn(await bare(), redirecting)).body).toMatchObject({ subject: SUBJECT });
  });
  it('ours rejects a redirect', async () => {
    expect((await logIn(await ours(), redirecting)).body).toMatchObject({ kind: 'unavailable' });
  });
});

describe('gap 7: a response that is too late or too long (R-UP-5)', () => {
  const late = async (nonce: string): Promise<OpReply> => {
    await new Promise((resolve) => setTimeout(resolve, 400));
    return genuine(nonce);
  };
  const long = (nonce: string) => op.tokens(nonce, { padding: 'x'.repeat(2_000_000) });
  it.each([
    ['late', late],
    ['long', long],
  ])('the bare strategy waits for it and reads it all: %s', async (_name, tokens) => {
    expect((await logIn(await bare(), tokens)).body).toMatchObject({ subject: SUBJECT });
  });
  it.each([
    ['late', late],
    ['long', long],
  ])('ours gives up on it: %s', async (_name, tokens) => {
    const rig = await ours({ config: { timeoutMs: 200 } });
    await rig.auth0.ready();
    expect((await logIn(rig, tokens)).body).toMatchObject({ kind: 'unavailable' });
  });
});

describe('gap 8: openid requested twice', () => {
  it('the bare strategy always adds it', async () => {
    const rig = await bare({ scope: ['openid', 'read:notes'] });
    expect((await rig.visitor().start()).url.searchParams.get('scope')).toBe(
      'openid openid read:notes',
    );
  });
  it('ours requests each scope once', async () => {
    const { url } = await (await ours()).visitor().start();
    expect(url.searchParams.get('scope')).toBe('openid profile email offline_access read:notes');
  });
});

describe('gap 9: /userinfo', () => {
  it("the bare strategy accepts another user's profile for this user's login", async () => {
    op.on('/userinfo', () => ({ body: { sub: 'auth0|mallory', name: 'Mallory' } }));
    const rig = await bare({ skipUserProfile: false });
    const { body } = await logIn(rig, genuine);
    expect(body).toMatchObject({ profile: { id: 'auth0|mallory', displayName: 'Mallory' } });
  });
  it('a /userinfo that is not JSON ends the process of the bare strategy', async () => {
    op.on('/userinfo', () => ({ body: '<html>' }));
    op.on('/oauth/token', () => genuine('any'));
    const { exitCode, stderr } = await runBare(op.issuer, 'userinfo');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('done is not defined');
  });
  it('ours never requests it: the user comes from verified tokens only', async () => {
    op.on('/userinfo', () => ({ body: { sub: 'auth0|mallory', name: 'Mallory' } }));
    expect((await logIn(await ours(), genuine)).body).toMatchObject({ user: { sub: SUBJECT } });
    expect(op.requestsTo('/userinfo')).toEqual([]);
  });
});

describe('gap 10: a verification that fails asynchronously', () => {
  it('an async verify function that rejects ends the process of the bare strategy', async () => {
    op.on('/oauth/token', () => genuine('any'));
    const { exitCode, stderr } = await runBare(op.issuer, 'rejecting');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('signing keys unreachable');
  });
  it('ours responds when the signing keys cannot be fetched', async () => {
    op.on('/.well-known/jwks.json', () => ({ status: 503, body: 'sorry' }));
    const { body } = await logIn(await ours(), genuine);
    expect(body).toMatchObject({ kind: 'unavailable', pending: { for: 'a client' } });
  });
  it('ours responds when the store of logins fails', async () => {
    const rig = await ours({
      transactions: {
        add: () => Promise.reject(new Error('store is down')),
        findPending: async () => undefined,
        take: () => Promise.reject(new Error('store is down')),
        finish: async () => undefined,
      },
    });
    expect((await rig.visitor().get('/start')).body).toMatchObject({ message: 'store is down' });
    const { body } = await rig.visitor().callback({ code: 'c', state: 'x'.repeat(43) });
    expect(body).toMatchObject({ message: 'store is down' });
  });
});

describe('gap 11: a code in the URL that starts the login', () => {
  it('the bare strategy treats the start as a callback', async () => {
    expect((await (await bare()).visitor().get('/start?code=x&state=y')).status).toBe(403);
    expect((await (await bare()).visitor().get('/start?error=server_error')).status).toBe(502);
  });
  it('ours starts the login, and ignores that query', async () => {
    const { status, url } = await (await ours())
      .visitor()
      .start('?code=x&error=y&state=z&resource=r');
    expect(status).toBe(303);
    expect(url.searchParams.get('state')).toMatch(/^[\w-]{43}$/);
    expect(url.searchParams.has('resource')).toBe(false);
  });
});

describe('gap 12: repeated parameters', () => {
  it('the bare strategy sends both codes on', async () => {
    const person = (await bare()).visitor();
    const { state, nonce } = await person.start();
    op.on('/oauth/token', () => genuine(nonce));
    const { body } = await person.get(
      `/auth/callback?code=a&code=b&state=${encodeURIComponent(state)}`,
    );
    expect(body).toMatchObject({ subject: SUBJECT });
    expect(op.requestsTo('/oauth/token')[0]?.form.getAll('code')).toEqual(['a', 'b']);
  });
  it.each([
    ['code', 'code=a&code=b&state=STATE'],
    ['state', 'code=a&state=STATE&state=STATE'],
    ['bracketed state', 'code=a&state[]=STATE'],
  ])('ours refuses it and leaves the login alone: %s', async (_name, query) => {
    const rig = await ours();
    const person = rig.visitor();
    const { state } = await person.start();
    const { body } = await person.get(`/auth/callback?${query.replaceAll('STATE', state)}`);
    expect(body).toMatchObject({ kind: 'unknown_login' });
    expect(rig.transactions.has(state)).toBe(true);
    expect(op.requestsTo('/oauth/token')).toEqual([]);
  });
});

describe('gap 13: clocks that differ by half a minute', () => {
  const justOver = async (nonce: string): Promise<OpReply> =>
    op.tokens(nonce, { id_token: await op.idToken({ nonce, exp: seconds() - 30 }) });
  it('the bare strategy rejects the token of a server whose clock is behind', async () => {
    expect((await logIn(await bare(), justOver)).status).toBe(403);
  });
  it('ours tolerates a minute, and no more', async () => {
    expect((await logIn(await ours(), justOver)).body).toMatchObject({ subject: SUBJECT });
    const longOver = async (nonce: string): Promise<OpReply> =>
      op.tokens(nonce, { id_token: await op.idToken({ nonce, exp: seconds() - 90 }) });
    expect((await logIn(await ours(), longOver)).body).toMatchObject({ kind: 'invalid_response' });
  });
});

describe('gap 14: client authentication (R-UP-6)', () => {
  it('the bare strategy sends an empty or literal secret without a secret', async () => {
    // The types demand a secret; this is an application without one.
    const rig = await bare({ clientSecret: undefined } as object);
    await logIn(rig, genuine);
    expect(op.requestsTo('/oauth/token')[0]?.form.has('client_secret')).toBe(true);
  });
  it('ours sends none for an application without a secret', async () => {
    await logIn(await ours({ config: { authentication: { method: 'none' } } }), genuine);
    const [request] = op.requestsTo('/oauth/token');
    expect(request?.form.has('client_secret')).toBe(false);
    expect(request?.form.get('client_id')).toBe('our-application');
  });
});

describe('gap 15: a third-party application, which receives no ID token', () => {
  const withoutIdToken = (nonce: string) =>
    op.tokens(nonce, { id_token: undefined, scope: 'read:notes' });
  it('the bare strategy cannot log in', async () => {
    expect((await logIn(await bare(), withoutIdToken)).body).toMatchObject({
      message: 'ID token not present in token response',
    });
  });
  it('ours uses the verified access token and logs what is missing', async () => {
    const rig = await ours();
    expect((await logIn(rig, withoutIdToken)).body).toMatchObject({ subject: SUBJECT, user: {} });
    expect(rig.log.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('no ID token'),
    );
  });
  it.each([
    ['openid was granted', { scope: 'openid read:notes' }],
    ['nothing is said about scopes', { scope: undefined }],
  ])('ours still refuses a missing ID token where %s', async (_name, scope) => {
    const stripped = (nonce: string) => op.tokens(nonce, { id_token: undefined, ...scope });
    expect((await logIn(await ours(), stripped)).body).toMatchObject({ kind: 'invalid_response' });
  });
});
