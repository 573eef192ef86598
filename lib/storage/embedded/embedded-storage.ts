/**
 * The default store: an LMDB file on this machine, shared by all its processes.
 *
 * @module
 */
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { AtOnce } from '../at-once.js';
import { ownStorage } from '../checked-storage.js';
import { type Storage, StorageUnavailableError } from '../storage.js';
import { checkedTtl } from '../ttl.js';
import { dataDirectoryFor, directoryName } from './data-directory.js';
import { type Environment, openEnvironment } from './environment.js';
import { failed, warningAbout } from './file-system.js';
import { localSecret } from './local-secret.js';
import { memberKey, memberRange, type RecordTable, recordTable, valueKey } from './record-table.js';

/** Settings of {@link embeddedStorage}. */
export interface EmbeddedStorageOptions {
  /**
   * Where to keep the data; each issuer and Auth0 application gets a directory of its own below.
   * A local disk, not a network drive. Default: the platform's place for application data, such as
   * `~/.local/share/express-auth0-mcp`; `XDG_DATA_HOME` (Linux) and `LOCALAPPDATA` (Windows) move it.
   */
  directory?: string;
}

/** The store of callers that never call `open()`. */
const DEFAULT_NAMESPACE = 'default';

/**
 * A store on the local disk for one machine or one container with any number of processes of one user
 * (cluster, PM2). A second container on the same volume rejects every verb, and takes over when the first
 * has ended. What a verb has written survives a crash and a power cut. Nothing is touched before `open()` or the
 * first verb; the directory has mode 0700, its files 0600.
 */
export function embeddedStorage(options: EmbeddedStorageOptions = {}): Storage {
  const base = options.directory ?? dataDirectoryFor();
  const handles: Handle[] = [];
  const handleFor = (namespace: string): Handle => {
    const handle = createHandle(join(base, directoryName(namespace)));
    handles.push(handle);
    return handle;
  };
  return {
    ...storageOn(handleFor(DEFAULT_NAMESPACE)),
    open(namespace) {
      const handle = handleFor(namespace);
      // At start-up and not at the first login: a missing right should stop the start. Another container
      // should not: it may be the one that this one replaces.
      const opening = handle.use();
      if (opening instanceof Promise) opening.catch(() => undefined);
      return ownStorage({ ...storageOn(handle), warning: warningAbout(handle.directory) });
    },
    async close() {
      for (const handle of handles) await handle.close();
    },
  };
}

/** An open database. */
interface Opened {
  readonly environment: Environment;
  readonly table: RecordTable;
}

/** A directory and the database in it, once it is open. */
interface Handle {
  directory: string;
  /** @throws StorageUnavailableError when it cannot be opened, or was closed; it rejects while another container has it */
  use(): AtOnce<Opened>;
  close(): Promise<void>;
}

/** How often it is looked whether the directory is still there, in milliseconds. */
const CHECK_MS = 250;

function createHandle(directory: string): Handle {
  let open: Opened | undefined;
  let opening: Promise<Opened> | undefined;
  let isClosed = false;
  let checkedAtMs = 0;
  /** The file system of the directory, once it was open. */
  let device: number | undefined;

  function opened(environment: Environment): Opened {
    open = { environment, table: recordTable(environment, Date.now) };
    checkedAtMs = performance.now();
    device = deviceOf(dirname(directory));
    return open;
  }

  function isThere({ environment }: Opened): boolean {
    if (performance.now() - checkedAtMs < CHECK_MS) return true;
    checkedAtMs = performance.now();
    return environment.isThere();
  }

  /** Not into the empty mount point of a volume that went away. */
  function openAgain(): AtOnce<Opened> {
    if (device !== undefined && deviceOf(dirname(directory)) !== device) throw gone(directory);
    const environment = openEnvironment(directory);
    if (!(environment instanceof Promise)) return opened(environment);
    opening = environment.then(opened).finally(() => {
      opening = undefined;
    });
    return opening;
  }

  return {
    directory,
    use() {
      if (isClosed) throw new StorageUnavailableError(`the store in ${directory} is closed`);
      if (open !== undefined) {
        if (isThere(open)) return open;
        open.environment.close().catch(() => undefined);
        open = undefined;
      }
      return opening ?? openAgain();
    },
    async close() {
      isClosed = true;
      await opening?.catch(() => undefined);
      await open?.environment.close();
      open = undefined;
    },
  };
}

function deviceOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.dev;
}

function gone(directory: string): StorageUnavailableError {
  return new StorageUnavailableError(
    `the store in ${directory} is gone: the directory was deleted, moved or unmounted. Service resumes ` +
      'when it is back; a restart begins with an empty one.',
  );
}

function storageOn(handle: Handle): Storage {
  const { read, write } = access(handle);
  return {
    description: `embedded (LMDB) in ${handle.directory}`,
    get: (key) => read((table) => table.readCommitted(valueKey(key))),
    async set(key, value, ttlSeconds) {
      checkedTtl(ttlSeconds);
      await write((table) => table.put(valueKey(key), value, ttlSeconds));
    },
    async add(key, value, ttlSeconds) {
      checkedTtl(ttlSeconds);
      return write((table) => {
        if (table.read(valueKey(key)) !== undefined) return false;
        table.put(valueKey(key), value, ttlSeconds);
        return true;
      });
    },
    take: (key) =>
      write((table) => {
        const value = table.read(valueKey(key));
        table.drop(valueKey(key));
        return value;
      }),
    async update(key, expected, next, ttlSeconds) {
      checkedTtl(ttlSeconds);
      return write((table) => {
        if (table.read(valueKey(key))?.equals(expected) !== true) return false;
        table.put(valueKey(key), next, ttlSeconds);
        return true;
      });
    },
    delete: (key) => write((table) => table.drop(valueKey(key))),
    async addMember(index, member, ttlSeconds) {
      checkedTtl(ttlSeconds);
      const payload = Buffer.from(member, 'utf8');
      await write((table) => table.put(memberKey(index, member), payload, ttlSeconds));
    },
    removeMember: (index, member) => write((table) => table.drop(memberKey(index, member))),
    members: (index) =>
      read((table) => table.readRange(memberRange(index)).map((payload) => payload.toString())),
    localSecret: () => localSecret(handle.directory),
    ready: () => write((table) => table.sweep()),
    close: () => handle.close(),
  };
}

/** The two ways to the table, with lmdb's errors translated. */
function access(handle: Handle) {
  const fail = (error: unknown): never => {
    throw error instanceof StorageUnavailableError ? error : failed(handle.directory, error);
  };
  return {
    /** Reads, without waiting for a writer. */
    async read<T>(look: (table: RecordTable) => T): Promise<T> {
      try {
        return look((await handle.use()).table);
      } catch (error) {
        return fail(error);
      }
    },
    /** Writes, alone among all processes; on disk when it resolves. */
    async write<T>(change: (table: RecordTable) => T): Promise<T> {
      try {
        const { environment, table } = await handle.use();
        return await environment.write(() => {
          const outcome = change(table);
          table.sweep();
          return outcome;
        });
      } catch (error) {
        return fail(error);
      }
    },
  };
}
