import { createSecretKey, randomBytes } from 'node:crypto';

import { beforeEach, describe, expect, it } from '@jest/globals';

import { createSealer } from '../../lib/keys/seal.js';
import { type Collection, openCollection } from '../../lib/storage/collection.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import type { Storage } from '../../lib/storage/storage.js';

interface Person {
  name: string;
  visits: number;
}

const [olderName, newerName] = [createSecretKey(randomBytes(32)), createSecretKey(randomBytes(32))];
const [olderSeal, newerSeal] = [createSecretKey(randomBytes(32)), createSecretKey(randomBytes(32))];
const ada: Person = { name: 'Ada Lovelace', visits: 1 };

/** A memory store that records what is written. */
function watchedStorage(memory = memoryStorage()): {
  storage: Storage;
  names: Set<string>;
  values: Uint8Array[];
} {
  const storage = memory;
  const names = new Set<string>();
  const values: Uint8Array[] = [];
  return {
    names,
    values,
    storage: {
      ...storage,
      async set(key, value, ttlSeconds) {
        names.add(key);
        values.push(value);
        await storage.set(key, value, ttlSeconds);
      },
    },
  };
}

describe('openCollection()', () => {
  let watched: ReturnType<typeof watchedStorage>;
  let unreadable: string[];
  beforeEach(() => {
    watched = watchedStorage();
    unreadable = [];
  });

  const people = (nameKeys = [newerName], sealKeys = [newerSeal], kind = 'person') =>
    openCollection<Person>(
      {
        storage: watched.storage,
        sealer: createSealer(sealKeys),
        nameKeys,
        namespace: 'ns',
        onUnreadable: (of) => void unreadable.push(of),
      },
      kind,
    );

  it('keeps records by id, and kinds apart', async () => {
    await people().set('ada', ada, 60);
    expect(await people().get('ada')).toEqual(ada);
    expect(await people().get('grace')).toBeUndefined();
    expect(await people([newerName], [newerSeal], 'other').get('ada')).toBeUndefined();
    await people().delete('ada');
    expect(await people().get('ada')).toBeUndefined();
  });

  it('reports a record of an unknown format as unreadable', async () => {
    await people().set('ada', ada, 60);
    const [name = ''] = watched.names;
    const future = createSealer([newerSeal]).seal(Buffer.from('\u0001{}'), name);
    await watched.storage.set(name, future, 60);
    expect(await people().get('ada')).toBeUndefined();
    expect(unreadable).toEqual(['person']);
  });

  it('returns records frozen, read or written', async () => {
    await people().set('ada', { ...ada }, 60);
    const read = await people().get('ada');
    const visit = (person: Person) => ({ value: { ...person, visits: 2 }, ttlSeconds: 60 });
    const written = await people().update('ada', visit);
    for (const record of [read, written]) expect(Object.isFrozen(record)).toBe(true);
  });

  it('adds once and takes once', async () => {
    expect(await people().add('ada', ada, 60)).toBe(true);
    expect(await people().add('ada', { ...ada, visits: 2 }, 60)).toBe(false);
    expect(await people().take('ada')).toEqual(ada);
    expect(await people().take('ada')).toBeUndefined();
  });

  it('shows the store neither ids nor values', async () => {
    await people().set('ada@example.com', ada, 60);
    const [name = ''] = watched.names;
    expect(name).toMatch(/^ns:person:[\w-]{43}$/);
    const seen = Buffer.concat(watched.values);
    for (const secret of ['ada@example.com', 'Lovelace', 'visits']) {
      expect(seen.includes(secret)).toBe(false);
    }
  });

  it('changes a record without losing a parallel change', async () => {
    await people().set('ada', { ...ada, visits: 0 }, 60);
    const visit = () =>
      people().update('ada', (person) => ({
        value: { ...person, visits: person.visits + 1 },
        ttlSeconds: 60,
      }));
    await Promise.all(Array.from({ length: 50 }, visit));
    expect((await people().get('ada'))?.visits).toBe(50);
  });

  it('update returns the stored record: changed, unchanged, or absent', async () => {
    await people().set('ada', ada, 60);
    const renamed = { ...ada, name: 'Ada King' };
    const rename = () => ({ value: renamed, ttlSeconds: 60 });
    expect(await people().update('ada', rename)).toEqual(renamed);
    expect(await people().update('ada', () => undefined)).toEqual(renamed);
    expect(await people().update('grace', rename)).toBeUndefined();
    expect(await people().get('grace')).toBeUndefined();
  });

  it('updates a record that was just read without reading it again, and reads it if it is stale', async () => {
    const reads: string[] = [];
    const { storage } = watched;
    watched.storage = {
      ...storage,
      async get(key) {
        reads.push(key);
        return storage.get(key);
      },
    };
    const collection = people();
    await collection.set('ada', ada, 60);
    const visit = (person: Person) => ({
      value: { ...person, visits: person.visits + 1 },
      ttlSeconds: 60,
    });
    const first = await collection.get('ada');
    const second = await collection.update('ada', visit, first);
    expect([second?.visits, reads.length]).toEqual([2, 1]);
    expect((await collection.update('ada', visit, second))?.visits).toBe(3);
    expect(reads).toHaveLength(1);
    // Another writer was first: the change applies to the stored record, not to the stale one.
    expect((await collection.update('ada', visit, first))?.visits).toBe(4);
    expect(reads).toHaveLength(2);
    // "No change" for a stale record is decided again on the stored one.
    const judged: number[] = [];
    const decline = ({ visits }: Person) => void judged.push(visits);
    expect((await collection.update('ada', decline, first))?.visits).toBe(4);
    expect(judged).toEqual([1, 4]);
  });

  it('returns a record that was read before while it is stored unchanged, and reads it again afterwards', async () => {
    const collection = people();
    await collection.set('ada', ada, 60);
    const first = await collection.get('ada');
    expect(await collection.get('ada', first)).toBe(first);
    // The same value, written again: sealed anew, so it counts as another write.
    await people().set('ada', ada, 60);
    const second = await collection.get('ada', first);
    expect(second).toEqual(first);
    expect(second).not.toBe(first);
    expect(await collection.get('ada', first)).not.toBe(first);
    // A copy was not read from the store.
    expect(await collection.get('ada', { name: 'Mallory', visits: 0 })).toEqual(ada);
    await collection.delete('ada');
    expect(await collection.get('ada', second)).toBeUndefined();
  });

  it('reads a damaged record as absent, although it was read before', async () => {
    const collection = people();
    await collection.set('ada', ada, 60);
    const found = await collection.get('ada');
    const [name = ''] = watched.names;
    const [value = Buffer.alloc(0)] = watched.values;
    const damaged = Buffer.from(value);
    damaged[20] = (damaged[20] ?? 0) ^ 1;
    await watched.storage.set(name, damaged, 60);
    expect(await collection.get('ada', found)).toBeUndefined();
    expect(unreadable).toEqual(['person']);
  });

  it('does not use a record for another id', async () => {
    const collection = people();
    await collection.set('ada', ada, 60);
    await collection.set('grace', { name: 'Grace Hopper', visits: 7 }, 60);
    const found = await collection.get('ada');
    const keep = (value: Person) => ({ value, ttlSeconds: 60 });
    expect(await collection.update('grace', keep, found)).toMatchObject({ visits: 7 });
    expect(await collection.get('grace', found)).toMatchObject({ visits: 7 });
    expect(await collection.get('grace')).toMatchObject({ name: 'Grace Hopper' });
  });

  it('treats a damaged record, one moved to another name and one of another key as absent', async () => {
    await people().set('ada', ada, 60);
    await people().set('grace', { name: 'Grace Hopper', visits: 1 }, 60);
    const [first = '', second = ''] = watched.names;
    const [value = Buffer.alloc(0)] = watched.values;
    await watched.storage.set(second, value, 60);
    expect(await people().get('grace')).toBeUndefined();
    const damaged = Buffer.from(value);
    damaged[20] = (damaged[20] ?? 0) ^ 1;
    await watched.storage.set(first, damaged, 60);
    expect(await people().get('ada')).toBeUndefined();
    expect(await people().update('ada', () => ({ value: ada, ttlSeconds: 60 }))).toBeUndefined();
    expect(await people().take('ada')).toBeUndefined();
    expect(unreadable).toEqual(['person', 'person', 'person', 'person']);
  });

  it('rejects a record in plain text', async () => {
    await people().set('ada', ada, 60);
    const [name = ''] = watched.names;
    await watched.storage.set(name, Buffer.from(JSON.stringify(ada)), 60);
    expect(await people().get('ada')).toBeUndefined();
    expect(unreadable).toEqual(['person']);
  });

  it('does not add over an unreadable record', async () => {
    await people([newerName], [olderSeal]).set('ada', ada, 60);
    expect(await people().add('ada', ada, 60)).toBe(false);
  });

  describe('during a rotation of keys', () => {
    let before: Collection<Person>;
    let first: Collection<Person>;
    let second: Collection<Person>;
    let after: Collection<Person>;
    beforeEach(() => {
      before = people([olderName], [olderSeal]);
      first = people([olderName, newerName], [olderSeal, newerSeal]);
      second = people([newerName, olderName], [newerSeal, olderSeal]);
      after = people([newerName], [newerSeal]);
    });

    it('reads an unchanged record under its older name, and finds a newer one', async () => {
      const collection = people([newerName, olderName], [newerSeal, olderSeal]);
      await people([olderName], [olderSeal]).set('ada', ada, 60);
      const first = await collection.get('ada');
      expect(await collection.get('ada', first)).toBe(first);
      await collection.set('ada', { ...ada, visits: 2 }, 60);
      expect((await collection.get('ada', first))?.visits).toBe(2);
    });

    it('finds, changes, takes and deletes older records', async () => {
      for (const id of ['read', 'changed', 'taken', 'deleted']) await before.set(id, ada, 60);
      expect(await second.get('read')).toEqual(ada);
      await second.update('changed', () => ({ value: { ...ada, visits: 2 }, ttlSeconds: 60 }));
      expect((await first.get('changed'))?.visits).toBe(2);
      expect(await second.take('taken')).toEqual(ada);
      await second.delete('deleted');
      for (const id of ['taken', 'deleted']) expect(await first.get(id)).toBeUndefined();
      expect(unreadable).toEqual([]);
    });

    it('has one record per id, with writes of either instance', async () => {
      await first.set('ada', ada, 60);
      expect(await second.add('ada', ada, 60)).toBe(false);
      await second.set('ada', { ...ada, visits: 2 }, 60);
      expect((await first.get('ada'))?.visits).toBe(2);
      expect(await before.get('ada')).toBeUndefined();
      expect(await first.add('ada', ada, 60)).toBe(false);
    });

    it('lets at most one instance add in a race between the two key orders', async () => {
      for (let round = 0; round < 20; round += 1) {
        const racers = [first, second, first, second];
        const added = await Promise.all(racers.map((racer) => racer.add(`id ${round}`, ada, 60)));
        expect(added.filter((won) => won).length).toBeLessThanOrEqual(1);
      }
    });

    it('reads only new records after the old key is removed', async () => {
      await before.set('old', ada, 60);
      await second.set('new', ada, 60);
      expect(await after.get('new')).toEqual(ada);
      expect(await after.get('old')).toBeUndefined();
    });
  });

  it('needs a name key', () => {
    expect(() => people([])).toThrow(RangeError);
  });
});
