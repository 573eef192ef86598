import { describe, expect, it } from '@jest/globals';

import {
  accessTokenLifetime,
  expiryOf,
  maxStorageTtlSeconds,
  storageTtlSeconds,
} from '../../lib/grants/grant-lifetime.js';
import type { GrantRecord } from '../../lib/storage/records.js';
import { DAY, LIFETIMES, START } from './grant-rig.js';

interface Changes {
  mayRefresh?: boolean;
  lastUsedAt?: number;
  redeemedAt?: number | undefined;
  refreshToken?: string | undefined;
  accessTokenExpiresAt?: number;
}

function grant(changes: Changes = {}): GrantRecord {
  const { mayRefresh = true, lastUsedAt = START, accessTokenExpiresAt = START + DAY } = changes;
  const redeemedAt = 'redeemedAt' in changes ? changes.redeemedAt : START;
  const refreshToken = 'refreshToken' in changes ? changes.refreshToken : 'r';
  return {
    client: { id: 'client', authMethod: 'none', mayRefresh },
    subject: 's',
    scopes: [],
    createdAt: START,
    lastUsedAt,
    code: {
      tag: '',
      challenge: '',
      redirectUri: '',
      expiresAt: START + 60,
      failures: 0,
      ...(redeemedAt !== undefined && { redeemedAt }),
    },
    generation: 0,
    replaced: [],
    auth0: {
      accessToken: '',
      accessTokenExpiresAt,
      scopes: [],
      ...(refreshToken !== undefined && { refreshToken }),
    },
    user: {},
  };
}

describe('expiry of a grant (R-TK-13)', () => {
  it.each<[string, Changes, number]>([
    ['its code’s, as long as that is not redeemed', { redeemedAt: undefined }, 60],
    ['the idle time after its last use', {}, 30 * DAY],
    ['later when it is used later', { lastUsedAt: START + DAY }, 31 * DAY],
    ['never after the absolute end', { lastUsedAt: START + 360 * DAY }, 365 * DAY],
    ['its one access token’s, for a client that may not refresh', { mayRefresh: false }, 3600],
    ['that of Auth0’s access token, without a refresh token', { refreshToken: undefined }, DAY],
    [
      'the idle time, where Auth0’s access token lives longer',
      { refreshToken: undefined, accessTokenExpiresAt: START + 99 * DAY },
      30 * DAY,
    ],
  ])('is %s', (_what, changes, seconds) => {
    expect(expiryOf(grant(changes), LIFETIMES) - START).toBe(seconds);
  });
});

describe('lifetime of an access token (AS-19)', () => {
  it.each<[string, Changes, number, number]>([
    ['an hour', {}, 0, 3600],
    ['what is left of the login', { lastUsedAt: START + 365 * DAY - 10 }, 365 * DAY - 10, 10],
    ['nothing at the end', { lastUsedAt: START + 365 * DAY - 10 }, 365 * DAY, 0],
    [
      'what is left of Auth0’s token, if that cannot be renewed',
      { refreshToken: undefined },
      DAY - 100,
      100,
    ],
    ['less than nothing afterwards', { refreshToken: undefined }, DAY + 1, -1],
  ])('is %s', (_what, changes, passed, seconds) => {
    expect(accessTokenLifetime(grant(changes), LIFETIMES, START + passed)).toBe(seconds);
  });
});

describe('TTL of a record', () => {
  it('is a minute more than that of its grant where nothing is to be revoked at Auth0', () => {
    expect(storageTtlSeconds(grant({ refreshToken: undefined }), LIFETIMES, START)).toBe(DAY + 60);
  });

  it('parity 4.23 is a month more where a refresh token is to be revoked at Auth0', () => {
    expect(storageTtlSeconds(grant(), LIFETIMES, START)).toBe(60 * DAY);
    expect(maxStorageTtlSeconds(LIFETIMES)).toBe(395 * DAY);
  });

  it('is never 0, which some stores take for no expiry', () => {
    expect(
      storageTtlSeconds(grant({ refreshToken: undefined }), LIFETIMES, START + 999 * DAY),
    ).toBe(1);
  });
});
