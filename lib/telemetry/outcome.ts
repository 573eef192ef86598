/**
 * How something ended, in a word of low cardinality.
 *
 * @module
 */
import { Auth0Error } from '../auth0/auth0.js';
import { OAuthError } from '../oauth/errors.js';
import { StorageUnavailable } from '../storage/storage.js';
import type { ActiveSpan, Attributes } from './telemetry.js';

/** Words for what has to be repaired or waited for; every other word is an answer to somebody's mistake. */
const FAULTS = new Set([
  'unavailable',
  'misconfigured',
  'invalid_response',
  'server_error',
  'temporarily_unavailable',
  'storage_unavailable',
  '_OTHER',
]);

/** `error.type`: `_OTHER` is the word of the semantic conventions for what has no other. */
export function errorType(error: unknown): string {
  if (error instanceof Auth0Error) return error.kind;
  if (error instanceof OAuthError) return error.code;
  return error instanceof StorageUnavailable ? 'storage_unavailable' : '_OTHER';
}

/** Attributes for a way to end; undefined is the good one. */
export function outcomeOf(type: string | undefined): Attributes {
  return type === undefined
    ? { 'auth0_mcp.outcome': 'ok' }
    : { 'auth0_mcp.outcome': type, 'error.type': type };
}

/** Writes how it ended into a span. */
export function note(span: ActiveSpan, type: string | undefined): void {
  span.set(outcomeOf(type));
  if (type !== undefined && FAULTS.has(type)) span.fail();
}
