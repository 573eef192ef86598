/** Verified callers by their token: one read of the store per second for a busy token. */
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
  get(token: string): CachedCaller | undefined;
  /**
   * Runs `read`, once for parallel calls, and caches its result unless the grant changes meanwhile. If `read`
   * rejects, the token is removed from the cache. Calls join a pending read only while its result would be fresh.
   */
  fill(token: string, grantId: string, read: () => Promise<CachedCaller>): Promise<CachedCaller>;
  /** Removes the callers of a grant that this process has changed or revoked. */
  dropGrant(grantId: string): void;
}

interface PendingRead {
  readonly grantId: string;
  readonly startedAtMs: number;
  readonly result: Promise<CachedCaller>;
}

export function createCallerCache(): CallerCache {
  const signaturesByGrant = new Map<string, Set<string>>();
  const pending = new Map<string, PendingRead>();
  const callers = new LRUCache<string, CachedCaller>({
    max: MAX_CALLERS,
    dispose({ claims: { grantId } }, signature, reason) {
      if (reason === 'set') return;
      const signatures = signaturesByGrant.get(grantId);
      signatures?.delete(signature);
      if (signatures?.size === 0) signaturesByGrant.delete(grantId);
    },
  });

  function add(signature: string, entry: CachedCaller): void {
    const { grantId } = entry.claims;
    signaturesByGrant.set(grantId, (signaturesByGrant.get(grantId) ?? new Set()).add(signature));
    callers.set(signature, entry);
  }

  async function run(signature: string, read: () => Promise<CachedCaller>): Promise<CachedCaller> {
    // Yields, so that `fill` has registered this read before it ends.
    await undefined;
    const own = pending.get(signature);
    const isCurrent = (): boolean => own !== undefined && pending.get(signature) === own;
    try {
      const entry = await read();
      if (isCurrent()) add(signature, entry);
      return entry;
    } catch (error) {
      if (isCurrent()) callers.delete(signature);
      throw error;
    } finally {
      if (isCurrent()) pending.delete(signature);
    }
  }

  return {
    get(token) {
      const entry = callers.get(signatureOf(token));
      return entry?.caller.token === token ? entry : undefined;
    },
    fill(token, grantId, read) {
      const signature = signatureOf(token);
      const startedAtMs = performance.now();
      const known = pending.get(signature);
      if (known !== undefined && startedAtMs - known.startedAtMs < FRESH_MS) return known.result;
      const result = run(signature, read);
      pending.set(signature, { grantId, startedAtMs, result });
      return result;
    },
    dropGrant(grantId) {
      for (const signature of [...(signaturesByGrant.get(grantId) ?? [])])
        callers.delete(signature);
      // The result of a read that began before the change is not cached.
      for (const [signature, read] of pending) {
        if (read.grantId === grantId) pending.delete(signature);
      }
    },
  };
}

/** The key: no two valid tokens share a signature, and it is shorter than a token, which takes longer to look up. */
function signatureOf(token: string): string {
  return token.slice(token.lastIndexOf('.') + 1);
}
