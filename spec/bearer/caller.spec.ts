import { setImmediate, setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, it } from '@jest/globals';

import type { AccessToken } from '../../lib/bearer/caller.js';
import { getAccessToken, runWithAccessToken } from '../../lib/bearer/caller.js';

const tokenOf = (subject: string): AccessToken => ({
  token: 't',
  clientId: 'c',
  scopes: [],
  expiresAt: 0,
  subject,
  isMachine: false,
  claims: {},
  user: {},
  auth0Token: async () => 'a',
  connectionToken: async () => 'c',
});

describe('getAccessToken()', () => {
  it('returns the caller in all awaited code', async () => {
    const seen = await runWithAccessToken(tokenOf('ada'), async () => {
      await sleep(1);
      const later = new Promise<string>((resolve) => {
        process.nextTick(() => resolve(getAccessToken().subject));
      });
      return [getAccessToken().subject, await later];
    });
    expect(seen).toEqual(['ada', 'ada']);
  });

  it('RS-23 never mixes up parallel callers', async () => {
    const subjects = Array.from({ length: 50 }, (_, at) => `person-${at}`);
    const seen = await Promise.all(
      subjects.map((subject) =>
        runWithAccessToken(tokenOf(subject), async () => {
          for (let turn = 0; turn < 5; turn += 1) await setImmediate();
          return getAccessToken().subject;
        }),
      ),
    );
    expect(seen).toEqual(subjects);
  });

  it('throws with an explanation outside of a guarded request', async () => {
    runWithAccessToken(tokenOf('ada'), () => undefined);
    expect(() => getAccessToken()).toThrow('outside of a guarded request');
  });
});
