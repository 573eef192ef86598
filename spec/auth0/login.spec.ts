import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import {
  AUDIENCE,
  type ForgingOp,
  SUBJECT,
  seconds,
  startForgingOp,
} from '../support/forging-op.js';
import { type OurRig, type OurRigOptions, startOurs } from '../support/login-rigs.js';

const DISCOVERY = '/.well-known/openid-configuration';

let op: ForgingOp;
let open: OurRig[] = [];
beforeAll(async () => {
  op = await startForgingOp();
});
beforeEach(() => {
  for (const path of ['/oauth/token', DISCOVERY, '/.well-known/jwks.json']) op.on(path);
  op.requests.splice(0);
});
afterEach(async () => {
  await Promise.all(open.map((rig) => rig.close()));
  open = [];
});
afterAll(() => op.close());

async function ours(options?: OurRigOptions): Promise<OurRig> {
  const rig = await startOurs(op, options);
  open.push(rig);
  return rig;
}

describe('the request to Auth0 (R-UP-1, PX-17, PX-30)', () => {
  it('contains values of this server only', async () => {
    const rig = await ours();
    const { status, url } = await rig.visitor().start();
    expect(status).toBe(303);
    expect(url.origin + url.pathname).toBe(`${op.issuer}authorize`);
    const { state, nonce, code_challenge, ...rest } = Object.fromEntries(url.searchParams);
    expect(rest).toEqual({
      response_type: 'code',
      client_id: 'our-application',
      redirect_uri: `${rig.origin}/auth/callback`,
      scope: 'openid profile email offline_access read:notes',
      audience: AUDIENCE,
      code_challenge_method: 'S256',
    });
    for (const value of [state, nonce, code_challenge]) expect(value).toMatch(/^[\w-]{43}$/);
  });

  it('PX-17 has a new state of 256 random bits', async () => {
    const rig = await ours();
    const person = rig.visitor();
    const states = new Set<string>();
    for (let round = 0; round < 20; round += 1) states.add((await person.start()).state);
    expect(states.size).toBe(20);
  });

  it("contains hints and the operator's parameters, which take precedence", async () => {
    const rig = await ours({
      config: {
        authorizeParams: { connection: 'github', ui_locales: 'de', 'ext-x': '1' },
      },
      start: { hints: { login_hint: 'ada@example.com', ui_locales: 'fr' } },
    });
    const { url } = await rig.visitor().start();
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      connection: 'github',
      ui_locales: 'de',
      'ext-x': '1',
      login_hint: 'ada@example.com',
      audience: AUDIENCE,
      redirect_uri: `${rig.origin}/auth/callback`,
    });
  });

  it('keeps nonce and code verifier on the server, bound to the browser', async () => {
    const rig = await ours();
    const { state, nonce, url } = await rig.visitor().start();
    const kept = rig.transactions.get(state);
    expect(kept).toMatchObject({
      nonce,
      pending: { for: 'a client' },
      browser: expect.stringMatching(/^browser-/),
    });
    expect(url.href).not.toContain(kept?.codeVerifier);
  });

  it('is not sent without discovery, and no login is stored', async () => {
    op.on(DISCOVERY, () => ({ status: 503 }));
    const rig = await ours();
    const { status, body } = await rig.visitor().get('/start');
    expect({ status, body }).toMatchObject({ status: 500, body: { kind: 'unavailable' } });
    expect(rig.transactions.size).toBe(0);
    expect(rig.events.map(({ type }) => type)).toEqual(['auth0_unavailable']);
  });
});

