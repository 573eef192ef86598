import { describe, expect, it } from '@jest/globals';

import { refusalOf, resolveWith } from '../resolve-with.js';

describe('lifetimes', () => {
  it('are taken as given, in seconds', () => {
    const { lifetimes } = resolveWith({
      accessTokenTtlSeconds: 61,
      refreshTokenIdleTtlSeconds: 600,
      refreshTokenTtlSeconds: 600,
      refreshTokenGraceSeconds: 0,
    }).config;
    expect(lifetimes).toEqual({
      accessTokenSeconds: 61,
      refreshTokenIdleSeconds: 600,
      refreshTokenSeconds: 600,
      refreshGraceSeconds: 0,
    });
  });

  it('shorten the idle default with a short absolute one', () => {
    const { lifetimes } = resolveWith({ refreshTokenTtlSeconds: 3600 }).config;
    expect(lifetimes.refreshTokenIdleSeconds).toBe(3600);
  });

  it.each([
    ['CLI-44 a minute, which clients refresh at once', { accessTokenTtlSeconds: 60 }],
    ['more than a day', { accessTokenTtlSeconds: 86_401 }],
    ['a fraction', { accessTokenTtlSeconds: 3600.5 }],
    ['a text', { accessTokenTtlSeconds: '3600' }],
    ['infinity', { refreshTokenTtlSeconds: Number.POSITIVE_INFINITY }],
    ['nothing', { refreshTokenTtlSeconds: 0 }],
    ['a negative', { refreshTokenIdleTtlSeconds: -1 }],
    ['milliseconds', { refreshTokenTtlSeconds: 31_536_000_000 }],
    ['idle above absolute', { refreshTokenIdleTtlSeconds: 601, refreshTokenTtlSeconds: 600 }],
    ['a negative grace', { refreshTokenGraceSeconds: -1 }],
    ['more than an hour of grace', { refreshTokenGraceSeconds: 3601 }],
  ])('refuse %s', (_what, options) => {
    const error = refusalOf(options);
    expect(error.option).toBe(Object.keys(options)[0]);
    expect(error.message).toContain(`environment: AUTH0_MCP_`);
  });
});
