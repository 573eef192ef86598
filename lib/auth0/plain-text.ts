/**
 * Text from outside, made fit for one log line, or for the user it is meant for.
 *
 * @module
 */
import { displayName } from '../pages/untrusted-text.js';

/** Longest piece of foreign text worth keeping, in characters. */
const MAX_CHARACTERS = 200;

/** Printable ASCII of a string, cut short; `''` for anything else. */
export function plainText(value: unknown): string {
  if (typeof value !== 'string') return '';
  return value.slice(0, MAX_CHARACTERS).replaceAll(/[^\x20-\x7e]/g, ' ');
}

/** Longest reason for a denial that is passed on, in characters as a reader counts them. */
const MAX_MESSAGE_CHARACTERS = 300;

/** An `error_description` in any language, without control and bidi characters, cut. */
export function messageToUser(description: unknown): string | undefined {
  return typeof description === 'string'
    ? displayName(description, MAX_MESSAGE_CHARACTERS)
    : undefined;
}
