/**
 * Storage adapter of `oidc-provider`, searchable by user. Applications come from the settings, so that a
 * spec can change them at any time. Auth0's rotation overlap is here, since the provider has none.
 */
import type { Adapter, AdapterPayload } from 'oidc-provider';

import { clientMetadataOf } from './applications.js';
import type { TenantSettings } from './options.js';
import type { TenantState } from './state.js';

/** The stored records. */
export interface TenantStore {
  adapter(model: string): Adapter;
  /** The `sid` of each session of a user. */
  sessionsOf(sub: string): string[];
  /** Deletes the single sign-on sessions of a user. */
  endSessions(sub: string): void;
  /** Deletes codes, refresh tokens and grants of a user. */
  endGrants(sub: string): void;
}

const GRANTED = ['Grant', 'AuthorizationCode', 'RefreshToken'];

/** @param settings read at every access */
export function createTenantStore(
  settings: () => TenantSettings,
  { records: models, scheduleWrite }: Pick<TenantState, 'records' | 'scheduleWrite'>,
): TenantStore {
  const unused = createUnusedTokens(models.get('RefreshToken'));

  function recordsOf(model: string): Map<string, AdapterPayload> {
    const records = models.get(model) ?? new Map<string, AdapterPayload>();
    models.set(model, records);
    return records;
  }

  function removeWhere(model: string, test: (record: AdapterPayload) => boolean): void {
    for (const [id, record] of recordsOf(model)) {
      if (test(record)) remove(model, id);
    }
  }

  function remove(model: string, id: string): void {
    const record = recordsOf(model).get(id);
    if (model === 'RefreshToken' && record !== undefined) unused.of(record).delete(id);
    recordsOf(model).delete(id);
    scheduleWrite();
  }

  function save(model: string, id: string, record: AdapterPayload): void {
    // Access tokens are JWTs or encrypted, and never looked up.
    if (model === 'AccessToken') return;
    recordsOf(model).set(id, record);
    scheduleWrite();
    if (model !== 'RefreshToken') return;
    const ids = unused.of(record).add(id);
    for (const oldest of [...ids].slice(0, Math.max(0, ids.size - settings().refreshTokenLimit))) {
      remove(model, oldest);
    }
  }

  function consume(model: string, id: string): void {
    const record = recordsOf(model).get(id);
    if (record === undefined) return;
    // The overlap begins at the first use; a second one must not prolong it.
    record.consumed ??= Math.floor(Date.now() / 1000);
    unused.of(record).delete(id);
    scheduleWrite();
  }

  function find(model: string, id: string): AdapterPayload | undefined {
    if (model === 'Client') return clientMetadataOf(settings(), id);
    const record = recordsOf(model).get(id);
    if (record === undefined || model !== 'RefreshToken') return record;
    return withinOverlap(record, settings()) ? { ...record, consumed: undefined } : record;
  }

  return {
    adapter: (model) => ({
      upsert: async (id, payload) => save(model, id, payload),
      find: async (id) => find(model, id),
      findByUserCode: async () => undefined,
      findByUid: async (uid) => [...recordsOf(model).values()].find((one) => one.uid === uid),
      consume: async (id) => consume(model, id),
      destroy: async (id) => remove(model, id),
      revokeByGrantId: async (grantId) =>
        removeWhere(model, (record) => record.grantId === grantId),
    }),
    sessionsOf: (sub) =>
      [...recordsOf('Session').values()]
        .filter(({ accountId }) => accountId === sub)
        .map(({ uid }) => String(uid)),
    endSessions: (sub) => removeWhere('Session', ({ accountId }) => accountId === sub),
    endGrants(sub) {
      for (const model of GRANTED) removeWhere(model, ({ accountId }) => accountId === sub);
    },
  };
}

/**
 * Ids of unused refresh tokens, oldest first, by user and application: Auth0's limit counts these. Used
 * ones are stored only to detect reuse.
 */
function createUnusedTokens(saved: ReadonlyMap<string, AdapterPayload> = new Map()): {
  of(record: AdapterPayload): Set<string>;
} {
  const byHolder = new Map<string, Set<string>>();
  const of = ({ accountId, clientId }: AdapterPayload): Set<string> => {
    const holder = `${accountId} ${clientId}`;
    const ids = byHolder.get(holder) ?? new Set<string>();
    byHolder.set(holder, ids);
    return ids;
  };
  for (const [id, record] of saved) if (record.consumed === undefined) of(record).add(id);
  return { of };
}

function withinOverlap(record: AdapterPayload, settings: TenantSettings): boolean {
  const { rotationOverlapSeconds = 0 } =
    settings.applications.find(({ clientId }) => clientId === record.clientId) ?? {};
  if (typeof record.consumed !== 'number' || rotationOverlapSeconds === 0) return false;
  return Date.now() / 1000 < record.consumed + rotationOverlapSeconds;
}
