/** Verified callers by the SHA-256 of their token: one read of the store a second for a busy token. */
import { LRUCache } from 'lru-cache';

import type { AccessTokenClaims } from '../grants/access-token.js';
import type { AccessToken } from './auth-info.js';

/** About 10 MB. */
const MAX_CALLERS = 10_000;

/** A verified caller counts for this long: a revocation by another process is seen within a second. */
export const FRESH_MS = 1000;

/** What a token resolved to, and when the read of its grant began (`performance.now()`). */
export interface CachedCaller {
  readonly claims: AccessTokenClaims;
  readonly caller: AccessToken;
  readonly readAtMs: number;
}

export interface CallerCache {
  get(tokenHash: string): CachedCaller | undefined;
  /**
   * Runs `read`, once for parallel calls, and caches its result unless the grant changes meanwhile. A
   * read that rejects leaves nothing cached. One that takes longer than a caller is fresh serves only those who
   * wait for it already.
   */
  fill(
    tokenHash: string,
    grantId: string,
    read: () => Promise<CachedCaller>,
  ): Promise<CachedCaller>;
  /** This process has changed or revoked a grant: its callers are read again at once. */
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
    // Yields first, so that `fill` has registered this read before it can end.
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
      // A read that began before the change may return the old grant: nothing keeps its result.
      for (const [tokenHash, read] of pending) {
        if (read.grantId === grantId) pending.delete(tokenHash);
      }
    },
  };
}
