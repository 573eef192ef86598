import { describe, expect, it } from '@jest/globals';

import { type CachedCaller, createCallerCache } from '../../lib/bearer/caller-cache.js';
import type { GrantRecord } from '../../lib/storage/records.js';

/** The cache does not read it. */
const GRANT = {} as GrantRecord;

const entry = (grantId: string, name = 'Ada', token = 't'): CachedCaller => ({
  claims: {
    grantId,
    clientId: 'client',
    subject: 'auth0|ada',
    scopes: [],
    issuedAt: 0,
    expiresAt: 3600,
  },
  caller: {
    token,
    clientId: 'client',
    scopes: [],
    expiresAt: 3600,
    subject: 'auth0|ada',
    isMachine: false,
    claims: {},
    user: { name },
    auth0Token: async () => 'live',
    connectionToken: async () => 'live',
  },
  grant: GRANT,
  readAtMs: 0,
});

/** A read that ends when the spec says so. */
function slowRead(result: CachedCaller) {
  let finish: () => void = () => undefined;
  let reads = 0;
  const ended = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const read = async (): Promise<CachedCaller> => {
    reads += 1;
    await ended;
    return result;
  };
  return { read, finish, count: () => reads };
}

describe('the cache of verified callers', () => {
  it('reads once for parallel requests, and keeps the result', async () => {
    const cache = createCallerCache();
    const { read, finish, count } = slowRead(entry('grant'));
    const fills = [cache.fill('t', 'grant', read), cache.fill('t', 'grant', read)];
    finish();
    expect(await Promise.all(fills)).toEqual([entry('grant'), entry('grant')].map(expectSame));
    expect(count()).toBe(1);
    expect(cache.get('t')?.caller.user).toEqual({ name: 'Ada' });
    expect(cache.get('other')).toBeUndefined();
  });

  it('does not return the caller of another token with the same signature', async () => {
    const cache = createCallerCache();
    await cache.fill('h.ada.s', 'grant', async () => entry('grant', 'Ada', 'h.ada.s'));
    expect(cache.get('h.ada.s')).toBeDefined();
    for (const forged of ['h.eve.s', 'x.ada.s', 'h.ada.s ', 'ada.s', 's', '.s', '']) {
      expect(cache.get(forged)).toBeUndefined();
    }
  });

  it('drops every token of a grant, and those of no other', async () => {
    const cache = createCallerCache();
    for (const [token, grant] of [
      ['one', 'a'],
      ['two', 'a'],
      ['three', 'b'],
    ] as const) {
      await cache.fill(token, grant, async () => entry(grant, 'Ada', token));
    }
    cache.dropGrant('a');
    expect(['one', 'two', 'three'].map((token) => cache.get(token) !== undefined)).toEqual([
      false,
      false,
      true,
    ]);
    cache.dropGrant('never there');
  });

  it('does not cache a read that began before the grant changed', async () => {
    const cache = createCallerCache();
    const old = slowRead(entry('grant', 'before'));
    const first = cache.fill('t', 'grant', old.read);
    cache.dropGrant('grant');
    const second = cache.fill('t', 'grant', async () => entry('grant', 'after'));
    expect((await second).caller.user).toEqual({ name: 'after' });
    old.finish();
    expect((await first).caller.user).toEqual({ name: 'before' });
    expect(cache.get('t')?.caller.user).toEqual({ name: 'after' });
  });

  it('does not wait for a read that began more than a second ago', async () => {
    const cache = createCallerCache();
    const old = slowRead(entry('grant', 'before'));
    const first = cache.fill('t', 'grant', old.read);
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    const second = await cache.fill('t', 'grant', async () => entry('grant', 'after'));
    expect(second.caller.user).toEqual({ name: 'after' });
    old.finish();
    expect((await first).caller.user).toEqual({ name: 'before' });
    expect(cache.get('t')?.caller.user).toEqual({ name: 'after' });
  });

  it('removes a caller whose grant can no longer be read', async () => {
    const cache = createCallerCache();
    await cache.fill('t', 'grant', async () => entry('grant'));
    const failed = cache.fill('t', 'grant', async () => {
      throw new Error('revoked');
    });
    await expect(failed).rejects.toThrow('revoked');
    expect(cache.get('t')).toBeUndefined();
    await cache.fill('t', 'grant', async () => entry('grant'));
    expect(cache.get('t')).toBeDefined();
  });

  it('holds ten thousand, the least recently used evicted first', async () => {
    const cache = createCallerCache();
    for (let at = 0; at < 10_001; at += 1) {
      const token = `token ${at}`;
      await cache.fill(token, `grant ${at}`, async () => entry(`grant ${at}`, 'Ada', token));
      cache.get('token 0');
    }
    expect(cache.get('token 0')).toBeDefined();
    expect(cache.get('token 1')).toBeUndefined();
  });
});

/** Functions are compared by identity, so they are left out. */
function expectSame({ claims, caller }: CachedCaller): unknown {
  return expect.objectContaining({
    claims,
    caller: expect.objectContaining({ user: caller.user }),
  });
}
