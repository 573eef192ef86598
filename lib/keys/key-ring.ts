/** Key derivation: HKDF-SHA256 (RFC 5869) with a label per purpose, so that no key has two purposes. */
import {
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';

/** A label is never reused and never renamed. */
export type KeyLabel =
  | 'access-token'
  | 'refresh-token'
  | 'authorization-code'
  | 'client-id'
  | 'client-secret'
  | 'rate-limit'
  | 'consent-form'
  | 'record-name'
  | 'record-seal'
  | 'session-cookie'
  | 'session-seal'
  | 'sign-in-form'
  | 'account-cookie'
  | 'account-form'
  | 'connection-link'
  | 'connection-sign-in';

/** Several secrets for rotation, newest first. */
export interface KeyRing {
  /** One key per secret, in the same order: the first signs, all verify. Cached by label. */
  derive(label: KeyLabel, bytes?: number): DerivedKeys;
}

/** In objects of Node: bytes are converted at each use, which takes longer than an HMAC on Node 24. */
export type DerivedKeys = readonly [newest: KeyObject, ...older: KeyObject[]];

/** Default length: the strength of SHA-256 and AES-256. */
const KEY_BYTES = 32;

/**
 * @param secrets at least one, each of at least 32 bytes
 * @throws RangeError for an empty list
 */
export function createKeyRing(secrets: readonly Uint8Array[]): KeyRing {
  const [newest, ...older] = secrets;
  if (newest === undefined) throw new RangeError('a key ring needs at least one secret');
  const derived = new Map<string, DerivedKeys>();
  return {
    derive(label, bytes = KEY_BYTES) {
      const cacheKey = `${label}:${bytes}`;
      const known = derived.get(cacheKey);
      if (known !== undefined) return known;
      const deriveFrom = (secret: Uint8Array): KeyObject => hkdf(secret, label, bytes);
      const keys: DerivedKeys = [deriveFrom(newest), ...older.map(deriveFrom)];
      derived.set(cacheKey, keys);
      return keys;
    },
  };
}

function hkdf(secret: Uint8Array, label: KeyLabel, bytes: number): KeyObject {
  const info = `express-auth0-mcp/v1/${label}`;
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', info, bytes)));
}

/** HMAC-SHA256 of the parts, each with its length first, so that different lists have different tags. */
export function mac(key: KeyObject, ...parts: readonly (string | Uint8Array)[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hmac.update(length).update(bytes);
  }
  return hmac.digest();
}

/** The time depends on the length only. */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
