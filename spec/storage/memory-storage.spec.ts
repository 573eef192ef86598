import { describe, expect, it } from '@jest/globals';

import { storageContract } from '../../lib/storage/contract.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { StorageUnavailableError } from '../../lib/storage/storage.js';
import { sideBySide } from '../support/side-by-side.js';

storageContract(sideBySide(), async () => memoryStorage());

describe('memoryStorage()', () => {
  const value = Buffer.from('value');

  it('stores copies of records', async () => {
    const storage = memoryStorage();
    await storage.set('a', value, 60);
    expect((await storage.get('a'))?.buffer.byteLength).toBe(value.length);
  });

  it('deletes expired memberships, so that the index does not grow', async () => {
    let time = 1_000;
    const storage = memoryStorage({ maxEntries: 2, now: () => time });
    await storage.addMember('index', 'old', 10);
    time += 10;
    expect(await storage.members('index')).toEqual([]);
    await storage.addMember('index', 'new', 10);
    await storage.set('a', value, 60);
    expect(await storage.members('index')).toEqual(['new']);
  });

  it('rejects writes when full rather than evict records', async () => {
    const storage = memoryStorage({ maxEntries: 2 });
    await storage.set('a', value, 60);
    await storage.addMember('index', 'member', 60);
    await expect(storage.set('b', value, 60)).rejects.toThrow(StorageUnavailableError);
    await expect(storage.addMember('index', 'other', 60)).rejects.toThrow(/maxEntries/);
    expect(await storage.get('a')).toEqual(value);
    await storage.set('a', Buffer.from('changed'), 60);
  });

  it('counts a membership once, however often it is renewed or removed', async () => {
    const storage = memoryStorage({ maxEntries: 2 });
    await storage.addMember('index', 'member', 60);
    await storage.addMember('index', 'member', 60);
    await storage.removeMember('index', 'never there');
    await storage.removeMember('index', 'member');
    await storage.removeMember('index', 'member');
    await storage.addMember('index', 'one', 60);
    await storage.set('a', value, 60);
    await expect(storage.addMember('index', 'two', 60)).rejects.toThrow(StorageUnavailableError);
    await storage.addMember('index', 'one', 60);
    expect(await storage.members('index')).toEqual(['one']);
  });

  it('searches for expired entries once a second at most, with any number of writes to a full store', async () => {
    let time = 1_000;
    const storage = memoryStorage({ maxEntries: 2, now: () => time });
    await storage.set('a', value, 10);
    time += 0.5;
    await storage.set('b', value, 10);
    time = 1_010;
    await storage.set('c', value, 60);
    time = 1_010.5;
    await expect(storage.set('d', value, 60)).rejects.toThrow(StorageUnavailableError);
    time = 1_011;
    await storage.set('d', value, 60);
  });

  it('accepts writes again after entries were deleted or have expired', async () => {
    let time = 1_000;
    const storage = memoryStorage({ maxEntries: 2, now: () => time });
    await storage.set('a', value, 60);
    await storage.set('b', value, 10);
    time += 10;
    await storage.set('c', value, 60);
    expect(await storage.get('b')).toBeUndefined();
    await expect(storage.set('d', value, 60)).rejects.toThrow(StorageUnavailableError);
    await storage.delete('a');
    await storage.addMember('index', 'member', 5);
    time += 5;
    await storage.set('d', value, 60);
    expect(await storage.members('index')).toEqual([]);
  });
});
