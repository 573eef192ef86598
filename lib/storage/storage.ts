/**
 * The storage port. To add a store, implement `Storage`, run `storageContract()` from `contract.ts` against it,
 * and pass it as the option `storage`; `memory-storage.ts` is the shortest example.
 *
 * Values are sealed before they get here (`collection.ts`): a store never sees a token, a name or an e-mail address.
 */
import type { Store as RateLimitStore } from 'express-rate-limit';

import { shareInstances } from '../process-wide.js';

/** Seals the text of a session for its id, and opens it again; passed to `sessionStore`. */
export interface SessionSealer {
  /** Base64url text. */
  seal(text: string, sessionId: string): string;
  /** `undefined` for text that was changed, moved to another id or sealed with an unknown key: no session. */
  open(sealed: string, sessionId: string): string | undefined;
}

/**
 * What every `Store` of express-session has. Declared here, so that an app without sessions does not need the types
 * of that package.
 */
export interface SessionStore {
  /** Reads a session; `done` gets none if it has expired. */
  get(id: string, done: (error: unknown, session?: unknown) => void): unknown;
  /** Writes a session, which expires with its cookie. */
  set(id: string, session: object, done?: (error?: unknown) => void): unknown;
  /** Deletes a session. */
  destroy(id: string, done?: (error?: unknown) => void): unknown;
}

/**
 * A key-value store with expiry. Implement it to bring your own store, and run
 * `storageContract()` against it.
 *
 * Every verb is atomic on its one key, as every store can be, Redis Cluster included. It rejects when the
 * store cannot be reached, within a second where it can know. It never reports "absent" for "unreachable":
 * an outage would then log users out.
 */
export interface Storage {
  /** The value, or `undefined` once it has expired or if it never existed. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Writes, over any earlier value. `ttlSeconds` is a whole number above 0. */
  set(key: string, value: Uint8Array, ttlSeconds: number): Promise<void>;
  /** Writes only if the key is absent; `true` if it did. Of parallel callers exactly one gets `true`. */
  add(key: string, value: Uint8Array, ttlSeconds: number): Promise<boolean>;
  /** Reads and deletes in one step: of parallel callers exactly one gets the value. */
  take(key: string): Promise<Uint8Array | undefined>;
  /**
   * Compare-and-set: writes `next` if the stored bytes still equal `expected`, in one step.
   * `false` means another writer was first, or the key has expired.
   */
  update(key: string, expected: Uint8Array, next: Uint8Array, ttlSeconds: number): Promise<boolean>;
  /** Deletes; no error if the key is absent. */
  delete(key: string): Promise<void>;

  /** Adds `member` to the set at `index`; the membership expires after `ttlSeconds`. */
  addMember(index: string, member: string, ttlSeconds: number): Promise<void>;
  /** Removes a membership; no error if there is none. */
  removeMember(index: string, member: string): Promise<void>;
  /** The members of `index` that have not expired, in no particular order. */
  members(index: string): Promise<string[]>;

  /**
   * The storage to use for one issuer and Auth0 application, called once by `auth0Mcp()` before
   * any other verb. A store that leaves it out is used as it is: keys carry the namespace too.
   */
  open?(namespace: string): Storage;
  /**
   * A secret of 32 random bytes that this store creates at first use and keeps permanently; the same
   * for every process that shares the store. Left out by stores that others can read.
   */
  localSecret?(): Uint8Array;
  /** A `Store` of express-session on the same connection, where the driver has one of its own. */
  sessionStore?(sealer: SessionSealer, prefix: string): SessionStore | Promise<SessionStore>;
  /** A store for express-rate-limit shared by all instances, where the driver has one. */
  rateLimitStore?(prefix: string): RateLimitStore | Promise<RateLimitStore>;
  /** Resolves when the store responds; rejects with the remedy when it does not. */
  ready?(): Promise<void>;
  /** Frees what the store itself opened (not a client that was passed in). */
  close?(): Promise<void>;
  /** Where the data is, for the start-up log. Never a password. */
  readonly description?: string;
  /** A risk of that place that the operator should know, as a sentence for the log; absent if none. */
  readonly warning?: string | undefined;
}

/**
 * A store could not be reached or refused to write. Nothing is lost: clients get a 503 with
 * `Retry-After`. A storage of your own may throw it, or any other error: that becomes the cause of
 * one of these.
 */
export class StorageUnavailableError extends Error {
  /** For where `instanceof` cannot tell. */
  override readonly name = 'StorageUnavailableError';
  /** The same, in Node's manner. */
  readonly code = 'ERR_STORAGE_UNAVAILABLE';
}
shareInstances(StorageUnavailableError, 'StorageUnavailableError');

/**
 * Returns `ttlSeconds` if it is a whole number of seconds above 0. Zero means "never expires" in some
 * stores and "expires immediately" in others, so no driver accepts it.
 *
 * @throws RangeError for anything else: a bug in the program, not a fault of the store
 */
export function checkedTtl(ttlSeconds: number): number {
  if (Number.isSafeInteger(ttlSeconds) && ttlSeconds > 0) return ttlSeconds;
  throw new RangeError(`ttlSeconds is a whole number above 0, not ${ttlSeconds}`);
}
