/**
 * Names that nobody else has thought of: for what has to be told apart, not for secrets.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';

/** Bytes are fetched for so many names at once: each fetch costs more than all the rest of a name. */
const NAMES_AT_ONCE = 512;

/** @param bytes of randomness in each: 6 tell the lines of a day's log apart, 9 what lasts for months */
export function createNames(bytes: number): () => string {
  let pool = Buffer.alloc(0);
  let used = 0;
  return function newName() {
    if (used === pool.length) [pool, used] = [randomBytes(NAMES_AT_ONCE * bytes), 0];
    used += bytes;
    return pool.toString('base64url', used - bytes, used);
  };
}
