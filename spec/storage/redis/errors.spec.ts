import { describe, expect, it } from '@jest/globals';

import { redisStorage } from '../../../lib/redis.js';
import { refusalOf, resolveWith } from '../../config/resolve-with.js';

const SPEC_KEY = 'a-signing-key-for-specs-only-0123456789';

describe('FA-29: the URL of a Redis', () => {
  it.each([
    ['%', 'redis://:hunter%zz2@redis.internal:6379'],
    ['% at its end', 'redis://user:hunter2%@redis.internal:6379'],
    ['% in the user', 'redis://us%er:hunter2@redis.internal:6379'],
    ['#', 'redis://:hunter#2@redis.internal:6379'],
    ['# behind digits', 'redis://user:12#hunter2@redis.internal:6379'],
    ['/', 'redis://:hunter/2@redis.internal:6379'],
    ['/ behind digits', 'redis://user:12/hunter2@redis.internal:6379/0'],
    ['?', 'rediss://:hunter?2@redis.internal:6379'],
    ['? behind digits', 'redis://user:12?hunter2@redis.internal'],
    ['[', 'redis://:/[hunter2@redis.internal'],
  ])('with %s in its credentials is refused with the remedy', (_what, url) => {
    for (const refusal of [() => redisStorage({ url }), () => refusalOfEnvironment(url)]) {
      expect(refusal).toThrow(/Percent-encode.*encodeURIComponent/);
      expect(refusal).not.toThrow(/hunter/);
    }
  });

  it.each([
    ['redis://redis.internal:6379/mydb', /database has to be a number/],
    ['redis://redis.internal:6379/0/', /database has to be a number/],
    ['redis://redis.internal:6379/-1', /database has to be a number/],
    ['redis://redis.internal:6379/1.5', /database has to be a number/],
    ['redis://redis.internal:6379?db=1', /Remove the query and the fragment/],
    ['redis://redis.internal:6379#0', /Remove the query and the fragment/],
    ['http://redis.internal:6379', /Write redis:\/\//],
    ['redis.internal:6379', /Write redis:\/\//],
    ['redis:redis.internal', /Write redis:\/\//],
    ['redis:///0', /Write redis:\/\//],
    ['redis://redis.internal:99999', /Write redis:\/\//],
    ['', /Write redis:\/\//],
  ])('%s is refused, with what it should be', (url, remedy) => {
    expect(() => redisStorage({ url })).toThrow(remedy);
    if (url !== '') expect(() => refusalOfEnvironment(url)).toThrow(remedy);
  });

  it.each([
    'redis://redis.internal',
    'REDIS://redis.internal:6379/',
    'rediss://user:hunter%252@redis.internal:6380/15',
    `redis://:${encodeURIComponent('%#/?[]@: ')}@redis.internal:6379/0`,
    'redis://:hun@ter2@redis.internal:6379',
    'redis://[::1]:6379/0',
  ])('%s is taken, and told without the password', async (url) => {
    const storage = redisStorage({ url });
    expect(storage.description).not.toMatch(/hun|%/);
    await storage.close?.();
    expect(
      resolveWith({ jwtSigningKey: SPEC_KEY }, { AUTH0_MCP_REDIS_URL: url }).config.storage,
    ).toBeDefined();
  });
});

function refusalOfEnvironment(url: string): void {
  throw refusalOf({}, { AUTH0_MCP_REDIS_URL: url });
}
