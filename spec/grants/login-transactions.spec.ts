import { beforeEach, describe, expect, it } from '@jest/globals';
import type { LoginTransactions } from '../../lib/auth0/auth0.js';
import {
  createLoginTransactions,
  LOGIN_TTL_SECONDS,
  parsePendingLogin,
} from '../../lib/grants/login-transactions.js';
import { InvalidRequestError } from '../../lib/oauth/errors.js';
import { type GrantRig, grantRig } from './grant-rig.js';

const LOGIN = {
  nonce: 'n',
  codeVerifier: 'v',
  browser: 'browser',
  pending: { clientId: 'client' },
};
let rig: GrantRig;
let logins: LoginTransactions;
beforeEach(async () => {
  rig = grantRig({ timeoutMs: 2000 });
  logins = createLoginTransactions(rig.core);
  await logins.add('state', LOGIN);
});

describe('a pending login', () => {
  it('PX-20 continues in the browser that approved it', async () => {
    expect(await logins.take('state', 'browser')).toMatchObject(LOGIN);
  });

  it.each(['', 'other', 'browse', 'browserr', 'Browser'])(
    'PX-20, parity 4.11 continues in no other browser, which changes nothing: %j',
    async (browser) => {
      for (let attempt = 0; attempt < 3; attempt += 1) {
        expect(await logins.take('state', browser)).toBeUndefined();
      }
      expect(await logins.take('state', 'browser')).toMatchObject(LOGIN);
    },
  );

  it.each(['', 'other', 'STATE', 'state ', '__proto__'])(
    'PX-21 is unknown as %j',
    async (state) => {
      expect(await logins.take(state, 'browser')).toBeUndefined();
    },
  );

  it('PX-22 is taken once', async () => {
    expect(await logins.take('state', 'browser')).toBeDefined();
    expect(await logins.take('state', 'browser')).toBeUndefined();
  });

  it('PX-22 is taken by exactly one of fifty at the same time', async () => {
    const other = createLoginTransactions(rig.core);
    const taken = await Promise.all(
      Array.from({ length: 50 }, (_, at) => [logins, other][at % 2]?.take('state', 'browser')),
    );
    expect(taken.filter((login) => login !== undefined)).toHaveLength(1);
  });

  it('PX-22 expires after ten minutes', async () => {
    await logins.add('later', LOGIN);
    rig.pass(LOGIN_TTL_SECONDS - 1);
    expect(await logins.take('state', 'browser')).toBeDefined();
    rig.pass(1);
    expect(await logins.take('later', 'browser')).toBeUndefined();
  });

  it('PX-17 cannot replace another', async () => {
    expect(await logins.add('state', { ...LOGIN, browser: 'attacker' })).toBe(false);
    expect(await logins.take('state', 'attacker')).toBeUndefined();
    expect(await logins.take('state', 'browser')).toMatchObject(LOGIN);
  });

  it('PX-28 does not affect others of the same browser', async () => {
    await logins.add('second tab', { ...LOGIN, nonce: 'm' });
    expect(await logins.take('second tab', 'browser')).toMatchObject({ nonce: 'm' });
    expect(await logins.take('state', 'browser')).toMatchObject({ nonce: 'n' });
  });

  it('RS-26 is unreadable in the store', async () => {
    const [key = ''] = rig.storage.keys;
    const bytes = Buffer.from((await rig.storage.get(key)) ?? []).toString('latin1');
    expect(key + bytes).not.toMatch(/state|browser|client|nonce/);
  });
});

describe('a login whose callback failed after the store had written', () => {
  it('begins again in the same browser after two seconds', async () => {
    const update = rig.storage.update.bind(rig.storage);
    rig.storage.update = async (...args) => {
      await update(...args);
      throw new Error('away');
    };
    await expect(logins.take('state', 'browser')).rejects.toThrow('away');
    rig.storage.update = update;
    expect(await logins.take('state', 'browser')).toBeUndefined();
    rig.pass(2);
    expect(await logins.take('state', 'other')).toBeUndefined();
    expect(await logins.take('state', 'browser')).toMatchObject({ wasInterrupted: true });
    expect(await logins.take('state', 'browser')).toBeUndefined();
  });
});

describe('a login that was interrupted', () => {
  beforeEach(async () => {
    await logins.take('state', 'browser');
  });

  it('begins again in the same browser after the time limit and two seconds, once', async () => {
    rig.pass(3);
    expect(await logins.take('state', 'browser')).toBeUndefined();
    rig.pass(1);
    expect(await logins.take('state', 'other')).toBeUndefined();
    expect(await logins.take('state', 'browser')).toMatchObject({ ...LOGIN, wasInterrupted: true });
    expect(await logins.take('state', 'browser')).toBeUndefined();
  });

  it('does not begin again once it is finished', async () => {
    await logins.finish('state');
    rig.pass(4);
    expect(await logins.take('state', 'browser')).toBeUndefined();
  });

  it('expires after five minutes', async () => {
    rig.pass(300);
    expect(await logins.take('state', 'browser')).toBeUndefined();
  });

  it('begins again after two seconds in another process', async () => {
    const other = createLoginTransactions(rig.core);
    rig.pass(1);
    expect(await other.take('state', 'browser')).toBeUndefined();
    rig.pass(1);
    expect(await other.take('state', 'browser')).toMatchObject({ wasInterrupted: true });
  });

  it('finishes although the store is unavailable, and expires', async () => {
    rig.storage.delete = () => Promise.reject(new Error('away'));
    await expect(logins.finish('state')).resolves.toBeUndefined();
    rig.pass(300);
    expect(await logins.take('state', 'browser')).toBeUndefined();
  });
});

const request = { clientId: 'client' };

describe('the purpose of a login', () => {
  it.each([
    [{ purpose: 'client', request }],
    [{ purpose: 'client', request, reauthenticate: true }],
    [{ purpose: 'connected_apps', reauthenticate: false }],
    [{ purpose: 'connected_apps', reauthenticate: true }],
  ])('%j is read back', (pending) => {
    expect(parsePendingLogin(JSON.parse(JSON.stringify(pending)))).toEqual(pending);
  });

  it.each([
    undefined,
    null,
    '',
    'client',
    1,
    true,
    [],
    ['client'],
    {},
    request,
    { purpose: 'client' },
    { purpose: 'client', request: null },
    { purpose: 'client', request: [] },
    { purpose: 'client', request: 'x' },
    { purpose: 'client', reauthenticate: true },
    { purpose: 'client', request, reauthenticate: false },
    { purpose: 'client', request, reauthenticate: true, browser: 'x' },
    { purpose: 'connected_apps' },
    { purpose: 'connected_apps', request },
    { purpose: 'connected_apps', reauthenticate: 'true' },
    { purpose: 'connected_apps', reauthenticate: true, request },
    { purpose: 'Client', request },
    { purpose: ['client'], request },
    JSON.parse('{"__proto__": {"purpose": "client"}, "request": {}}'),
  ])('%j is refused', (pending) => {
    expect(() => parsePendingLogin(pending)).toThrow(InvalidRequestError);
  });
});