describe('the callback (PX-20, PX-21, PX-22)', () => {
  it('returns the verified login with the data of the caller', async () => {
    const rig = await ours();
    const person = rig.visitor();
    const { state, nonce } = await person.start();
    op.on('/oauth/token', () => op.tokens(nonce));
    const { body } = await person.callback({ code: 'c', state });
    expect(body).toMatchObject({
      subject: SUBJECT,
      claims: { aud: [AUDIENCE, `${op.issuer}userinfo`], azp: 'our-application' },
      user: { sub: SUBJECT },
      scopes: ['openid', 'profile', 'email', 'offline_access', 'read:notes'],
      tokens: { refreshToken: 'refresh-1' },
      pending: { for: 'a client' },
    });
  });

  it('PX-20 of another browser has no effect, and the right browser can still log in', async () => {
    const rig = await ours();
    const person = rig.visitor();
    const { state, nonce } = await person.start();
    op.on('/oauth/token', () => op.tokens(nonce));
    const { body } = await rig.visitor().callback({ code: 'c', state });
    expect(body).toMatchObject({ kind: 'unknown_login' });
    expect(body['pending']).toBeUndefined();
    expect(op.requestsTo('/oauth/token')).toEqual([]);
    expect((await person.callback({ code: 'c', state })).body).toMatchObject({ subject: SUBJECT });
  });

  it('PX-22 works once', async () => {
    const rig = await ours();
    const person = rig.visitor();
    const { state, nonce } = await person.start();
    op.on('/oauth/token', () => op.tokens(nonce));
    await person.callback({ code: 'c', state });
    expect((await person.callback({ code: 'c', state })).body).toMatchObject({
      kind: 'unknown_login',
    });
    expect(op.requestsTo('/oauth/token')).toHaveLength(1);
  });

  it.each([
    ['no state', '?code=c'],
    ['an unknown state', `?code=c&state=${'a'.repeat(43)}`],
    ['a state of another shape', '?code=c&state=__proto__'],
    ['nothing', ''],
    ['a state and nothing else', '?state=STATE'],
    ['an empty code', '?code=&state=STATE'],
    ['a fragment for a query', '#code=c&state=STATE'],
  ])('PX-21 with %s belongs to no login', async (_name, query) => {
    const rig = await ours();
    const person = rig.visitor();
    const { state } = await person.start();
    const { body } = await person.get(`/auth/callback${query.replace('STATE', state)}`);
    expect(body).toMatchObject({ kind: 'unknown_login' });
    expect(rig.transactions.has(state)).toBe(true);
  });

  it("does not modify the app's request object", async () => {
    const rig = await ours();
    const person = rig.visitor();
    const { state, nonce } = await person.start();
    op.on('/oauth/token', () => op.tokens(nonce));
    await person.callback({ code: 'c', state });
    expect(rig.requestKeys).toEqual([]);
  });

  it('identifies the failed login also after an error of the server', async () => {
    const rig = await ours({
      now: () => (op.requestsTo('/oauth/token').length > 0 ? Number.NaN : seconds()),
    });
    const person = rig.visitor();
    const { state, nonce } = await person.start();
    op.on('/oauth/token', () => op.tokens(nonce));
    const { body } = await person.callback({ code: 'c', state });
    expect(body).toMatchObject({ failed: true, pending: { for: 'a client' } });
  });
});

describe('RFC 9207 (R-UP-3)', () => {
  async function callbackWith(extra: Record<string, string>, isAnnounced: boolean) {
    op.on(DISCOVERY, () => ({
      body: { ...op.metadata(), authorization_response_iss_parameter_supported: isAnnounced },
    }));
    const rig = await ours();
    const person = rig.visitor();
    const { state, nonce } = await person.start();
    op.on('/oauth/token', () => op.tokens(nonce));
    return (await person.callback({ state, code: 'c', ...extra })).body;
  }

  it('§2.4 accepts the right iss, advertised or not', async () => {
    expect(await callbackWith({ iss: op.issuer }, true)).toMatchObject({ subject: SUBJECT });
    expect(await callbackWith({ iss: op.issuer }, false)).toMatchObject({ subject: SUBJECT });
  });
  it('§2.4 rejects a missing iss if discovery advertises it', async () => {
    expect(await callbackWith({}, true)).toMatchObject({ kind: 'invalid_response' });
    expect(await callbackWith({}, false)).toMatchObject({ subject: SUBJECT });
  });
  it('§2.4 rejects an empty iss, and one without the trailing slash', async () => {
    expect(await callbackWith({ iss: '' }, false)).toMatchObject({ kind: 'invalid_response' });
    expect(await callbackWith({ iss: op.issuer.slice(0, -1) }, false)).toMatchObject({
      kind: 'invalid_response',
    });
  });
  it('§2.4 applies to errors too', async () => {
    const body = await callbackWith(
      { error: 'access_denied', iss: 'https://attacker.example/' },
      false,
    );
    expect(body).toMatchObject({ kind: 'invalid_response' });
  });
});

