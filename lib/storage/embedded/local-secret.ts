/**
 * The secret that an embedded store creates, so that no signing key has to be configured. It is beside the
 * database, not in it: a copy of the database alone cannot be opened.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

import { StorageUnavailableError } from '../storage.js';
import { makePrivateDirectory, notWritable } from './directory.js';

const FILE = 'secret.key';
const SECRET_BYTES = 32;

/**
 * The secret in `directory`, created at the first call by any process.
 *
 * @throws StorageUnavailableError when it cannot be read or written, or is damaged
 */
export function localSecret(directory: string): Uint8Array {
  const path = join(directory, FILE);
  const secret = readIfPresent(path) ?? createSecret(directory, path);
  if (secret.length === SECRET_BYTES) return new Uint8Array(secret);
  // Never replaced automatically: that would end every login without a visible reason.
  throw new StorageUnavailableError(
    `${path} should have ${SECRET_BYTES} bytes and has ${secret.length}. Restore it from a backup; ` +
      'or delete it, and all users have to log in again.',
  );
}

function readIfPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw notWritable(path, error);
  }
}

/** Written to a temporary file, flushed, then linked to its name: complete or absent. The first process wins. */
function createSecret(directory: string, path: string): Buffer {
  makePrivateDirectory(directory);
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeSync(file, randomBytes(SECRET_BYTES));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    linkTo(temporary, path);
    flushDirectory(directory);
    return readFileSync(path);
  } catch (error) {
    throw notWritable(directory, error);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function linkTo(temporary: string, path: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    // A file system without hard links: of two processes that start together, the second wins.
    renameSync(temporary, path);
  }
}

/** The name is part of the directory. Windows cannot flush a directory, and need not. */
function flushDirectory(directory: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
