import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { UnsecuredJWT } from 'jose';
import { Auth0Error } from '../../lib/auth0/auth0.js';
import { auth0ClaimsOf } from '../../lib/grants/auth0-tokens.js';
import { AUTH0_TTL, type GrantRig, grantRig, outcomeOf } from './grant-rig.js';

let rig: GrantRig;
let id: string;

/** A login whose Auth0 token is due to be refreshed, but good for `secondsLeft` yet. */
async function loginThatIsDue(secondsLeft = 0, options: Parameters<typeof grantRig>[0] = {}) {
  rig = grantRig(options);
  id = await rig.grantIdOf(await rig.tokens());
  rig.pass(AUTH0_TTL - secondsLeft);
}
/** Leaves a lease, as a process does that dies. */
async function leaseOfDeadProcess(): Promise<void> {
  const death = new Auth0Error('unavailable', 'never seen');
  rig.auth0.failures.push(death);
  // The write that would remove the lease fails as well.
  rig.auth0.meanwhile = async () => {
    rig.storage.failingUpdates = 1;
  };
  await rig.grants.auth0Token(id).catch(() => undefined);
  rig.auth0.meanwhile = async () => undefined;
  rig.auth0.refreshes.length = 0;
}

describe('Auth0’s token for a downstream call', () => {
  beforeEach(() => loginThatIsDue(61));

  it('is that of the login while it is valid for more than a minute', async () => {
    expect(await rig.grants.auth0Token(id)).toBe('auth0-at-1');
    expect(rig.auth0.refreshes).toEqual([]);
    rig.pass(1);
    expect(await rig.grants.auth0Token(id)).toBe('refreshed-at-1');
    expect(await rig.grants.auth0Token(id)).toBe('refreshed-at-1');
    expect(rig.auth0.refreshes).toEqual(['auth0-rt-1']);
  });

  it('AS-34 is refreshed with Auth0’s newest refresh token', async () => {
    for (let day = 0; day < 3; day += 1) {
      rig.pass(AUTH0_TTL);
      await rig.grants.auth0Token(id);
    }
    expect(rig.auth0.refreshes).toEqual(['auth0-rt-1', 'refreshed-rt-1', 'refreshed-rt-2']);
  });

  it('is refreshed with the same refresh token where the application does not rotate', async () => {
    rig.auth0.rotates = false;
    for (let day = 0; day < 2; day += 1) {
      rig.pass(AUTH0_TTL);
      await rig.grants.auth0Token(id);
    }
    expect(rig.auth0.refreshes).toEqual(['auth0-rt-1', 'auth0-rt-1']);
  });

  it('is refused after the grant is revoked', async () => {
    await rig.grants.revoke(id, 'operator');
    await expect(rig.grants.auth0Token(id)).rejects.toMatchObject({ code: 'invalid_grant' });
    await expect(rig.grants.auth0Token('never-was')).rejects.toMatchObject({
      code: 'invalid_grant',
    });
  });

  it('is refused when the grant is revoked during the call', async () => {
    rig.pass(AUTH0_TTL);
    rig.storage.beforeUpdate = async () => void (await rig.grants.revoke(id, 'operator'));
    await expect(rig.grants.auth0Token(id)).rejects.toMatchObject({ code: 'invalid_grant' });
    expect(rig.auth0.refreshes).toEqual([]);
  });

  it('is never an expired one', async () => {
    rig.pass(AUTH0_TTL);
    rig.auth0.ttlSeconds = 0;
    await expect(rig.grants.auth0Token(id)).rejects.toMatchObject({ code: 'invalid_grant' });
  });

  it('cannot be refreshed where Auth0 issued no refresh token', async () => {
    const tokens = {
      accessToken: 'a',
      accessTokenExpiresAt: rig.now() + 30,
      refreshToken: undefined,
    };
    const grantId = await rig.grantIdOf(await rig.tokens({}, { tokens }));
    expect(await rig.grants.auth0Token(grantId)).toBe('a');
    rig.pass(30);
    await expect(rig.grants.auth0Token(grantId)).rejects.toMatchObject({ code: 'invalid_grant' });
    expect(rig.auth0.refreshes).toEqual([]);
  });
});

