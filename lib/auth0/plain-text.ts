/**
 * Text from outside, made fit for one log line.
 *
 * @module
 */

/** Longest piece of foreign text worth keeping, in characters. */
const MAX_CHARACTERS = 200;

/** Printable ASCII of a string, cut short; `''` for anything else. */
export function plainText(value: unknown): string {
  if (typeof value !== 'string') return '';
  return value.slice(0, MAX_CHARACTERS).replaceAll(/[^\x20-\x7e]/g, ' ');
}
