/** The default store: an LMDB file on this machine, shared by all its processes. */
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { builtInStorage } from '../checked-storage.js';
import { checkedTtl, type Storage, StorageUnavailableError } from '../storage.js';
import {
  createRecordTable,
  memberKey,
  memberRange,
  openDatabase,
  type RecordTable,
  type SharedDatabase,
  valueKey,
} from './database.js';
import {
  dataDirectoryFor,
  directoryName,
  makePrivateDirectory,
  storeFailed,
  warningAbout,
} from './directory.js';
import { DirectoryInUseError } from './directory-lock.js';
import { localSecret } from './local-secret.js';

/** Settings of {@link embeddedStorage}. */
export interface EmbeddedStorageOptions {
  /**
   * Where to store the data, in one subdirectory for each issuer and Auth0 application.
   * A local disk, not a network drive. Default: the platform's directory for application data, such as
   * `~/.local/share/express-auth0-mcp`; `XDG_DATA_HOME` (Linux) and `LOCALAPPDATA` (Windows) move it.
   */
  directory?: string;
}

/** Namespace of a store that is used without `open()`. */
const DEFAULT_NAMESPACE = 'default';

/**
 * A store on the local disk for one machine or one container with any number of processes of one user
 * (cluster, PM2). A second container on the same volume rejects every verb, and takes over when the first
 * has ended. A resolved write survives a crash and a power failure. No file is created before `open()` or the
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
      // At start-up, which a missing permission or package stops: the second one by a rejection that is left
      // unhandled. Another container does not stop it: this one may be its replacement.
      makePrivateDirectory(handle.directory);
      handle.use().catch((error: unknown) => {
        if (!(error instanceof DirectoryInUseError)) throw error;
      });
      return builtInStorage({ ...storageOn(handle), warning: warningAbout(handle.directory) });
    },
    async close() {
      for (const handle of handles) await handle.close();
    },
  };
}

/** An open database and the records in it. */
interface OpenStore {
  readonly database: SharedDatabase;
  readonly table: RecordTable;
}

/** A directory and the database in it, opened when it is used. */
interface Handle {
  directory: string;
  /** @throws StorageUnavailableError it cannot be opened, or was closed */
  use(): Promise<OpenStore>;
  close(): Promise<void>;
}

/** Interval of checks that the file is still in place, in milliseconds. */
const CHECK_MS = 250;

function createHandle(directory: string): Handle {
  let open: OpenStore | undefined;
  let opening: Promise<OpenStore> | undefined;
  let isClosed = false;
  let checkedAtMs = 0;
  /** The file system of the directory, once it was open. */
  let device: number | undefined;

  function isInPlace({ database }: OpenStore): boolean {
    if (performance.now() - checkedAtMs < CHECK_MS) return true;
    checkedAtMs = performance.now();
    return database.isInPlace();
  }

  async function openAgain(): Promise<OpenStore> {
    // Not in the empty mount point of a volume that was unmounted.
    if (device !== undefined && deviceOf(dirname(directory)) !== device)
      throw storeMissing(directory);
    const database = await openDatabase(directory);
    open = { database, table: createRecordTable(database, Date.now) };
    checkedAtMs = performance.now();
    device = deviceOf(dirname(directory));
    return open;
  }

  return {
    directory,
    async use() {
      if (isClosed) throw new StorageUnavailableError(`the store in ${directory} is closed`);
      if (open !== undefined) {
        if (isInPlace(open)) return open;
        open.database.close().catch(() => undefined);
        open = undefined;
      }
      opening ??= openAgain().finally(() => {
        opening = undefined;
      });
      return opening;
    },
    async close() {
      isClosed = true;
      await opening?.catch(() => undefined);
      await open?.database.close();
      open = undefined;
    },
  };
}

function deviceOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.dev;
}

function storeMissing(directory: string): StorageUnavailableError {
  return new StorageUnavailableError(
    `the store in ${directory} is gone: the directory was deleted, moved or unmounted. Service resumes ` +
      'when it is back; a restart creates an empty one.',
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
        table.delete(valueKey(key));
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
    delete: (key) => write((table) => table.delete(valueKey(key))),
    async addMember(index, member, ttlSeconds) {
      checkedTtl(ttlSeconds);
      const payload = Buffer.from(member, 'utf8');
      await write((table) => table.put(memberKey(index, member), payload, ttlSeconds));
    },
    removeMember: (index, member) => write((table) => table.delete(memberKey(index, member))),
    members: (index) =>
      read((table) => table.readRange(memberRange(index)).map((payload) => payload.toString())),
    localSecret: () => localSecret(handle.directory),
    ready: () => write((table) => table.sweep()),
    close: () => handle.close(),
  };
}

/** Reading and writing of records, with lmdb's errors translated. */
function access(handle: Handle) {
  const fail = (error: unknown): never => {
    throw error instanceof StorageUnavailableError ? error : storeFailed(handle.directory, error);
  };
  return {
    /** Never waits for a writer. */
    async read<T>(query: (table: RecordTable) => T): Promise<T> {
      try {
        return query((await handle.use()).table);
      } catch (error) {
        return fail(error);
      }
    },
    /** Exclusive among all processes; on disk when it resolves. */
    async write<T>(change: (table: RecordTable) => T): Promise<T> {
      try {
        const { database, table } = await handle.use();
        return await database.write(() => {
          const result = change(table);
          table.sweep();
          return result;
        });
      } catch (error) {
        return fail(error);
      }
    },
  };
}
