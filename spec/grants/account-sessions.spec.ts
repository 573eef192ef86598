import { beforeEach, describe, expect, it } from '@jest/globals';

import { type AccountSessions, createAccountSessions } from '../../lib/grants/account-sessions.js';
import type { AccountRecord } from '../../lib/storage/records.js';
import { type GrantRig, grantRig, START } from './grant-rig.js';

const MINUTE = 60;

let rig: GrantRig;
let sessions: AccountSessions;

beforeEach(() => {
  rig = grantRig();
  sessions = createAccountSessions(rig.core);
});

const ada = (changes: { sid?: string | undefined; user?: Record<string, unknown> } = {}) =>
  rig.login({
    subject: 'auth0|ada',
    sid: 'laptop',
    user: { email: 'ada@example.com' },
    ...changes,
  });

describe('a session of the connected apps page', () => {
  it('has a new id each time, and contains the user and no token', async () => {
    const ids = [await sessions.begin(ada()), await sessions.begin(ada())];
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[\w-]{24}$/);
    expect(await sessions.find(ids[0] ?? '')).toEqual({
      subject: 'auth0|ada',
      sid: 'laptop',
      name: 'ada@example.com',
      signedInAt: START,
      seenAt: START,
    });
  });

  it.each([
    [{ email: 'ada@example.com', name: 'Ada' }, 'ada@example.com'],
    [{ name: 'Ada' }, 'Ada'],
    [{ email: '', name: 'Ada' }, 'Ada'],
    [{ email: { evil: true }, name: ['Ada'] }, undefined],
    [{}, undefined],
  ])('shows the name in %j', async (user, name) => {
    const id = await sessions.begin(ada({ user }));
    expect((await sessions.find(id))?.name).toBe(name);
  });

  it('ends a quarter of an hour after its last use; find() is not a use', async () => {
    const id = await sessions.begin(ada());
    rig.pass(14 * MINUTE);
    expect(await sessions.find(id)).toBeDefined();
    expect(await sessions.visit(id)).toBeDefined();
    rig.pass(14 * MINUTE);
    expect(await sessions.find(id)).toBeDefined();
    rig.pass(MINUTE);
    expect([await sessions.find(id), await sessions.visit(id)]).toEqual([undefined, undefined]);
  });

  it('ends after an hour in any case', async () => {
    const id = await sessions.begin(ada());
    for (let minutes = 0; minutes < 50; minutes += 10) {
      rig.pass(10 * MINUTE);
      expect(await sessions.visit(id)).toBeDefined();
    }
    rig.pass(10 * MINUTE - 1);
    expect(await sessions.visit(id)).toBeDefined();
    rig.pass(1);
    expect(await sessions.visit(id)).toBeUndefined();
  });

  it('names once what was disconnected, or says that something was', async () => {
    const id = await sessions.begin(ada());
    for (const client of [{ name: 'Claude' }, {}]) {
      await sessions.noteDisconnected(id, client);
      expect((await sessions.find(id))?.disconnected).toEqual(client);
      expect((await sessions.visit(id))?.disconnected).toEqual(client);
      expect((await sessions.visit(id))?.disconnected).toBeUndefined();
    }
  });

  it('is not written back by a request that runs when it ends', async () => {
    const id = await sessions.begin(ada());
    rig.storage.beforeUpdate = () => sessions.end(id);
    expect(await sessions.visit(id)).toBeUndefined();
    expect(await sessions.find(id)).toBeUndefined();
    await sessions.noteDisconnected(id, { name: 'Claude' });
    expect(await sessions.find(id)).toBeUndefined();
  });

  it('can be ended twice, and leaves nothing in the store', async () => {
    const id = await sessions.begin(ada());
    await sessions.end(id);
    await sessions.end(id);
    await sessions.end('never-made');
    expect(await sessions.find(id)).toBeUndefined();
  });
});

describe('a logout at Auth0', () => {
  const logout = (about: { subject?: string; sid?: string }) =>
    sessions.logOut({ subject: about.subject, sid: about.sid });
  const alive = async (ids: readonly string[]): Promise<boolean[]> =>
    Promise.all(ids.map(async (id): Promise<boolean> => (await sessions.find(id)) !== undefined));

  it.each<[string, { subject?: string; sid?: string }, boolean[]]>([
    ['of one session', { sid: 'laptop' }, [false, true, true, true]],
    [
      'of one session of a user',
      { subject: 'auth0|ada', sid: 'laptop' },
      [false, true, false, true],
    ],
    ['of a user', { subject: 'auth0|ada' }, [false, false, false, true]],
    [
      'of a session of another user',
      { subject: 'auth0|bob', sid: 'laptop' },
      [true, true, true, true],
    ],
    ['of an unknown user', { subject: 'auth0|eve', sid: 'unknown' }, [true, true, true, true]],
  ])('%s ends those sessions only', async (_what, about, expected) => {
    const ids = [
      await sessions.begin(ada()),
      await sessions.begin(ada({ sid: 'phone' })),
      // Without a sid: counts as the session that is meant, for the same user.
      await sessions.begin(ada({ sid: undefined })),
      await sessions.begin(rig.login({ subject: 'auth0|bob', sid: 'desk' })),
    ];
    await logout(about);
    expect(await alive(ids)).toEqual(expected);
  });
});

it('the record matches the schema', async () => {
  const id = await sessions.begin(ada());
  await sessions.noteDisconnected(id, { name: 'Claude' });
  const record: AccountRecord | undefined = await sessions.find(id);
  expect(Object.keys(record ?? {}).toSorted()).toEqual(
    ['subject', 'sid', 'name', 'signedInAt', 'seenAt', 'disconnected'].toSorted(),
  );
});
