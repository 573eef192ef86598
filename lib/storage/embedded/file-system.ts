/**
 * The directory of one embedded store: made private, and looked at for places that forget.
 *
 * @module
 */
import { chmodSync, mkdirSync, statfsSync } from 'node:fs';
import { constants } from 'node:os';

import { StorageUnavailableError } from '../storage.js';

/** Types of file system as Linux numbers them (`statfs(2)`), and what each means for a store. */
const WARNINGS: ReadonlyMap<number, string> = new Map([
  [0x01021994, 'is in memory (tmpfs): every login is lost when the machine or container restarts'],
  [0x858458f6, 'is in memory (ramfs): every login is lost when the machine restarts'],
  [
    0x794c7630,
    'is in the layer of a container: every login is lost when the container is replaced',
  ],
  [0x6969, 'is on a network (NFS), where the database is not safe: use redisStorage()'],
  [0x517b, 'is on a network (SMB), where the database is not safe: use redisStorage()'],
  [0xff534d42, 'is on a network (CIFS), where the database is not safe: use redisStorage()'],
  [0xfe534d42, 'is on a network (SMB2), where the database is not safe: use redisStorage()'],
]);

/**
 * Makes the directory, if need be with those above it, readable by this user alone.
 *
 * @throws StorageUnavailableError when it cannot be made or is not ours
 */
export function makePrivateDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // One that was there already, from a backup say, may be open to others.
    chmodSync(directory, 0o700);
  } catch (error) {
    throw notWritable(directory, error);
  }
}

/** @returns the error that says what to do about a directory we cannot use */
export function notWritable(directory: string, cause: unknown): StorageUnavailableError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StorageUnavailableError(
    `embeddedStorage() cannot use the directory ${directory}: ${reason}. Let the user that runs ` +
      'this process write there, choose another place with embeddedStorage({ directory }), or use redisStorage().',
    { cause },
  );
}

/** What the system says about a failed write, and what it means. lmdb gives its number, Node the name too. */
const REASONS: readonly (readonly [codes: readonly string[], reason: string])[] = [
  [['ENOSPC', 'EDQUOT'], 'the disk is full, or a quota is used up: make room'],
  [['EROFS'], 'the file system is mounted read-only'],
  [
    ['EFBIG', 'EIO'],
    'the disk refuses to be written to: see its log, and the limit of file sizes (ulimit -f)',
  ],
];

/** The error of a store that was open. Service resumes when its cause is gone. */
export function failed(directory: string, cause: unknown): StorageUnavailableError {
  const code = (cause as { code?: unknown } | null)?.code;
  const known = REASONS.find(([codes]) =>
    codes.some((name) => code === name || code === constants.errno[name as 'EIO']),
  );
  const reason = known?.[1] ?? 'is the disk full, or the file damaged?';
  return new StorageUnavailableError(`the store in ${directory} failed: ${reason}`, { cause });
}

/** A sentence about a directory whose content does not last or is not safe, else `undefined`. */
export function warningAbout(directory: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    // Some of these numbers have the top bit set, and come out negative.
    const warning = WARNINGS.get(statfsSync(directory).type >>> 0);
    return warning === undefined ? undefined : `the data directory ${directory} ${warning}`;
  } catch {
    return undefined;
  }
}
