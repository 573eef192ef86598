/**
 * The secret an embedded store makes for itself, so that nobody has to configure a signing key.
 *
 * It lies beside the database, not in it: a copy of the database alone opens nothing.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { StorageUnavailable } from '../storage.js';
import { notWritable } from './file-system.js';

const FILE = 'secret.key';
const SECRET_BYTES = 32;

/**
 * The secret kept in `directory`, made at the first call by any process.
 *
 * @param alone runs a function while no other process runs one
 * @throws StorageUnavailable when it cannot be read or written, or is damaged
 */
export function localSecret(directory: string, alone: <T>(run: () => T) => T): Uint8Array {
  const path = join(directory, FILE);
  const secret = readIfThere(path) ?? alone(() => readIfThere(path) ?? makeSecret(directory, path));
  if (secret.length === SECRET_BYTES) return new Uint8Array(secret);
  // Never replaced by itself: a new one would end every login and make the reason hard to find.
  throw new StorageUnavailable(
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

/** Whole or not at all: written aside, flushed, then renamed. */
function makeSecret(directory: string, path: string): Buffer {
  const secret = randomBytes(SECRET_BYTES);
  const aside = `${path}.new`;
  try {
    const file = openSync(aside, 'w', 0o600);
    try {
      writeSync(file, secret);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(aside, path);
    flushDirectory(directory);
  } catch (error) {
    throw notWritable(directory, error);
  }
  return secret;
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
