/**
 * Grants in the store: one record each, and indexes to find a person's, a client's or a session's.
 *
 * @module
 */
import type { Lifetimes } from '../config/config.js';
import { type Change, openCollection, type SealedStorage } from '../storage/collection.js';
import type { GrantRecord } from '../storage/records.js';
import { currentEnd, longestLifeSeconds, storageTtlSeconds } from './grant-life.js';
import { createIndexes, type IndexEntry } from './indexes.js';

/** What grants can be looked up by. */
export interface GrantFilter {
  readonly subject?: string | undefined;
  readonly clientId?: string | undefined;
  /** Auth0's browser session. */
  readonly sid?: string | undefined;
}

/** Grants by id. One that has come to its end exists for `end` and `holdings` only. */
export interface GrantStore {
  add(id: string, grant: GrantRecord): Promise<void>;
  find(id: string): Promise<GrantRecord | undefined>;
  /**
   * Compare-and-set; `change` is pure and returns undefined for "leave it".
   *
   * @param from the grant as it was found or updated last: spares the store a look
   */
  update(
    id: string,
    change: (current: GrantRecord) => GrantRecord | undefined,
    from?: GrantRecord,
  ): Promise<GrantRecord | undefined>;
  /** Deletes it; what was there, for whoever wins, undefined for everyone else. */
  delete(id: string): Promise<StoredGrant | undefined>;
  /**
   * Grants that match every field given; all fields undefined matches nothing. `all` adds those whose
   * code has not been redeemed yet, and those that a later login has superseded: whoever ends logins must
   * not leave these out.
   */
  list(
    filter: GrantFilter,
    which?: 'redeemed' | 'all',
  ): Promise<readonly { id: string; grant: GrantRecord }[]>;
  /** All that is kept for a person: also what has ended by itself and is not yet given back. */
  storedGrants(subject: string): Promise<readonly StoredGrant[]>;
}

/** A stored grant, whether it still counts or not. */
export interface StoredGrant {
  readonly id: string;
  readonly grant: GrantRecord;
  readonly isAlive: boolean;
}

interface GrantStoreDeps extends SealedStorage {
  readonly lifetimes: Lifetimes;
  readonly now: () => number;
  /** Called with the id of a grant that this process has changed or ended. */
  readonly onChange: (id: string) => void;
}

export function createGrantStore(deps: GrantStoreDeps): GrantStore {
  const { lifetimes, now, onChange } = deps;
  const records = openCollection<GrantRecord>(deps, 'grant');
  const ttlSeconds = longestLifeSeconds(lifetimes);
  const indexes = createIndexes({ ...deps, of: 'grants', ttlSeconds });
  const alive = (grant: GrantRecord | undefined): GrantRecord | undefined =>
    grant !== undefined && currentEnd(grant, lifetimes) > now() ? grant : undefined;

  async function find(id: string): Promise<GrantRecord | undefined> {
    return alive(await records.get(id));
  }

  return {
    find,
    async add(id, grant) {
      await records.add(id, grant, storageTtlSeconds(grant, lifetimes, now()));
      await indexes.add(id, entriesOf(grant));
    },
    async update(id, change, from) {
      const changed: Change<GrantRecord> = (current) => {
        const next = alive(current) && change(current);
        return next && { value: next, ttlSeconds: storageTtlSeconds(next, lifetimes, now()) };
      };
      try {
        return alive(await records.update(id, changed, from));
      } finally {
        // Also after a failure: the store may have written before it failed to answer.
        onChange(id);
      }
    },
    async delete(id) {
      const grant = await records.take(id).finally(() => onChange(id));
      if (grant === undefined) return undefined;
      // It has ended with its record. A membership left over is dropped at the next look.
      await indexes.remove(id, entriesOf(grant)).catch(() => undefined);
      return { id, grant, isAlive: alive(grant) !== undefined };
    },
    async list(filter, which = 'redeemed') {
      const found: { id: string; grant: GrantRecord }[] = [];
      for (const id of await indexes.find(entryOf(filter))) {
        const grant = await find(id);
        if (grant === undefined || !matches(grant, filter)) continue;
        if (which === 'all' || isInUse(grant)) found.push({ id, grant });
      }
      return found;
    },
    async storedGrants(subject) {
      const ids = await indexes.find(['subject', subject]);
      const held = await Promise.all(
        ids.map(async (id) => {
          const grant = await records.get(id);
          if (grant === undefined) await indexes.remove(id, [['subject', subject]]);
          return grant === undefined ? [] : { id, grant, isAlive: alive(grant) !== undefined };
        }),
      );
      return held.flat();
    },
  };
}

function isInUse({ code, supersededAt }: GrantRecord): boolean {
  return code.redeemedAt !== undefined && supersededAt === undefined;
}

function entriesOf(grant: GrantRecord): readonly IndexEntry[] {
  return [
    ['subject', grant.subject],
    ['client', grant.client.id],
    ['sid', grant.sid],
  ];
}

/** The first that is given: its set is looked through for the others. */
function entryOf({ subject, sid, clientId }: GrantFilter): IndexEntry {
  const entries: readonly IndexEntry[] = [
    ['subject', subject],
    ['sid', sid],
    ['client', clientId],
  ];
  return entries.find(([, value]) => value !== undefined) ?? ['subject', undefined];
}

function matches(grant: GrantRecord, { subject, clientId, sid }: GrantFilter): boolean {
  return (
    (subject === undefined || grant.subject === subject) &&
    (clientId === undefined || grant.client.id === clientId) &&
    (sid === undefined || grant.sid === sid)
  );
}