describe('one refresh at Auth0 at a time (CLI-42)', () => {
  it('R-UP-7 serves a hundred callers on three instances', async () => {
    await loginThatIsDue();
    rig.auth0.delayMs = 50;
    const instances = [rig.grants, rig.instance(), rig.instance()];
    const tokens = await Promise.all(
      Array.from({ length: 100 }, (_, at) => instances[at % 3]?.auth0Token(id)),
    );
    expect(new Set(tokens)).toEqual(new Set(['refreshed-at-1']));
    expect(rig.auth0.refreshes).toEqual(['auth0-rt-1']);
  });

  it('R-UP-7 serves refreshes of the client and downstream calls alike', async () => {
    rig = grantRig();
    const { refreshToken, ...tokens } = await rig.tokens();
    id = await rig.grantIdOf({ ...tokens, refreshToken });
    rig.pass(AUTH0_TTL);
    rig.auth0.delayMs = 20;
    const other = rig.instance();
    const work = Array.from({ length: 20 }, (_, at) =>
      at % 2 === 0 ? rig.refresh(refreshToken) : other.auth0Token(id),
    );
    await Promise.all<unknown>(work);
    expect(rig.auth0.refreshes).toHaveLength(1);
  });

  it('FA-33: a holder that was blocked for longer than its lease takes a new one before its request', async () => {
    await loginThatIsDue();
    rig.storage.beforeUpdate = () => rig.pass(5);
    const other = rig.instance();
    const answers: Promise<string>[] = [];
    rig.auth0.meanwhile = async () => {
      if (answers.length === 0) answers.push(other.auth0Token(id));
      await sleep(150);
    };
    expect(await rig.grants.auth0Token(id)).toBe('refreshed-at-1');
    expect(await Promise.all(answers)).toEqual(['refreshed-at-1']);
    expect(rig.auth0.refreshes).toEqual(['auth0-rt-1']);
  });

  it('FA-33: a process that was blocked for as long as it would have waited checks once more', async () => {
    await loginThatIsDue();
    rig.auth0.meanwhile = () => sleep(50);
    const holder = rig.grants.auth0Token(id);
    await sleep(20);
    const waiting = rig.instance().auth0Token(id);
    await sleep(5);
    rig.pass(30);
    expect(await Promise.all([holder, waiting])).toEqual(['refreshed-at-1', 'refreshed-at-1']);
  });

  it('a holder that died blocks the others until its lease expires, and no longer', async () => {
    await loginThatIsDue();
    await leaseOfDeadProcess();
    const waiting = rig.instance().auth0Token(id);
    await sleep(150);
    expect(rig.auth0.refreshes).toEqual([]);
    // One second for Auth0 and three for the store.
    rig.pass(4);
    expect(await waiting).toBe('refreshed-at-1');
    expect(rig.auth0.refreshes).toEqual(['auth0-rt-1']);
  });

  it('a process that waits in vain gets 503, and nothing is lost', async () => {
    await loginThatIsDue(0, { timeoutMs: -2500 });
    // Auth0 takes longer than a caller waits, which is half a second here.
    rig.auth0.meanwhile = () => sleep(1500);
    const holder = rig.grants.auth0Token(id);
    await sleep(20);
    await expect(rig.instance().auth0Token(id)).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      retryAfterSeconds: 5,
    });
    expect(await holder).toBe('refreshed-at-1');
  });

  it('does not affect other users’ logins', async () => {
    await loginThatIsDue();
    rig.auth0.delayMs = 200;
    const blocked = rig.grants.auth0Token(id);
    const login = rig.login({ subject: 'auth0|bob' });
    const bob = await rig.grantIdOf(await rig.tokens({}, login));
    expect(await rig.grants.auth0Token(bob)).toBe(login.tokens.accessToken);
    await blocked;
  });
});

