import { beforeEach, describe, expect, it } from '@jest/globals';

import { cleanUpGrants } from '../../lib/grants/grant-cleanup.js';
import type { TokenSet } from '../../lib/grants/token-set.js';
import { deliver, type GrantRig, grantRig, outcomeOf } from './grant-rig.js';

const INSTALLATION = {
  client: {
    id: 'client',
    kind: 'registered',
    name: 'Client',
    authMethod: 'none',
    mayRefresh: true,
  },
} as const;
const PAST_THE_WINDOW = 121;

let rig: GrantRig;
beforeEach(() => {
  rig = grantRig();
});

const logIn = () => rig.tokens(INSTALLATION);
const isAlive = async (tokens: TokenSet): Promise<boolean> =>
  (await rig.grants.find(await rig.grantIdOf(tokens))) !== undefined;
/** As a process that dies once the response has left: nothing is noted. */
const logInAndDie = async (): Promise<TokenSet> => rig.redeem(await rig.begin(INSTALLATION));
const superseded = (): number =>
  rig.events.filter((event) => 'cause' in event && event.cause === 'superseded').length;

describe('a later login of one installation', () => {
  it('FA-21: supersedes all earlier ones, once', async () => {
    const [first, second] = [await logIn(), await logIn()];
    expect(superseded()).toBe(1);
    const third = await logIn();
    expect(superseded()).toBe(2);
    rig.pass(PAST_THE_WINDOW);
    expect([await isAlive(first), await isAlive(second), await isAlive(third)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('FA-21: supersedes nothing before its tokens were sent', async () => {
    const first = await logIn();
    await logInAndDie();
    rig.pass(PAST_THE_WINDOW);
    expect(await isAlive(first)).toBe(true);
    expect(superseded()).toBe(0);
  });

  it('FA-21: supersedes at the first use of an access token, if the process died before', async () => {
    const first = await logIn();
    const second = await logInAndDie();
    expect(await isAlive(second)).toBe(true);
    await deliver(second);
    expect(superseded()).toBe(1);
    rig.pass(PAST_THE_WINDOW);
    expect([await isAlive(first), await isAlive(second)]).toEqual([false, true]);
  });

  it('FA-21: or at the first refresh', async () => {
    const first = await logIn();
    const second = await logInAndDie();
    const { refreshToken } = await rig.refresh(second.refreshToken ?? '');
    expect(superseded()).toBe(1);
    rig.pass(PAST_THE_WINDOW);
    expect(await isAlive(first)).toBe(false);
    expect(await outcomeOf(rig.refresh(refreshToken ?? ''))).toBe('ok');
  });

  it('FA-21: or when the code is redeemed again', async () => {
    const first = await logIn();
    const code = await rig.begin(INSTALLATION);
    await rig.redeem(code);
    rig.pass(11);
    const again = await rig.redeem(code);
    expect(superseded()).toBe(0);
    await deliver(again);
    rig.pass(PAST_THE_WINDOW);
    expect([await isAlive(first), await isAlive(again)]).toEqual([false, true]);
  });

  it('FA-21: is retried while the store is unavailable', async () => {
    const first = await logIn();
    const second = await logInAndDie();
    rig.storage.failingUpdates = 1;
    second.onSent?.();
    await rig.grants.close();
    expect(superseded()).toBe(1);
    rig.pass(PAST_THE_WINDOW);
    expect([await isAlive(first), await isAlive(second)]).toEqual([false, true]);
  });

  it('FA-21: also supersedes one whose response was lost and that was never used', async () => {
    const lost = await logInAndDie();
    rig.pass(300);
    const second = await logIn();
    rig.pass(PAST_THE_WINDOW);
    expect(superseded()).toBe(1);
    expect([await isAlive(lost), await isAlive(second)]).toEqual([false, true]);
  });

  it('FA-21: of parallel ones, on three instances, none supersedes another', async () => {
    const codes = await Promise.all(Array.from({ length: 6 }, () => rig.begin(INSTALLATION)));
    const instances = [rig.grants, rig.instance(), rig.instance()];
    const tokens = await Promise.all(codes.map((code) => rig.redeem(code)));
    for (const [at, one] of tokens.entries()) {
      // The first use, at another instance each.
      void instances[at % 3]?.find(await rig.grantIdOf(one));
    }
    await Promise.all(instances.map((instance) => instance.close()));
    rig.pass(PAST_THE_WINDOW);
    expect((await Promise.all(tokens.map(isAlive))).filter(Boolean).length).toBeGreaterThan(0);
    const last = await logIn();
    rig.pass(PAST_THE_WINDOW);
    expect(await Promise.all([...tokens, last].map(isAlive))).toEqual([
      ...tokens.map(() => false),
      true,
    ]);
  });

  it('FA-21: does not affect grants of a client that several installations share', async () => {
    const [first, second] = [await rig.tokens(), await rig.tokens()];
    rig.pass(PAST_THE_WINDOW);
    expect([await isAlive(first), await isAlive(second)]).toEqual([true, true]);
  });

  it('FA-21: does not affect grants of other users, clients and hosts', async () => {
    const elsewhere = await rig.begin({ ...INSTALLATION, redirectUri: 'https://other.example/cb' });
    const others = [
      await rig.tokens(INSTALLATION, { subject: 'auth0|bob' }),
      await rig.redeem(elsewhere, { redirectUri: undefined }),
    ];
    for (const other of others) await deliver(other);
    await logIn();
    rig.pass(PAST_THE_WINDOW);
    expect(await Promise.all(others.map(isAlive))).toEqual([true, true]);
    expect(superseded()).toBe(0);
  });
});

it('a clean-up ends quietly when the store and the logger fail: no request waits for it', async () => {
  const store = {
    storedGrants: () => Promise.reject(new Error('connection lost')),
    revoke: async () => false,
  };
  const log = {
    warn() {
      throw new Error('the disk of the log is full');
    },
  };
  await cleanUpGrants('auth0|ada', store, log);
});
