import { beforeEach, describe, expect, it } from '@jest/globals';

import { createEndedSessions, type EndedSessions } from '../../lib/grants/ended-sessions.js';
import { testCore } from '../support/test-core.js';
import { outcomeOf } from './grant-rig.js';

let sessions: EndedSessions;

beforeEach(() => {
  sessions = createEndedSessions(testCore().collections);
});

const arrives = (subject: string, sid: string | undefined, startedAt: number): Promise<string> =>
  outcomeOf(sessions.requireAlive({ subject, sid, startedAt }));

describe('a login after a logout at Auth0', () => {
  it('of its session is refused, whatever the clocks say', async () => {
    await sessions.note({ subject: 'ada', sid: 'laptop', issuedAt: 1000 });
    expect(await arrives('ada', 'laptop', 990)).toBe('access_denied');
    expect(await arrives('ada', 'laptop', 2000)).toBe('access_denied');
    expect(await arrives('ada', 'phone', 990)).toBe('ok');
    expect(await arrives('bob', 'laptop', 990)).toBe('ok');
  });

  it('of a session without a user counts for any user', async () => {
    await sessions.note({ subject: undefined, sid: 'laptop', issuedAt: 1000 });
    expect(await arrives('ada', 'laptop', 990)).toBe('access_denied');
  });

  it.each(['laptop', undefined])(
    'of the user is refused if it began before, with some seconds of tolerance, sid %s',
    async (sid) => {
      await sessions.note({ subject: 'ada', sid: undefined, issuedAt: 1000 });
      expect(await arrives('ada', sid, 990)).toBe('access_denied');
      expect(await arrives('ada', sid, 1005)).toBe('access_denied');
      expect(await arrives('ada', sid, 1006)).toBe('ok');
      expect(await arrives('bob', sid, 990)).toBe('ok');
    },
  );

  it('of a session counts for one that Auth0 never named', async () => {
    await sessions.note({ subject: 'ada', sid: 'laptop', issuedAt: 1000 });
    expect(await arrives('ada', undefined, 990)).toBe('access_denied');
    expect(await arrives('ada', undefined, 1006)).toBe('ok');
  });

  it('counts for a login without a known start', async () => {
    await sessions.note({ subject: 'ada', sid: undefined, issuedAt: 1000 });
    const login = { subject: 'ada', sid: 'laptop' };
    expect(await outcomeOf(sessions.requireAlive(login))).toBe('access_denied');
  });
});