describe('an outage of Auth0 (R-UP-5)', () => {
  it('is unnoticed while the current token is valid', async () => {
    await loginThatIsDue(30);
    rig.auth0.failures.push(new Auth0Error('unavailable', 'down'));
    expect(await rig.grants.auth0Token(id)).toBe('auth0-at-1');
    // Parity 4.4: not tried again on every request.
    expect(await rig.instance().auth0Token(id)).toBe('auth0-at-1');
    expect(rig.auth0.refreshes).toHaveLength(1);
  });

  it('is 503 until the time that Auth0 named, without a request before', async () => {
    await loginThatIsDue();
    rig.auth0.failures.push(new Auth0Error('unavailable', 'down', { retryAfterSeconds: 40 }));
    await expect(rig.grants.auth0Token(id)).rejects.toMatchObject({
      status: 503,
      retryAfterSeconds: 40,
    });
    rig.pass(39);
    await expect(rig.instance().auth0Token(id)).rejects.toMatchObject({
      status: 503,
      retryAfterSeconds: 1,
    });
    expect(rig.auth0.refreshes).toHaveLength(1);
    rig.pass(1);
    expect(await rig.grants.auth0Token(id)).toBe('refreshed-at-1');
  });

  it('causes pauses that grow to half a minute, and start again after a success', async () => {
    await loginThatIsDue();
    const pauses: unknown[] = [];
    for (let attempt = 0; attempt < 5; attempt += 1) {
      rig.auth0.failures.push(new Auth0Error('unavailable', 'down'));
      const error = await rig.grants.auth0Token(id).catch((thrown) => thrown);
      pauses.push(error.retryAfterSeconds);
      rig.pass(error.retryAfterSeconds);
    }
    expect(pauses).toEqual([5, 10, 20, 30, 30]);
    await rig.grants.auth0Token(id);
    rig.pass(AUTH0_TTL);
    rig.auth0.failures.push(new Auth0Error('unavailable', 'down'));
    await expect(rig.grants.auth0Token(id)).rejects.toMatchObject({ retryAfterSeconds: 5 });
  });

  it.each([
    ['a wrong secret', new Auth0Error('misconfigured', 'invalid_client')],
    [
      'a response that is no response',
      new Auth0Error('unavailable', '200 without an access_token'),
    ],
    ['a fault of our own', new TypeError('x is not a function')],
  ])('R-UP-4 is assumed for %s too: 503, the grant stays', async (_what, failure) => {
    await loginThatIsDue();
    rig.auth0.failures.push(failure);
    await expect(rig.grants.auth0Token(id)).rejects.toMatchObject({ status: 503 });
    rig.pass(5);
    expect(await rig.grants.auth0Token(id)).toBe('refreshed-at-1');
  });
});

describe('a response that does not verify', () => {
  it('R-UP-7 brings the next refresh token, on every instance, and a pause that grows', async () => {
    await loginThatIsDue();
    const bad = () => new Auth0Error('invalid_response', 'bad signature');
    rig.auth0.refusals.push(bad(), bad());
    for (const retryAfterSeconds of [5, 10]) {
      for (const instance of [rig.grants, rig.instance()]) {
        await expect(instance.auth0Token(id)).rejects.toMatchObject({
          ...{ code: 'temporarily_unavailable', status: 503, retryAfterSeconds },
        });
      }
      rig.pass(retryAfterSeconds);
    }
    expect(await rig.instance().auth0Token(id)).toBe('refreshed-at-3');
    expect(rig.auth0.refreshes).toEqual(['auth0-rt-1', 'refreshed-rt-1', 'refreshed-rt-2']);
    expect(rig.typesOfEvents().filter((type) => type === 'auth0_refreshed')).toHaveLength(1);
    expect((await rig.grants.find(id))?.auth0).not.toHaveProperty('failures');
  });

  it('is unnoticed while the current token is valid', async () => {
    await loginThatIsDue(30);
    rig.auth0.refusals.push(new Auth0Error('invalid_response', 'bad signature'));
    expect(await rig.grants.auth0Token(id)).toBe('auth0-at-1');
    rig.pass(5);
    expect(await rig.grants.auth0Token(id)).toBe('refreshed-at-2');
  });

  it('is revoked with its refresh token if the grant was revoked meanwhile', async () => {
    await loginThatIsDue();
    rig.auth0.refusals.push(new Auth0Error('invalid_response', 'bad signature'));
    rig.auth0.meanwhile = async () => void (await rig.grants.revoke(id, 'client_request'));
    expect(await outcomeOf(rig.grants.auth0Token(id))).toBe('invalid_grant');
    await rig.grants.close();
    expect(rig.auth0.revoked.toSorted()).toEqual(['auth0-rt-1', 'refreshed-rt-1']);
  });
});

