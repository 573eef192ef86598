/**
 * Memory of the tenant: what `oidc-provider` keeps, in a form that the tenant can search by person.
 *
 * Applications are not stored but read from the settings, so that a spec may change them at any
 * time; and the rotation overlap of Auth0 lives here, because the provider itself has none.
 *
 * @module
 */
import type { Adapter, AdapterPayload } from 'oidc-provider';

import { clientMetadataOf } from './applications.js';
import type { TenantSettings } from './options.js';

/** The stored records, and the ways a tenant ends them. */
export interface TenantStore {
  adapter(model: string): Adapter;
  /** The `sid` of each of a person's sessions. */
  sessionsOf(sub: string): string[];
  /** Forgets the single sign-on sessions of a person. */
  endSessions(sub: string): void;
  /** Ends codes, refresh tokens and grants of a person. */
  endGrants(sub: string): void;
}

const GRANTED = ['Grant', 'AuthorizationCode', 'RefreshToken'];

/** @param settings read at every look-up */
export function createTenantStore(settings: () => TenantSettings): TenantStore {
  const models = new Map<string, Map<string, AdapterPayload>>();
  const unused = createUnusedTokens();

  function recordsOf(model: string): Map<string, AdapterPayload> {
    const records = models.get(model) ?? new Map<string, AdapterPayload>();
    models.set(model, records);
    return records;
  }

  function drop(model: string, test: (record: AdapterPayload) => boolean): void {
    for (const [id, record] of recordsOf(model)) {
      if (test(record)) remove(model, id);
    }
  }

  function remove(model: string, id: string): void {
    const record = recordsOf(model).get(id);
    if (model === 'RefreshToken' && record !== undefined) unused.of(record).delete(id);
    recordsOf(model).delete(id);
  }

  function keep(model: string, id: string, record: AdapterPayload): void {
    // Access tokens are JWTs, or encrypted: nobody looks them up.
    if (model === 'AccessToken') return;
    recordsOf(model).set(id, record);
    if (model !== 'RefreshToken') return;
    const ids = unused.of(record).add(id);
    for (const oldest of [...ids].slice(0, Math.max(0, ids.size - settings().refreshTokenLimit))) {
      remove(model, oldest);
    }
  }

  function consume(model: string, id: string): void {
    const record = recordsOf(model).get(id);
    if (record === undefined) return;
    // The overlap counts from the first use: a second one inside it must not prolong it.
    record.consumed ??= Math.floor(Date.now() / 1000);
    unused.of(record).delete(id);
  }

  function find(model: string, id: string): AdapterPayload | undefined {
    if (model === 'Client') return clientMetadataOf(settings(), id);
    const record = recordsOf(model).get(id);
    if (record === undefined || model !== 'RefreshToken') return record;
    return withinOverlap(record, settings()) ? { ...record, consumed: undefined } : record;
  }

  return {
    adapter: (model) => ({
      upsert: async (id, payload) => keep(model, id, payload),
      find: async (id) => find(model, id),
      findByUserCode: async () => undefined,
      findByUid: async (uid) => [...recordsOf(model).values()].find((one) => one.uid === uid),
      consume: async (id) => consume(model, id),
      destroy: async (id) => remove(model, id),
      revokeByGrantId: async (grantId) => drop(model, (record) => record.grantId === grantId),
    }),
    sessionsOf: (sub) =>
      [...recordsOf('Session').values()]
        .filter(({ accountId }) => accountId === sub)
        .map(({ uid }) => String(uid)),
    endSessions: (sub) => drop('Session', ({ accountId }) => accountId === sub),
    endGrants(sub) {
      for (const model of GRANTED) drop(model, ({ accountId }) => accountId === sub);
    },
  };
}

/**
 * Ids of refresh tokens not yet used, oldest first, per person and application: what Auth0's limit
 * counts. Used ones are only kept so that their reuse is noticed.
 */
function createUnusedTokens(): { of(record: AdapterPayload): Set<string> } {
  const byHolder = new Map<string, Set<string>>();
  return {
    of({ accountId, clientId }) {
      const holder = `${accountId} ${clientId}`;
      const ids = byHolder.get(holder) ?? new Set<string>();
      byHolder.set(holder, ids);
      return ids;
    },
  };
}

function withinOverlap(record: AdapterPayload, settings: TenantSettings): boolean {
  const { rotationOverlapSeconds = 0 } =
    settings.applications.find(({ clientId }) => clientId === record.clientId) ?? {};
  if (typeof record.consumed !== 'number' || rotationOverlapSeconds === 0) return false;
  return Date.now() / 1000 < record.consumed + rotationOverlapSeconds;
}
