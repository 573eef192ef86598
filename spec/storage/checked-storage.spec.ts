import { describe, expect, it } from '@jest/globals';
import {
  builtInStorage,
  checkedStorage,
  STORAGE_VERBS,
} from '../../lib/storage/checked-storage.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { type Storage, StorageUnavailableError } from '../../lib/storage/storage.js';

const value = Buffer.from('value');

/** What `fetch` rejects with if no server responds. */
const FAILURE = new TypeError('fetch failed');

/** Arguments that fit every verb. */
const ARGUMENTS: Readonly<Record<(typeof STORAGE_VERBS)[number], readonly unknown[]>> = {
  get: ['key'],
  set: ['key', value, 60],
  add: ['key', value, 60],
  take: ['key'],
  update: ['key', value, value, 60],
  delete: ['key'],
  addMember: ['index', 'member', 60],
  removeMember: ['index', 'member'],
  members: ['index'],
};

/** A driver as an app may write it: a class with private members, here over our memory. */
class Driver implements Storage {
  readonly #inner = memoryStorage();
  readonly fail: (() => never) | undefined;
  constructor(fail?: () => never) {
    this.fail = fail;
  }
  get description() {
    return `driver, ${this.#inner.description}`;
  }
  get: Storage['get'] = (key) => this.#run('get', key);
  set: Storage['set'] = (...args) => this.#run('set', ...args);
  add: Storage['add'] = (...args) => this.#run('add', ...args);
  take(key: string): Promise<Uint8Array | undefined> {
    return this.#run('take', key);
  }
  update: Storage['update'] = (...args) => this.#run('update', ...args);
  delete: Storage['delete'] = (key) => this.#run('delete', key);
  addMember: Storage['addMember'] = (...args) => this.#run('addMember', ...args);
  removeMember: Storage['removeMember'] = (...args) => this.#run('removeMember', ...args);
  members: Storage['members'] = (index) => this.#run('members', index);
  localSecret(): Uint8Array {
    return this.#inner.localSecret?.() ?? new Uint8Array();
  }
  #run<Verb extends (typeof STORAGE_VERBS)[number]>(verb: Verb, ...args: unknown[]) {
    this.fail?.();
    return Reflect.apply(this.#inner[verb], this.#inner, args) as ReturnType<Storage[Verb]>;
  }
}

function refuse(): never {
  throw FAILURE;
}

describe('a storage of the app', () => {
  const failing = checkedStorage(new Driver(refuse));
  const rejecting = checkedStorage(
    Object.freeze({
      ...memoryStorage(),
      ...Object.fromEntries(STORAGE_VERBS.map((verb) => [verb, async () => refuse()])),
    }),
  );

  it.each(STORAGE_VERBS)(
    'is unavailable when %s() throws or rejects with any error',
    async (verb) => {
      for (const storage of [failing, rejecting]) {
        const call = storage[verb] as (...args: readonly unknown[]) => Promise<unknown>;
        const outcome = await call(...ARGUMENTS[verb]).catch((error: unknown) => error);
        expect(outcome).toBeInstanceOf(StorageUnavailableError);
        expect(outcome).toMatchObject({ cause: FAILURE, message: expect.stringContaining(verb) });
      }
    },
  );

  it('passes on its own StorageUnavailableError, and throws RangeError for an invalid TTL, which is a bug of ours', async () => {
    const own = new StorageUnavailableError('temporarily away');
    const away = new Driver(() => {
      throw own;
    });
    await expect(checkedStorage(away).get('key')).rejects.toBe(own);
    await expect(failing.set('key', value, 0)).rejects.toThrow(RangeError);
    await expect(failing.addMember('index', 'member', 0.5)).rejects.toThrow(RangeError);
  });

  it('is otherwise unchanged: values, additional members, absent members', async () => {
    const storage = checkedStorage(new Driver());
    await storage.set('key', value, 60);
    expect(await storage.take('key')).toEqual(value);
    expect(storage.description).toContain('driver, memory');
    expect(storage.localSecret?.()).toHaveLength(32);
    for (const name of ['rateLimitStore', 'sessionStore', 'ready', 'close'] as const) {
      expect(storage[name]).toBeUndefined();
    }
  });
});

describe('a built-in store', () => {
  it('throws its errors unchanged: a bug of ours is not an outage', async () => {
    const broken = builtInStorage({ ...memoryStorage(), get: async () => refuse() });
    await expect(checkedStorage(broken).get('key')).rejects.toBe(FAILURE);
    await expect(checkedStorage({ ...broken }).get('key')).rejects.toThrow(StorageUnavailableError);
  });
});
