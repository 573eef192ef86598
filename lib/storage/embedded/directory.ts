/** Directories of embedded stores: where they are, who may read them, and whether their data lasts. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, statfsSync } from 'node:fs';
import { constants, homedir } from 'node:os';
import { posix, win32 } from 'node:path';

import { StorageUnavailableError } from '../storage.js';

const APPLICATION = 'express-auth0-mcp';

/** Inputs of each platform's convention. */
interface DataDirectoryInput {
  platform: NodeJS.Platform;
  /** Home directory of the user of the process. */
  homedir: string;
  /** `XDG_DATA_HOME` (XDG Base Directory Specification); a relative path is invalid and ignored. */
  xdgDataHome?: string | undefined;
  /** `LOCALAPPDATA`, on Windows. */
  localAppData?: string | undefined;
}

/** The directory for this library's data by the convention of the platform, such as `~/.local/share/express-auth0-mcp`. */
export function dataDirectory(input: DataDirectoryInput): string {
  const { platform, homedir, xdgDataHome, localAppData } = input;
  if (platform === 'win32') {
    return win32.join(localAppData || win32.join(homedir, 'AppData', 'Local'), APPLICATION);
  }
  if (platform === 'darwin') {
    return posix.join(homedir, 'Library', 'Application Support', APPLICATION);
  }
  const isUsable = xdgDataHome !== undefined && posix.isAbsolute(xdgDataHome);
  return posix.join(isUsable ? xdgDataHome : posix.join(homedir, '.local', 'share'), APPLICATION);
}

/** Environment variables that move a user's data. */
interface DataVariables {
  readonly XDG_DATA_HOME?: string | undefined;
  readonly LOCALAPPDATA?: string | undefined;
}

/**
 * {@link dataDirectory} on this machine, for the user of the process.
 *
 * @param variables default: those of this process. The doctor passes those of the server.
 */
export function dataDirectoryFor(variables: DataVariables = variablesOfProcess()): string {
  return dataDirectory({
    platform: process.platform,
    homedir: homedir(),
    xdgDataHome: variables.XDG_DATA_HOME,
    localAppData: variables.LOCALAPPDATA,
  });
}

/**
 * Not read in `config/env.ts`: `embeddedStorage()` in code and the default must be the same directory, since the
 * signing key is in it.
 */
function variablesOfProcess(): DataVariables {
  // biome-ignore lint/style/noProcessEnv: variables of the platform, not options
  const { XDG_DATA_HOME, LOCALAPPDATA } = process.env;
  return { XDG_DATA_HOME, LOCALAPPDATA };
}

/** A file name for any namespace: a readable part, then a hash that makes it unique. */
export function directoryName(namespace: string): string {
  const readable = namespace
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 48);
  const tag = createHash('sha256').update(namespace).digest('hex').slice(0, 12);
  return readable === '' ? tag : `${readable}-${tag}`;
}

/** File system type as Linux numbers it (`statfs(2)`) → its risk for a store. */
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
 * Creates the directory with its parents, readable by this user alone.
 *
 * @throws StorageUnavailableError when it cannot be created or belongs to another user
 */
export function makePrivateDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // An existing one, such as from a backup, may be readable by others.
    chmodSync(directory, 0o700);
  } catch (error) {
    throw notWritable(directory, error);
  }
}

/** The error for a directory that cannot be used. */
export function notWritable(directory: string, cause: unknown): StorageUnavailableError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StorageUnavailableError(
    `embeddedStorage() cannot use the directory ${directory}: ${reason}. Let the user that runs ` +
      'this process write there, choose another directory with embeddedStorage({ directory }), or use redisStorage().',
    { cause },
  );
}

/** Error of the system → reason. lmdb reports its number, Node its name. */
const REASONS: readonly (readonly [codes: readonly string[], reason: string])[] = [
  [['ENOSPC', 'EDQUOT'], 'the disk is full, or a quota is used up: free space'],
  [['EROFS'], 'the file system is mounted read-only'],
  [
    ['EFBIG', 'EIO'],
    'the disk rejects writes: see the system log, and the limit of file sizes (ulimit -f)',
  ],
];

/** The error of a store that was open. Service resumes when the cause is gone. */
export function storeFailed(directory: string, cause: unknown): StorageUnavailableError {
  const code = (cause as { code?: unknown } | null)?.code;
  const known = REASONS.find(([codes]) =>
    codes.some((name) => code === name || code === constants.errno[name as 'EIO']),
  );
  const reason = known?.[1] ?? 'is the disk full, or the file damaged?';
  return new StorageUnavailableError(`the store in ${directory} failed: ${reason}`, { cause });
}

/** A warning about a directory whose content is not durable or not safe, else `undefined`. */
export function warningAbout(directory: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    // A number with the top bit set is reported as negative.
    const warning = WARNINGS.get(statfsSync(directory).type >>> 0);
    return warning === undefined ? undefined : `the data directory ${directory} ${warning}`;
  } catch {
    return undefined;
  }
}
