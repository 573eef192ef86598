/** Grants in the store: one record each, found by id, user, client or Auth0 session. */
import { clientFingerprint } from '../clients/client.js';
import type { EventContext, RevocationCause } from '../config/events.js';
import type { Core } from '../core.js';
import { haveSameHost } from '../oauth/redirect-uri.js';
import { type Change, openCollection } from '../storage/collection.js';
import { createIndexes, type IndexEntry } from '../storage/indexes.js';
import type { GrantRecord } from '../storage/records.js';
import { expiryOf, maxStorageTtlSeconds, storageTtlSeconds } from './grant-lifetime.js';
import type { UpstreamRevocation } from './upstream-revocation.js';

export interface GrantQuery {
  readonly subject?: string | undefined;
  readonly clientId?: string | undefined;
  /** Auth0's browser session. */
  readonly sid?: string | undefined;
}

export interface FoundGrant {
  readonly id: string;
  readonly grant: GrantRecord;
}

/** A stored grant, which may have expired. */
interface StoredGrant extends FoundGrant {
  readonly isAlive: boolean;
}

/** Grants by id. An expired grant exists for `revoke`, `delete` and `storedGrants` only. */
export interface GrantStore {
  add(id: string, grant: GrantRecord): Promise<void>;
  /** @param from the grant as it was read before, which saves opening an unchanged record */
  find(id: string, from?: GrantRecord): Promise<GrantRecord | undefined>;
  /**
   * Compare-and-set; `change` is pure and returns undefined to leave the grant as it is.
   *
   * @param from the grant as it was found or updated last: saves a read
   */
  update(
    id: string,
    change: (current: GrantRecord) => GrantRecord | undefined,
    from?: GrantRecord,
  ): Promise<GrantRecord | undefined>;
  /** Deletes it, without an event. Of parallel callers exactly one gets the grant. */
  delete(id: string): Promise<StoredGrant | undefined>;
  /**
   * Revokes it: in this process at once, in others within a second, and at Auth0 in the background.
   *
   * @returns whether it was alive
   */
  revoke(id: string, cause: RevocationCause): Promise<boolean>;
  /**
   * Grants that match every field given; no field matches nothing. `all` includes those whose code is not redeemed yet
   * and those that a later login has superseded: a logout must end these too.
   */
  list(filter: GrantQuery, which?: 'redeemed' | 'all'): Promise<readonly FoundGrant[]>;
  /** All of a user's grants, the expired ones included. */
  storedGrants(subject: string): Promise<readonly StoredGrant[]>;
}

