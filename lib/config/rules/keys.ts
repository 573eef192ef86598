/**
 * The two secrets of our own: for signing, and for sealing what is stored.
 *
 * @module
 */

import { refuseCopyErrors } from '../copied-values.js';
import { wrongOption } from '../errors.js';
import type { RawOptions } from '../option-table.js';

/** As strong as the keys derived from it: 256 bits. */
const MIN_BYTES = 32;
/** 43 characters of base64url are 32 bytes; a password manager's 32 characters are strong enough. */
const MIN_CHARACTERS = 32;

/** Prints a secret that is good enough. */
export const KEY_COMMAND =
  "node -e \"console.log(require('node:crypto').randomBytes(32).toString('base64url'))\"";

/**
 * The secrets of an option as bytes, the current one first; none if it was not given.
 *
 * @throws Auth0McpConfigError not a string, bytes or a list of them, or too short
 */
export function resolveKeys(
  raw: RawOptions,
  option: 'jwtSigningKey' | 'storageEncryptionKey',
): readonly Uint8Array[] {
  const value = raw[option];
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [keyBytes(value, option)];
  if (value.length === 0) throw wrongOption(option, value, `Give at least one. ${makeOne()}`);
  return value.map((entry: unknown, at) => keyBytes(entry, `${option}[${at}]`));
}

function keyBytes(value: unknown, option: string): Uint8Array {
  if (typeof value === 'string') {
    if (value.trim() !== value) {
      throw wrongOption(option, value, 'Remove the white space before or after it.');
    }
    refuseCopyErrors(value, option);
    if (value.length >= MIN_CHARACTERS) return new TextEncoder().encode(value);
    throw wrongOption(option, value, `It needs ${MIN_CHARACTERS} characters or more. ${makeOne()}`);
  }
  if (value instanceof Uint8Array) {
    // A copy: the caller may wipe or reuse the buffer.
    if (value.length >= MIN_BYTES) return new Uint8Array(value);
    throw wrongOption(option, value, `It needs ${MIN_BYTES} bytes or more. ${makeOne()}`);
  }
  throw wrongOption(option, value, 'Give a string, a Uint8Array, or a list of them.');
}

function makeOne(): string {
  return `This makes a good one: ${KEY_COMMAND}`;
}
