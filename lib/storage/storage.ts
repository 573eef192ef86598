/**
 * The storage port: what any store must do to hold logins and grants.
 *
 * Every verb is atomic on its one key, which every store can do, Redis Cluster included. Values are
 * opaque bytes: they are sealed before they get here (`collection.ts`), so a store never sees a
 * token, a name or an e-mail address.
 *
 * @module
 */
import type { Store as RateLimitStore } from 'express-rate-limit';
import type { Store as SessionStore } from 'express-session';

/** Seals the text of a session for its id, and opens it again; given to `sessionStore`. */
export interface SessionSealer {
  /** Text that says nothing, without characters that a store could mind. */
  seal(text: string, sessionId: string): string;
  /** `undefined` for what was changed, moved to another id or sealed elsewhere: no session. */
  open(sealed: string, sessionId: string): string | undefined;
}

/**
 * A key-value store with expiry. Implement it to bring your own store, and run
 * `storageContract()` against it.
 *
 * A verb rejects when the store cannot be reached, within a second where it can know. It never
 * answers "absent" for "unreachable": that would end a login for an outage.
 */
export interface Storage {
  /** The value, or `undefined` once it has expired or never was. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Writes whatever was there before. `ttlSeconds` is a whole number above 0. */
  set(key: string, value: Uint8Array, ttlSeconds: number): Promise<void>;
  /** Writes only where nothing is; `true` if it did. Of parallel callers exactly one gets `true`. */
  add(key: string, value: Uint8Array, ttlSeconds: number): Promise<boolean>;
  /** Reads and deletes in one step: of parallel callers exactly one gets the value. */
  take(key: string): Promise<Uint8Array | undefined>;
  /**
   * Compare-and-set: writes `next` if the stored bytes still equal `expected`, in one step.
   * `false` means another writer came first, or the key has expired.
   */
  update(key: string, expected: Uint8Array, next: Uint8Array, ttlSeconds: number): Promise<boolean>;
  /** Deletes; no error where nothing is. */
  delete(key: string): Promise<void>;

  /** Adds `member` to the set at `index`; the membership ends after `ttlSeconds` by itself. */
  addMember(index: string, member: string, ttlSeconds: number): Promise<void>;
  /** Ends a membership; no error where there is none. */
  removeMember(index: string, member: string): Promise<void>;
  /** The members of `index` whose time has not run out, in no particular order. */
  members(index: string): Promise<string[]>;

  /**
   * The storage to use for one issuer and Auth0 application, called once by `auth0Mcp()` before
   * any other verb. A store that leaves it out is used as it is: keys carry the namespace too.
   */
  open?(namespace: string): Storage;
  /**
   * A secret of 32 random bytes that this store made at its first use and keeps for good; the same
   * for every process that shares the store. Left out by stores that others can read.
   */
  localSecret?(): Uint8Array;
  /** A store for express-session on the same connection, where the driver has one of its own. */
  sessionStore?(sealer: SessionSealer, prefix: string): SessionStore;
  /** A store for express-rate-limit shared by all instances, where the driver has one. */
  rateLimitStore?(prefix: string): RateLimitStore;
  /** Resolves when the store answers; rejects with the remedy when it does not. */
  ready?(): Promise<void>;
  /** Frees what the store itself opened (not a client that was passed in). */
  close?(): Promise<void>;
  /** Where the data is, in words for the start-up log. Never a password. */
  readonly description?: string;
  /** What the operator should know about that place, in a sentence for the log; absent if nothing. */
  readonly warning?: string | undefined;
}

/**
 * A store could not be reached or refused to write: time is lost, nothing else. Clients get a 503 with
 * `Retry-After`. A storage of your own may throw it, or any other error: that becomes the cause of
 * one of these.
 */
export class StorageUnavailableError extends Error {
  /** For where `instanceof` cannot tell. */
  override readonly name = 'StorageUnavailableError';
  /** The same, in Node's manner. */
  readonly code = 'ERR_STORAGE_UNAVAILABLE';
}
