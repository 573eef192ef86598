/**
 * Bytes that are kept.
 *
 * @module
 */

/**
 * A copy in memory of its own. `Buffer.from()` and `Buffer.concat()` put up to 4 kB into a piece of Node's
 * pool, and all 8 kB of that live as long as the piece does.
 */
export function ownBytes(bytes: Uint8Array): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  own.set(bytes);
  return own;
}
