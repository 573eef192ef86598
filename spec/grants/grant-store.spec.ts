import { createSecretKey, randomBytes } from 'node:crypto';

import { beforeEach, describe, expect, it } from '@jest/globals';

import type { Core } from '../../lib/core.js';
import { createGrantStore, type GrantStore } from '../../lib/grants/grant-store.js';
import { createSealer } from '../../lib/keys/seal.js';
import type { GrantRecord } from '../../lib/storage/records.js';
import { DAY, type GrantRig, grantRig, LIFETIMES, START } from './grant-rig.js';

let rig: GrantRig;
let store: GrantStore;
const revoked: (string | undefined)[] = [];
const storeOn = (core: Core): GrantStore =>
  createGrantStore(core, { revoke: (token) => void revoked.push(token) }, () => undefined);

beforeEach(() => {
  rig = grantRig();
  revoked.length = 0;
  store = storeOn(rig.core);
});

const grant = (
  subject: string,
  clientId: string,
  sid?: string,
  isRedeemed = true,
): GrantRecord => ({
  client: { id: clientId, authMethod: 'none', mayRefresh: true },
  subject,
  ...(sid !== undefined && { sid }),
  scopes: ['openid'],
  createdAt: START,
  lastUsedAt: START,
  code: {
    tag: 't',
    challenge: 'c',
    redirectUri: 'r',
    expiresAt: START + 60,
    failures: 0,
    ...(isRedeemed && { redeemedAt: START }),
  },
  generation: 0,
  replaced: [],
  auth0: {
    accessToken: 'at',
    accessTokenExpiresAt: START + DAY,
    refreshToken: 'rt',
    scopes: ['openid'],
  },
  user: {},
});

describe('grants in the store', () => {
  it('are found, changed and deleted by their id', async () => {
    const record = grant('ada', 'claude');
    await store.add('one', record);
    expect(await store.find('one')).toEqual(record);
    expect(await store.find('other')).toBeUndefined();
    const changed = await store.update('one', (current) => ({ ...current, generation: 5 }));
    expect(changed?.generation).toBe(5);
    expect(await store.delete('one')).toMatchObject({ id: 'one', isAlive: true });
    expect(await store.delete('one')).toBeUndefined();
    expect(await store.find('one')).toBeUndefined();
    expect(await store.update('one', (current) => current)).toBeUndefined();
  });

  it('are not changed by a change that returns undefined', async () => {
    await store.add('one', grant('ada', 'claude'));
    expect(await store.update('one', () => undefined)).toEqual(grant('ada', 'claude'));
  });

  it('are changed by each of a hundred parallel writers', async () => {
    await store.add('one', grant('ada', 'claude'));
    await Promise.all(
      Array.from({ length: 100 }, () =>
        store.update('one', (current) => ({ ...current, generation: current.generation + 1 })),
      ),
    );
    expect((await store.find('one'))?.generation).toBe(100);
  });

  it('are deleted by exactly one of many parallel callers', async () => {
    await store.add('one', grant('ada', 'claude'));
    const ended = await Promise.all(Array.from({ length: 20 }, () => store.delete('one')));
    expect(ended.filter((one) => one !== undefined)).toHaveLength(1);
  });

  it('that have expired are not found, and cannot be changed', async () => {
    await store.add('one', grant('ada', 'claude'));
    rig.pass(LIFETIMES.refreshTokenIdleSeconds);
    expect(await store.find('one')).toBeUndefined();
    const revive = (current: GrantRecord) => ({ ...current, lastUsedAt: rig.now() });
    expect(await store.update('one', revive)).toBeUndefined();
    expect(await store.list({ subject: 'ada' })).toEqual([]);
    // Found for the revocation of its refresh token at Auth0 only.
    expect(await store.storedGrants('ada')).toMatchObject([{ id: 'one', isAlive: false }]);
    expect(await store.delete('one')).toMatchObject({ isAlive: false });
  });

  it('RS-26, AS-35 show no token, name or id in a copy of the store', async () => {
    const secret = {
      ...grant('auth0|ada', 'claude', 'session-7'),
      user: { email: 'ada@example.com' },
    };
    await store.add('grant-id', secret);
    const [key = ''] = rig.storage.keys;
    const dump = key + Buffer.from((await rig.storage.get(key)) ?? []).toString('latin1');
    for (const text of ['auth0|ada', 'claude', 'session-7', 'ada@', 'grant-id', '"rt"', '"at"']) {
      expect(dump).not.toContain(text);
    }
  });
});

