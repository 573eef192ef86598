/**
 * Authenticated encryption of records and forms: AES-256-GCM (NIST SP 800-38D) with a random nonce. The associated data
 * binds a ciphertext to its place, so that a copy elsewhere cannot be opened.
 *
 * Layout: version (1) | key id (4) | nonce (12) | ciphertext | tag (16).
 */
import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';

import { mac } from './key-ring.js';

const CIPHER = 'aes-256-gcm';
const VERSION = 1;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const NONCE_AT = 1 + KEY_ID_BYTES;
const TEXT_AT = NONCE_AT + NONCE_BYTES;

/** Encrypts and decrypts with the keys of one purpose. */
export interface Sealer {
  /** Encrypts with the newest key. `associatedData` is not part of the result. */
  seal(plaintext: Uint8Array, associatedData: string): Buffer;
  /** The plaintext; undefined if the bytes were modified, moved, truncated or encrypted with another key. */
  open(sealed: Uint8Array, associatedData: string): Buffer | undefined;
}

interface SealKey {
  id: Buffer;
  secret: KeyObject;
}

/**
 * @param keys of 32 bytes each, used for sealing only: the first encrypts, all decrypt
 * @throws RangeError for an empty list or a key of another length
 */
export function createSealer(keys: readonly KeyObject[]): Sealer {
  const known = keys.map(toSealKey);
  const [newest] = known;
  if (newest === undefined) throw new RangeError('a sealer needs at least one key');
  return {
    seal: (plaintext, associatedData) => sealWith(newest, plaintext, associatedData),
    open(sealed, associatedData) {
      if (sealed.length < TEXT_AT + TAG_BYTES || sealed[0] !== VERSION) return undefined;
      const id = sealed.subarray(1, NONCE_AT);
      // Two keys may have the same id by chance.
      for (const key of known) {
        if (!key.id.equals(id)) continue;
        const plaintext = openWith(key, sealed, associatedData);
        if (plaintext !== undefined) return plaintext;
      }
      return undefined;
    },
  };
}

function toSealKey(secret: KeyObject): SealKey {
  const { symmetricKeySize } = secret;
  if (symmetricKeySize !== KEY_BYTES) {
    throw new RangeError(`a sealing key has ${KEY_BYTES} bytes, this one has ${symmetricKeySize}`);
  }
  return { id: mac(secret, 'seal-key-id').subarray(0, KEY_ID_BYTES), secret };
}

function sealWith(key: SealKey, plaintext: Uint8Array, associatedData: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key.secret, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(associatedData, 'utf8'));
  const text = [cipher.update(plaintext), cipher.final()];
  return Buffer.concat([Buffer.of(VERSION), key.id, nonce, ...text, cipher.getAuthTag()]);
}

function openWith(key: SealKey, sealed: Uint8Array, associatedData: string): Buffer | undefined {
  const nonce = sealed.subarray(NONCE_AT, TEXT_AT);
  const decipher = createDecipheriv(CIPHER, key.secret, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(associatedData, 'utf8'));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    const text = decipher.update(sealed.subarray(TEXT_AT, -TAG_BYTES));
    return Buffer.concat([text, decipher.final()]);
  } catch {
    // The tag does not match.
    return undefined;
  }
}
