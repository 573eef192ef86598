/**
 * Random ids for what has to be told apart; not for secrets.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';

/** Random bytes are fetched for so many ids at once: each fetch costs more than all the rest of an id. */
const IDS_AT_ONCE = 512;

/** @param bytes of each */
export function createIds(bytes: number): () => string {
  let pool = Buffer.alloc(0);
  let used = 0;
  return function newId() {
    if (used === pool.length) [pool, used] = [randomBytes(IDS_AT_ONCE * bytes), 0];
    used += bytes;
    return pool.toString('base64url', used - bytes, used);
  };
}