describe('finding grants', () => {
  beforeEach(async () => {
    await store.add('ada-claude', grant('ada', 'claude', 's1'));
    await store.add('ada-cursor', grant('ada', 'cursor', 's1'));
    await store.add('ada-claude-2', grant('ada', 'claude', 's2'));
    await store.add('bob-claude', grant('bob', 'claude'));
    await store.add('ada-waiting', grant('ada', 'claude', 's1', false));
  });

  it.each([
    ['a user', { subject: 'ada' }, ['ada-claude', 'ada-claude-2', 'ada-cursor']],
    ['a client', { clientId: 'claude' }, ['ada-claude', 'ada-claude-2', 'bob-claude']],
    ['a session at Auth0', { sid: 's1' }, ['ada-claude', 'ada-cursor']],
    ['a user and a client', { subject: 'ada', clientId: 'claude' }, ['ada-claude', 'ada-claude-2']],
    ['a session and a client', { sid: 's1', clientId: 'cursor' }, ['ada-cursor']],
    ['a session of another user', { subject: 'bob', sid: 's1' }, []],
    ['an unknown user', { subject: 'eve' }, []],
    ['nothing', {}, []],
    ['fields left open', { subject: undefined, clientId: undefined, sid: undefined }, []],
    ['a user with the id of a client', { subject: 'claude' }, []],
  ])('by %s', async (_what, filter, ids) => {
    expect((await store.list(filter)).map(({ id }) => id).toSorted()).toEqual(ids);
  });

  it('omits what was deleted', async () => {
    await store.delete('ada-claude');
    expect((await store.list({ subject: 'ada' })).map(({ id }) => id)).not.toContain('ada-claude');
    expect(await store.list({ sid: 's2' })).toHaveLength(1);
  });

  it('finds what was stored under a key that has been replaced', async () => {
    const nameKeys = [createSecretKey(randomBytes(32)), ...rig.core.collections.nameKeys];
    const rotated = storeOn({ ...rig.core, collections: { ...rig.core.collections, nameKeys } });
    await rotated.add('ada-new', grant('ada', 'claude'));
    expect((await rotated.list({ subject: 'ada' })).map(({ id }) => id).toSorted()).toEqual([
      'ada-claude',
      'ada-claude-2',
      'ada-cursor',
      'ada-new',
    ]);
    await rotated.delete('ada-claude');
    expect(await store.list({ subject: 'ada', clientId: 'claude' })).toHaveLength(1);
  });

  it('drops index entries whose record is gone or cannot be opened any more', async () => {
    const sealer = createSealer([createSecretKey(randomBytes(32))]);
    const elsewhere = storeOn({ ...rig.core, collections: { ...rig.core.collections, sealer } });
    expect(await elsewhere.storedGrants('bob')).toEqual([]);
    expect(await store.storedGrants('bob')).toEqual([]);
    expect(await store.list({ clientId: 'claude', subject: 'bob' })).toEqual([]);
  });

  it('deletes a grant although its index entries cannot be removed', async () => {
    rig.storage.removeMember = () => Promise.reject(new Error('away'));
    expect(await store.delete('bob-claude')).toMatchObject({ id: 'bob-claude' });
    expect(await store.list({ subject: 'bob' })).toEqual([]);
  });
});