describe('a session that has ended at Auth0 (AS-34)', () => {
  it('revokes the grant', async () => {
    await loginThatIsDue();
    rig.auth0.failures.push(new Auth0Error('session_ended', 'blocked'));
    expect(await outcomeOf(rig.grants.auth0Token(id))).toBe('invalid_grant');
    expect(await rig.grants.find(id)).toBeUndefined();
    expect(rig.events.at(-1)).toMatchObject({
      type: 'grant_revoked',
      cause: 'auth0_session_ended',
    });
  });

  it('revokes it although the current token is still valid', async () => {
    await loginThatIsDue(30);
    rig.auth0.failures.push(new Auth0Error('session_ended', 'blocked'));
    expect(await outcomeOf(rig.grants.auth0Token(id))).toBe('invalid_grant');
  });

  it.each([
    [true, 'refreshed-rt-1'],
    [false, 'auth0-rt-1'],
  ])(
    'is assumed when Auth0 responds for another user, rotation %s: %s is revoked',
    async (rotates, revoked) => {
      await loginThatIsDue();
      rig.auth0.rotates = rotates;
      rig.auth0.subject = 'auth0|eve';
      expect(await outcomeOf(rig.grants.auth0Token(id))).toBe('invalid_grant');
      expect(await rig.grants.find(id)).toBeUndefined();
      await rig.grants.close();
      expect(rig.auth0.revoked).toEqual([revoked]);
    },
  );

  it('R-UP-7 leaves no token valid when the grant is revoked during the refresh', async () => {
    await loginThatIsDue();
    rig.auth0.meanwhile = async () => void (await rig.grants.revoke(id, 'client_request'));
    expect(await outcomeOf(rig.grants.auth0Token(id))).toBe('invalid_grant');
    await rig.grants.close();
    expect(rig.auth0.revoked.toSorted()).toEqual(['auth0-rt-1', 'refreshed-rt-1']);
  });
});

describe('a store that fails after Auth0 has rotated', () => {
  it('R-UP-7 is retried until the new token is stored', async () => {
    await loginThatIsDue();
    rig.auth0.meanwhile = async () => {
      rig.storage.failingUpdates = 3;
    };
    expect(await rig.grants.auth0Token(id)).toBe('refreshed-at-1');
    expect(rig.auth0.refreshes).toHaveLength(1);
    rig.auth0.meanwhile = async () => undefined;
    rig.pass(AUTH0_TTL);
    expect(await rig.grants.auth0Token(id)).toBe('refreshed-at-2');
  });

  it('does not replace a newer token of another instance with an old one', async () => {
    await loginThatIsDue();
    rig.auth0.overlaps = true;
    const other = rig.instance();
    rig.auth0.meanwhile = async () => {
      rig.auth0.meanwhile = async () => undefined;
      // The lease of the first expires before Auth0 responds.
      rig.pass(4);
      expect(await other.auth0Token(id)).toBe('refreshed-at-1');
    };
    expect(await rig.grants.auth0Token(id)).toBe('refreshed-at-1');
    expect(rig.auth0.refreshes).toEqual(['auth0-rt-1', 'auth0-rt-1']);
    rig.pass(AUTH0_TTL);
    await rig.grants.auth0Token(id);
    expect(rig.auth0.refreshes.at(-1)).toBe('refreshed-rt-1');
  });

  it('makes callers wait for two seconds at most, and retries in the background', async () => {
    await loginThatIsDue();
    rig.auth0.meanwhile = async () => {
      rig.storage.failingUpdates = 10;
    };
    await expect(rig.grants.auth0Token(id)).rejects.toMatchObject({
      status: 503,
      retryAfterSeconds: 5,
    });
    await rig.grants.close();
    expect(await rig.grants.auth0Token(id)).toBe('refreshed-at-1');
    expect(rig.auth0.refreshes).toHaveLength(1);
  });

  it('is logged when it does not recover', async () => {
    await loginThatIsDue();
    rig.auth0.meanwhile = async () => {
      rig.storage.failingUpdates = 1000;
    };
    const attempt = rig.grants.auth0Token(id).catch((thrown) => thrown);
    await sleep(50);
    rig.pass(61);
    expect(await attempt).toMatchObject({ code: expect.stringMatching(/UNAVAILABLE|unavailable/) });
    await rig.grants.close();
    expect(rig.logged).toEqual([expect.stringContaining('could not be stored')]);
  });
});

const CLAIMS = { iss: 'https://t.auth0.com/', azp: 'app', permissions: ['read'] };
const grantWith = (claims: object = CLAIMS) => ({
  auth0: {
    accessToken: new UnsecuredJWT({ ...claims }).encode(),
    accessTokenExpiresAt: 0,
    scopes: [],
  },
});

describe('claims of Auth0’s access token', () => {
  it('parity 4.16 are available to tools', () => {
    expect(auth0ClaimsOf(grantWith())).toEqual(CLAIMS);
  });

  it('are frozen, since all requests with the token share them', () => {
    const claims = auth0ClaimsOf(grantWith());
    expect(() => Object.assign(claims, { azp: 'changed' })).toThrow(TypeError);
    expect(() => (claims['permissions'] as string[]).push('admin')).toThrow(TypeError);
    expect(claims).toEqual(CLAIMS);
  });
});
