/**
 * The secret an embedded store makes for itself, so that nobody has to configure a signing key.
 *
 * It lies beside the database, not in it: a copy of the database alone opens nothing.
 *
 * @module
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
import { makePrivateDirectory, notWritable } from './file-system.js';

const FILE = 'secret.key';
const SECRET_BYTES = 32;

/**
 * The secret kept in `directory`, made at the first call by any process.
 *
 * @throws StorageUnavailableError when it cannot be read or written, or is damaged
 */
export function localSecret(directory: string): Uint8Array {
  const path = join(directory, FILE);
  const secret = readIfThere(path) ?? makeSecret(directory, path);
  if (secret.length === SECRET_BYTES) return new Uint8Array(secret);
  // Never replaced by itself: a new one would end every login and make the reason hard to find.
  throw new StorageUnavailableError(
    `${path} should have ${SECRET_BYTES} bytes and has ${secret.length}. Restore it from a backup; ` +
      'or delete it and everyone logs in again.',
  );
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw notWritable(path, error);
  }
}

/** Whole or not at all: written aside, flushed, then given its name, which the first process wins. */
function makeSecret(directory: string, path: string): Buffer {
  makePrivateDirectory(directory);
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = openSync(aside, 'wx', 0o600);
    try {
      writeSync(file, randomBytes(SECRET_BYTES));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    giveName(aside, path);
    flushDirectory(directory);
    return readFileSync(path);
  } catch (error) {
    throw notWritable(directory, error);
  } finally {
    rmSync(aside, { force: true });
  }
}

function giveName(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    // A file system without hard links: of two processes that start together, the last one wins.
    renameSync(aside, path);
  }
}

/** The name is kept by the directory. Windows has no way to flush one, and no need. */
function flushDirectory(directory: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
