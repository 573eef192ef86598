import { beforeEach, describe, expect, it } from '@jest/globals';

import type { LoginTransactions } from '../../lib/auth0/auth0.js';
import { createLoginTransactions, LOGIN_TTL_SECONDS } from '../../lib/grants/login-transactions.js';
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
  rig = grantRig();
  logins = createLoginTransactions(rig.collections, rig.now, 2000);
  await logins.add('state', LOGIN);
});

describe('a login under way', () => {
  it('PX-20 goes on in the browser that approved it', async () => {
    expect(await logins.take('state', 'browser')).toMatchObject(LOGIN);
  });

  it.each(['', 'other', 'browse', 'browserr', 'Browser'])(
    'PX-20, parity 4.11 goes on in no other, which changes nothing: %j',
    async (browser) => {
      for (let attempt = 0; attempt < 3; attempt += 1) {
        expect(await logins.take('state', browser)).toBeUndefined();
      }
      expect(await logins.take('state', 'browser')).toMatchObject(LOGIN);
    },
  );

  it.each(['', 'other', 'STATE', 'state ', '__proto__'])(
    'PX-21 is not known as %j',
    async (state) => {
      expect(await logins.take(state, 'browser')).toBeUndefined();
    },
  );

  it('PX-22 is taken once', async () => {
    expect(await logins.take('state', 'browser')).toBeDefined();
    expect(await logins.take('state', 'browser')).toBeUndefined();
  });

  it('PX-22 is taken by exactly one of fifty at the same time', async () => {
    const other = createLoginTransactions(rig.collections, rig.now, 2000);
    const taken = await Promise.all(
      Array.from({ length: 50 }, (_, at) => [logins, other][at % 2]?.take('state', 'browser')),
    );
    expect(taken.filter((login) => login !== undefined)).toHaveLength(1);
  });

  it('PX-22 ends after ten minutes, to the second', async () => {
    await logins.add('later', LOGIN);
    rig.pass(LOGIN_TTL_SECONDS - 1);
    expect(await logins.take('state', 'browser')).toBeDefined();
    rig.pass(1);
    expect(await logins.take('later', 'browser')).toBeUndefined();
  });

  it('PX-17 cannot be put in the place of another', async () => {
    expect(await logins.add('state', { ...LOGIN, browser: 'attacker' })).toBe(false);
    expect(await logins.take('state', 'attacker')).toBeUndefined();
    expect(await logins.take('state', 'browser')).toMatchObject(LOGIN);
  });

  it('PX-28 stands beside others of the same browser', async () => {
    await logins.add('second tab', { ...LOGIN, nonce: 'm' });
    expect(await logins.take('second tab', 'browser')).toMatchObject({ nonce: 'm' });
    expect(await logins.take('state', 'browser')).toMatchObject({ nonce: 'n' });
  });

  it('RS-26 leaves nothing readable in the store', async () => {
    const [key = ''] = rig.storage.keys;
    const bytes = Buffer.from((await rig.storage.get(key)) ?? []).toString('latin1');
    expect(key + bytes).not.toMatch(/state|browser|client|nonce/);
  });
});

describe('a login that the store took without saying so', () => {
  it('is good for the same request again, at once and once', async () => {
    const update = rig.storage.update.bind(rig.storage);
    rig.storage.update = async (...args) => {
      await update(...args);
      throw new Error('away');
    };
    for (let round = 0; round < 3; round += 1) {
      await expect(logins.take('state', 'browser')).rejects.toThrow('away');
    }
    rig.storage.update = update;
    expect(await logins.take('state', 'other')).toBeUndefined();
    expect(await logins.take('state', 'browser')).toMatchObject({ wasInterrupted: false });
    expect(await logins.take('state', 'browser')).toBeUndefined();
  });
});

describe('a login that was interrupted', () => {
  beforeEach(async () => {
    await logins.take('state', 'browser');
  });

  it('is known again to the same browser after the time limit and two seconds, once, and as what it is', async () => {
    rig.pass(3);
    expect(await logins.take('state', 'browser')).toBeUndefined();
    rig.pass(1);
    expect(await logins.take('state', 'other')).toBeUndefined();
    expect(await logins.take('state', 'browser')).toMatchObject({ ...LOGIN, wasInterrupted: true });
    expect(await logins.take('state', 'browser')).toBeUndefined();
  });

  it('is forgotten when it was finished after all', async () => {
    await logins.finish('state');
    rig.pass(4);
    expect(await logins.take('state', 'browser')).toBeUndefined();
  });

  it('is forgotten after five minutes', async () => {
    rig.pass(300);
    expect(await logins.take('state', 'browser')).toBeUndefined();
  });

  it('FA-12 ends by itself where the store is away at its end, and is not interrupted', async () => {
    rig.storage.delete = () => Promise.reject(new Error('away'));
    await expect(logins.finish('state')).resolves.toBeUndefined();
    rig.pass(4);
    expect(await logins.take('state', 'browser')).toBeUndefined();
  });
});
