import {
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';

import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { storageContract } from '../../../lib/storage/contract.js';
import { dataDirectoryFor } from '../../../lib/storage/embedded/directory.js';
import { embeddedStorage } from '../../../lib/storage/embedded/embedded-storage.js';
import { type Storage, StorageUnavailableError } from '../../../lib/storage/storage.js';
import { sideBySide } from '../../support/side-by-side.js';

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('embeddedStorage()', () => {
  const directory = mkdtempSync(join(tmpdir(), 'auth0-mcp-contract-'));
  const storage = embeddedStorage({ directory }).open?.('contract') as Storage;
  afterAll(async () => {
    await storage.close?.();
    rmSync(directory, { recursive: true });
  });
  storageContract(sideBySide(), async () => storage);
});

/** Called in an app, or left to the default, it has to find the same data and the same key. */
describe('embeddedStorage() without a directory', () => {
  const { XDG_DATA_HOME, LOCALAPPDATA } = process.env;
  afterEach(() => restore({ XDG_DATA_HOME, LOCALAPPDATA }));

  function restore(variables: Readonly<Record<string, string | undefined>>): void {
    for (const [name, value] of Object.entries(variables)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }

  it('stores its data where the variables of the platform say, as the default and the doctor do', () => {
    const home = join(tmpdir(), 'data-of-the-user');
    restore({ XDG_DATA_HOME: home, LOCALAPPDATA: home });
    const place = `embedded (LMDB) in ${dataDirectoryFor({ XDG_DATA_HOME: home, LOCALAPPDATA: home })}`;
    expect(place).toContain(process.platform === 'darwin' ? 'Library' : home);
    expect(embeddedStorage().description).toContain(place);
  });
});

describe('embeddedStorage() on disk', () => {
  const value = Buffer.from('value');
  let directory: string;
  const opened: Storage[] = [];
  const open = (namespace: string, at = directory): Storage => {
    const storage = embeddedStorage({ directory: at }).open?.(namespace) as Storage;
    opened.push(storage);
    return storage;
  };
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'auth0-mcp-embedded-'));
  });
  afterEach(async () => {
    for (const storage of opened.splice(0)) await storage.close?.();
    rmSync(directory, { recursive: true });
  });

  it('creates no file before it is opened', async () => {
    const storage = embeddedStorage({ directory: join(directory, 'later') });
    expect(existsSync(join(directory, 'later'))).toBe(false);
    await storage.set('key', value, 60);
    expect(existsSync(join(directory, 'later'))).toBe(true);
    await storage.close?.();
  });

  it('keeps values over a restart', async () => {
    const before = open('tenant');
    await before.set('key', value, 60);
    await before.addMember('index', 'member', 60);
    await before.close?.();
    const after = open('tenant');
    expect(await after.get('key')).toEqual(value);
    expect(await after.members('index')).toEqual(['member']);
  });

  it('keeps issuers and applications apart, each in a directory of its own', async () => {
    const one = open('https://auth.example.com|client-1');
    const two = open('https://auth.example.com|client-2');
    await one.set('key', value, 60);
    expect(await two.get('key')).toBeUndefined();
    expect(one.localSecret?.()).not.toEqual(two.localSecret?.());
    expect(readdirSync(directory)).toHaveLength(2);
  });

  it('may be opened twice in one process, and closed once', async () => {
    const one = open('tenant');
    const two = open('tenant');
    await one.set('key', value, 60);
    expect(await two.get('key')).toEqual(value);
    await one.close?.();
    await two.set('key', Buffer.from('changed'), 60);
    expect(await two.get('key')).toEqual(Buffer.from('changed'));
    await expect(one.get('key')).rejects.toThrow(StorageUnavailableError);
  });

  // A deadlock of the whole process otherwise: opening takes the lock of the writer.
  it('opens while another one in this process writes, or closes', async () => {
    let one = open('tenant');
    for (let round = 0; round < 30; round += 1) {
      const writes = Array.from({ length: 50 }, (_, key) => one.set(`${key}`, value, 60));
      for (let turns = 0; turns < round % 15; turns += 1) await turn();
      const closing = round % 3 === 0 ? one.close?.() : undefined;
      const two = open('tenant');
      two.localSecret?.();
      await Promise.allSettled([...writes, closing]);
      await two.set('two', value, 60);
      if (closing === undefined) await two.close?.();
      else one = two;
    }
    expect(await one.get('two')).toEqual(value);
  });

  it('is one store by any path, and a new one after it was deleted', async () => {
    const one = open('tenant');
    const link = `${directory}-link`;
    symlinkSync(directory, link);
    const two = open('tenant', link);
    const writes = Array.from({ length: 50 }, (_, key) => one.set(`${key}`, value, 60));
    two.localSecret?.();
    await Promise.all(writes);
    expect(await two.get('7')).toEqual(value);
    rmSync(link);
    for (const entry of readdirSync(directory)) rmSync(join(directory, entry), { recursive: true });
    expect(await open('tenant').get('7')).toBeUndefined();
  });

  it('gives the directory mode 0700 and every file 0600', async () => {
    const storage = open('tenant');
    storage.localSecret?.();
    await storage.ready?.();
    const [name = ''] = readdirSync(directory);
    const inside = join(directory, name);
    expect(modeOf(inside)).toBe('700');
    const files = readdirSync(inside);
    const socket = process.platform === 'linux' ? [expect.stringMatching(/^\d+-\w+\.sock$/)] : [];
    expect(files.sort()).toEqual([...socket, 'data.mdb', 'data.mdb-lock', 'secret.key']);
    expect(new Set(files.map((file) => modeOf(join(inside, file))))).toEqual(new Set(['600']));
  });

  it('creates a secret of 32 bytes once', async () => {
    const secret = open('tenant').localSecret?.();
    expect(secret).toHaveLength(32);
    expect(open('tenant').localSecret?.()).toEqual(secret);
  });

  it('does not replace a damaged secret', () => {
    const storage = open('tenant');
    const [name = ''] = readdirSync(directory);
    writeFileSync(join(directory, name, 'secret.key'), 'short');
    expect(() => storage.localSecret?.()).toThrow(/should have 32 bytes and has 5.*backup/s);
  });

  it('reports the remedy for a directory that cannot be used', async () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    expect(() => open('tenant', join(file, 'below'))).toThrow(/embeddedStorage\(\{ directory \}\)/);
    const unopened = embeddedStorage({ directory: join(file, 'below') });
    await expect(unopened.get('key')).rejects.toThrow(StorageUnavailableError);
  });

  it('says where the data is', () => {
    expect(open('tenant').description).toContain(directory);
  });
});