/** @param onChange called with the id of a grant that this process has changed or deleted */
export function createGrantStore(
  { config: { lifetimes }, collections, emit, now }: Core,
  upstream: Pick<UpstreamRevocation, 'revoke'>,
  onChange: (id: string) => void,
): GrantStore {
  const records = openCollection<GrantRecord>(collections, 'grant');
  const indexes = createIndexes(collections, 'grants');
  const alive = (grant: GrantRecord | undefined): GrantRecord | undefined =>
    grant !== undefined && expiryOf(grant, lifetimes) > now() ? grant : undefined;

  const store: GrantStore = {
    find: async (id, from) => alive(await records.get(id, from)),
    async add(id, grant) {
      const ttlSeconds = storageTtlSeconds(grant, lifetimes, now());
      await records.add(id, grant, ttlSeconds);
      // A login can be renewed, so its entries last as long as its record can.
      const isFixed = grant.code === undefined;
      await indexes.add(
        id,
        entriesOf(grant),
        isFixed ? ttlSeconds : maxStorageTtlSeconds(lifetimes),
      );
    },
    async update(id, change, from) {
      const changed: Change<GrantRecord> = (current) => {
        const next = alive(current) && change(current);
        return next && { value: next, ttlSeconds: storageTtlSeconds(next, lifetimes, now()) };
      };
      try {
        return alive(await records.update(id, changed, from));
      } finally {
        // Also after a failure: the store may have written although its response was lost.
        onChange(id);
      }
    },
    async delete(id) {
      const grant = await records.take(id).finally(() => onChange(id));
      if (grant === undefined) return undefined;
      // An index entry without a record is ignored, and removed by `storedGrants`.
      await indexes.remove(id, entriesOf(grant)).catch(() => undefined);
      return { id, grant, isAlive: alive(grant) !== undefined };
    },
    async revoke(id, cause) {
      const deleted = await store.delete(id);
      if (deleted === undefined) return false;
      const { grant, isAlive } = deleted;
      const isSuperseded = grant.supersededAt !== undefined;
      // For a superseded grant the event was emitted when it was superseded.
      if (isAlive || !isSuperseded) {
        const context = eventContextOf(id, grant);
        emit({ type: 'grant_revoked', cause: isAlive ? cause : 'expired', ...context });
      }
      if (cause !== 'auth0_session_ended') upstream.revoke(grant.auth0?.refreshToken);
      if (isAlive && !isSuperseded) {
        const earlier = await supersededBy(grant, store).catch(() => []);
        await Promise.all(earlier.map((one) => store.revoke(one.id, cause)));
      }
      return isAlive;
    },
    async list(filter, which = 'redeemed') {
      const found: FoundGrant[] = [];
      for (const id of await indexes.find(entryOf(filter))) {
        const grant = await store.find(id);
        if (grant === undefined || !matches(grant, filter)) continue;
        if (which === 'all' || isInUse(grant)) found.push({ id, grant });
      }
      return found;
    },
    async storedGrants(subject) {
      const ids = await indexes.find(['subject', subject]);
      const stored = await Promise.all(
        ids.map(async (id) => {
          const grant = await records.get(id);
          if (grant === undefined) await indexes.remove(id, [['subject', subject]]);
          return grant === undefined ? [] : { id, grant, isAlive: alive(grant) !== undefined };
        }),
      );
      return stored.flat();
    },
  };
  return store;
}

/** The fields of an event that name the grant. */
export function eventContextOf(grantId: string, { subject, client }: GrantRecord): EventContext {
  return {
    grantId,
    ...(subject !== undefined && { subject }),
    client: clientFingerprint(client.id),
  };
}

/** Earlier grants of the same installation that still work within the grace window: they are revoked with this one. */
async function supersededBy(
  { client, subject, code }: GrantRecord,
  store: GrantStore,
): Promise<readonly FoundGrant[]> {
  if (!client.isInstallation || code === undefined) return [];
  const all = await store.list({ subject, clientId: client.id }, 'all');
  return all.filter(
    ({ grant }) =>
      grant.supersededAt !== undefined &&
      grant.code !== undefined &&
      haveSameHost(grant.code.redirectUri, code.redirectUri),
  );
}

function isInUse(grant: GrantRecord): boolean {
  return hasTokens(grant) && grant.supersededAt === undefined;
}

/** Whether its client has tokens: a code that is not redeemed has brought none. */
export function hasTokens({ code }: GrantRecord): boolean {
  return code === undefined || code.redeemedAt !== undefined;
}

function entriesOf(grant: GrantRecord): readonly IndexEntry[] {
  return [
    ['subject', grant.subject],
    ['client', grant.client.id],
    ['sid', grant.sid],
  ];
}

/** The first field given: the others are compared with what its index finds. */
function entryOf({ subject, sid, clientId }: GrantQuery): IndexEntry {
  const entries: readonly IndexEntry[] = [
    ['subject', subject],
    ['sid', sid],
    ['client', clientId],
  ];
  return entries.find(([, value]) => value !== undefined) ?? ['subject', undefined];
}

function matches(grant: GrantRecord, { subject, clientId, sid }: GrantQuery): boolean {
  return (
    (subject === undefined || grant.subject === subject) &&
    (clientId === undefined || grant.client.id === clientId) &&
    (sid === undefined || grant.sid === sid)
  );
}
