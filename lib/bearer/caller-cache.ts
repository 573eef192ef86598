/** Verified callers, keyed by the SHA-256 of their token: one read of the store per second for a busy token. */
import { LRUCache } from 'lru-cache';

import type { AccessTokenClaims } from '../grants/access-token.js';
import type { GrantRecord } from '../storage/records.js';
import type { AccessToken } from './caller.js';

/** About 60 MB: each with its grant, as it was read. */
const MAX_CALLERS = 10_000;

/** Time to live of a caller: a revocation by another process takes effect within a second. */
export const FRESH_MS = 1000;

export interface CachedCaller {
  readonly claims: AccessTokenClaims;
  readonly caller: AccessToken;
  readonly grant: GrantRecord;
  /** When the read of its grant began, in milliseconds of `performance.now()`. */
  readonly readAtMs: number;
}

export interface CallerCache {
  get(tokenHash: string): CachedCaller | undefined;
  /**
   * Runs `read`, once for parallel calls, and caches its result unless the grant changes meanwhile. If `read`
   * rejects, the token is removed from the cache. Calls join a pending read only while its result would be fresh.
   */
  fill(
    tokenHash: string,
    grantId: string,
    read: () => Promise<CachedCaller>,
  ): Promise<CachedCaller>;
  /** Removes the callers of a grant that this process has changed or revoked. */
  dropGrant(grantId: string): void;
}

interface PendingRead {
  readonly grantId: string;
  readonly startedAtMs: number;
  readonly result: Promise<CachedCaller>;
}

export function createCallerCache(): CallerCache {
  const hashesByGrant = new Map<string, Set<string>>();
  const pending = new Map<string, PendingRead>();
  const callers = new LRUCache<string, CachedCaller>({
    max: MAX_CALLERS,
    dispose({ claims: { grantId } }, tokenHash, reason) {
      if (reason === 'set') return;
      const hashes = hashesByGrant.get(grantId);
      hashes?.delete(tokenHash);
      if (hashes?.size === 0) hashesByGrant.delete(grantId);
    },
  });

  function add(tokenHash: string, entry: CachedCaller): void {
    const { grantId } = entry.claims;
    hashesByGrant.set(grantId, (hashesByGrant.get(grantId) ?? new Set()).add(tokenHash));
    callers.set(tokenHash, entry);
  }

  async function run(tokenHash: string, read: () => Promise<CachedCaller>): Promise<CachedCaller> {
    // Yields, so that `fill` has registered this read before it ends.
    await undefined;
    const own = pending.get(tokenHash);
    const isCurrent = (): boolean => own !== undefined && pending.get(tokenHash) === own;
    try {
      const entry = await read();
      if (isCurrent()) add(tokenHash, entry);
      return entry;
    } catch (error) {
      if (isCurrent()) callers.delete(tokenHash);
      throw error;
    } finally {
      if (isCurrent()) pending.delete(tokenHash);
    }
  }

  return {
    get: (tokenHash) => callers.get(tokenHash),
    fill(tokenHash, grantId, read) {
      const startedAtMs = performance.now();
      const known = pending.get(tokenHash);
      if (known !== undefined && startedAtMs - known.startedAtMs < FRESH_MS) return known.result;
      const result = run(tokenHash, read);
      pending.set(tokenHash, { grantId, startedAtMs, result });
      return result;
    },
    dropGrant(grantId) {
      for (const tokenHash of [...(hashesByGrant.get(grantId) ?? [])]) callers.delete(tokenHash);
      // The result of a read that began before the change is not cached.
      for (const [tokenHash, read] of pending) {
        if (read.grantId === grantId) pending.delete(tokenHash);
      }
    },
  };
}
