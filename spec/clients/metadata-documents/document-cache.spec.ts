import { describe, expect, it } from '@jest/globals';

import { ClientMetadataError } from '../../../lib/clients/metadata-documents/client-metadata-error.js';
import {
  createDocumentCache,
  type DocumentCache,
  lifetimeSeconds,
} from '../../../lib/clients/metadata-documents/document-cache.js';
import { reasonOf } from './failure.js';

const START = 1_800_000_000;
const DAY = 24 * 60 * 60;
const headers =
  (fields: Readonly<Record<string, string | undefined>>) =>
  (name: string): string =>
    fields[name] ?? '';
const httpDate = (seconds: number): string => new Date(seconds * 1000).toUTCString();

describe('lifetime of a document', () => {
  it.each<[Record<string, string>, number | undefined]>([
    [{}, 600],
    [{ 'cache-control': 'public' }, 600],
    [{ 'cache-control': 'max-age=60' }, 60],
    [{ 'cache-control': 'public, Max-Age=60, must-revalidate' }, 60],
    [{ 'cache-control': 'max-age="60"' }, 60],
    [{ 'cache-control': 'max-age=60, max-age=5' }, 5],
    [{ 'cache-control': 'max-age=60', age: '20' }, 40],
    [{ 'cache-control': 'max-age=60', age: '90' }, 0],
    [{ 'cache-control': 'max-age=60', expires: httpDate(START + 7) }, 60],
    [{ 'cache-control': 'max-age=0' }, 0],
    [{ 'cache-control': 'max-age=-5' }, 0],
    [{ 'cache-control': 'max-age=soon' }, 0],
    [{ 'cache-control': 'max-age=99999999999' }, DAY],
    [{ 'cache-control': 'no-cache, max-age=60' }, 0],
    [{ 'cache-control': 'no-store, max-age=60' }, undefined],
    [{ 'cache-control': 'max-age=60, NO-STORE' }, undefined],
    [{ expires: httpDate(START + 90) }, 90],
    [{ expires: httpDate(START + 90), date: httpDate(START + 60) }, 30],
    [{ expires: httpDate(START - 90) }, 0],
    [{ expires: httpDate(START + 9 * DAY) }, DAY],
    [{ expires: '0' }, 0],
    [{ expires: 'never' }, 0],
  ])('AS-11 %j: %p seconds', (fields, seconds) => {
    expect(lifetimeSeconds(headers(fields), START)).toBe(seconds);
  });
});

describe('document cache', () => {
  function setUp() {
    const state = {
      clock: START,
      cacheControl: '',
      loads: [] as string[],
      failures: [] as { reason: string; isCopyUsed: boolean }[],
      error: undefined as ClientMetadataError | undefined,
    };
    const cache: DocumentCache<string> = createDocumentCache(
      async (url) => {
        state.loads.push(url);
        if (state.error) throw state.error;
        const value = `copy ${state.loads.length}`;
        return { value, header: headers({ 'cache-control': state.cacheControl }) };
      },
      (_url, { reason }, isCopyUsed) => state.failures.push({ reason, isCopyUsed }),
      () => state.clock,
    );
    return { state, find: (url = 'u', isRenewal?: boolean) => cache.find(url, isRenewal) };
  }
  const down = new ClientMetadataError('unreachable', 'down');

  it('AS-11 fetches again once the lifetime is over', async () => {
    const { state, find } = setUp();
    state.cacheControl = 'max-age=60';
    expect(await find()).toBe('copy 1');
    state.clock += 59;
    expect(await find()).toBe('copy 1');
    state.clock += 1;
    expect(await find()).toBe('copy 2');
  });

  it('AS-11 fetches a document that must not be stored each time', async () => {
    const { state, find } = setUp();
    state.cacheControl = 'no-store';
    expect([await find(), await find()]).toEqual(['copy 1', 'copy 2']);
    state.error = down;
    expect(await reasonOf(find)).toBe('unreachable');
  });

  it('uses the last good copy for a day while the host is down', async () => {
    const { state, find } = setUp();
    await find();
    state.error = down;
    state.clock += DAY - 1;
    expect(await find()).toBe('copy 1');
    expect(state.failures).toEqual([{ reason: 'unreachable', isCopyUsed: true }]);
    state.clock += 20;
    expect(await reasonOf(find)).toBe('unreachable');
  });

  it('leaves a host that cannot be reached alone for ten seconds', async () => {
    const { state, find } = setUp();
    state.error = down;
    await reasonOf(find);
    state.error = undefined;
    state.clock += 9;
    expect(await reasonOf(find)).toBe('unreachable');
    expect(state.loads).toHaveLength(1);
    state.clock += 1;
    expect(await find()).toBe('copy 2');
  });

  it.each(['bad_status', 'invalid_document', 'too_large'] as const)(
    'R-CI-4 does not cache the failure %s',
    async (reason) => {
      const { state, find } = setUp();
      state.error = new ClientMetadataError(reason, 'wrong');
      expect(await reasonOf(find)).toBe(reason);
      state.error = undefined;
      expect(await find()).toBe('copy 2');
    },
  );

  it('drops the last good copy once the host responds otherwise', async () => {
    const { state, find } = setUp();
    state.cacheControl = 'max-age=0';
    await find();
    state.error = new ClientMetadataError('bad_status', 'status 404');
    expect(await reasonOf(find)).toBe('bad_status');
    state.error = down;
    expect(await reasonOf(find)).toBe('unreachable');
  });

  it('R-CI-7 loads once for parallel callers, and again after a failure', async () => {
    const { state, find } = setUp();
    state.error = new ClientMetadataError('bad_status', 'status 404');
    const reasons = await Promise.all([reasonOf(find), reasonOf(find), reasonOf(find)]);
    expect(reasons).toEqual(['bad_status', 'bad_status', 'bad_status']);
    expect(state.loads).toHaveLength(1);
    state.error = undefined;
    expect(await Promise.all([find(), find(), find()])).toEqual(['copy 2', 'copy 2', 'copy 2']);
  });

  it('R-CI-7 caches a thousand documents at most', async () => {
    const { state, find } = setUp();
    for (let i = 0; i <= 1_000; i += 1) await find(`u${i}`);
    await find('u1000');
    expect(state.loads).toHaveLength(1_001);
    await find('u0');
    expect(state.loads).toHaveLength(1_002);
  });

  it('renews a fresh copy on request, at most every 30 seconds', async () => {
    const { state, find } = setUp();
    await find();
    state.clock += 29;
    expect(await find('u', true)).toBe('copy 1');
    state.clock += 1;
    expect(await find('u', true)).toBe('copy 2');
    expect(await find('u', true)).toBe('copy 2');
  });

  it('passes unknown errors on', async () => {
    const cache = createDocumentCache<string>(
      async () => {
        throw new RangeError('a bug');
      },
      () => undefined,
      () => START,
    );
    await expect(cache.find('u')).rejects.toThrow(RangeError);
  });
});