describe('errors of Auth0 (R-UP-4)', () => {
  it.each([
    ['access_denied', 'User did not authorize the request', 'denied'],
    ['access_denied', `Service not found: ${AUDIENCE}`, 'misconfigured'],
    ['unauthorized', 'user is blocked', 'denied'],
    ['login_required', '', 'denied'],
    ['consent_required', '', 'denied'],
    ['interaction_required', '', 'denied'],
    ['temporarily_unavailable', '', 'unavailable'],
    ['server_error', '', 'unavailable'],
    ['unauthorized_client', 'Callback URL mismatch', 'misconfigured'],
    ['invalid_request', 'parameter organization is invalid', 'misconfigured'],
    ['invalid_scope', '', 'misconfigured'],
    ['something_new', '', 'invalid_response'],
    ['constructor', '', 'invalid_response'],
  ])('%s "%s" is %s, ends the login and carries its data', async (error, description, kind) => {
    const rig = await ours();
    const person = rig.visitor();
    const { state } = await person.start();
    // A code beside an error is not looked at.
    const query = { error, error_description: description, state, code: 'c' };
    const { body } = await person.callback(query);
    expect(body).toMatchObject({
      kind,
      pending: { for: 'a client' },
      message: expect.stringContaining(error),
    });
    expect(rig.transactions.size).toBe(0);
    expect(op.requestsTo('/oauth/token')).toEqual([]);
  });
});

describe('reports to the operator', () => {
  async function fail(rig: OurRig, error: string, error_description: string): Promise<void> {
    const person = rig.visitor();
    const { state } = await person.start();
    await person.callback({ error, error_description, state });
  }

  it('a misconfiguration is logged once with its remedy, and emitted as an event each time', async () => {
    const rig = await ours();
    for (let round = 0; round < 3; round += 1)
      await fail(rig, 'access_denied', 'Service not found: x');
    expect(rig.log).toEqual([
      {
        level: 'error',
        message: 'Auth0 is not set up correctly',
        fields: {
          reason: expect.stringContaining('Service not found'),
          remedy: expect.stringContaining('Identifier'),
        },
      },
    ]);
    expect(rig.events).toHaveLength(3);
  });

  it('an outage is logged at most once a minute', async () => {
    let now = 1_000_000;
    const rig = await ours({ now: () => now });
    for (const step of [0, 10, 60]) {
      now += step;
      await fail(rig, 'server_error', 'sorry');
    }
    expect(rig.log.map(({ level }) => level)).toEqual(['warn', 'warn']);
  });

  it('a user who cancels is not reported', async () => {
    const rig = await ours();
    await fail(rig, 'access_denied', 'User did not authorize the request');
    expect([rig.log, rig.events]).toEqual([[], []]);
  });

  it('missing offline access is logged once', async () => {
    const rig = await ours();
    for (let round = 0; round < 2; round += 1) {
      const person = rig.visitor();
      const { state, nonce } = await person.start();
      op.on('/oauth/token', () => op.tokens(nonce, { refresh_token: undefined, scope: 'openid' }));
      expect((await person.callback({ code: 'c', state })).body).toMatchObject({
        subject: SUBJECT,
      });
    }
    expect(rig.log).toHaveLength(1);
    expect(rig.log[0]).toMatchObject({
      level: 'warn',
      fields: { remedy: expect.stringContaining('Allow Offline Access') },
    });
  });

  it('no log line contains a code, token, state or secret', async () => {
    const rig = await ours();
    const person = rig.visitor();
    const { state, nonce } = await person.start();
    const tokens = await op.tokens(nonce, {
      access_token: 'opaque-token-value',
      refresh_token: 'refresh-value',
    });
    op.on('/oauth/token', () => tokens);
    await person.callback({ code: 'code-value', state });
    const lines = JSON.stringify(rig.log);
    expect(rig.log).not.toHaveLength(0);
    for (const secret of [
      'opaque-token-value',
      'refresh-value',
      'code-value',
      state,
      nonce,
      'a secret',
    ]) {
      expect(lines).not.toContain(secret);
    }
  });
});
