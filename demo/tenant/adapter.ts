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
  /** Sessions of a person, as `[storage id, session uid]`. */
  sessionsOf(sub: string): { id: string; uid: string }[];
  /** Forgets the single sign-on sessions of a person. */
  endSessions(sub: string): void;
  /** Ends codes, refresh tokens and grants of a person. */
  endGrants(sub: string): void;
}

const GRANTED = ['Grant', 'AuthorizationCode', 'RefreshToken', 'AccessToken'];

/** @param settings read at every look-up */
export function createTenantStore(settings: () => TenantSettings): TenantStore {
  const records = new Map<string, AdapterPayload>();

  function idsOf(model: string, test: (record: AdapterPayload) => boolean): string[] {
    const prefix = `${model}:`;
    return [...records]
      .filter(([key, record]) => key.startsWith(prefix) && test(record))
      .map(([key]) => key.slice(prefix.length));
  }

  function drop(models: readonly string[], test: (record: AdapterPayload) => boolean): void {
    for (const model of models) {
      for (const id of idsOf(model, test)) records.delete(`${model}:${id}`);
    }
  }

  function find(model: string, id: string): AdapterPayload | undefined {
    if (model === 'Client') return clientMetadataOf(settings(), id);
    const record = records.get(`${model}:${id}`);
    if (record === undefined || model !== 'RefreshToken') return record;
    return withinOverlap(record, settings()) ? { ...record, consumed: undefined } : record;
  }

  return {
    adapter: (model) => ({
      async upsert(id, payload) {
        records.set(`${model}:${id}`, payload);
      },
      find: async (id) => find(model, id),
      findByUserCode: async () => undefined,
      async findByUid(uid) {
        const [id] = idsOf(model, (record) => record.uid === uid);
        return id === undefined ? undefined : records.get(`${model}:${id}`);
      },
      async consume(id) {
        const record = records.get(`${model}:${id}`);
        // The overlap counts from the first use: a second one inside it must not prolong it.
        if (record !== undefined) record.consumed ??= Math.floor(Date.now() / 1000);
      },
      async destroy(id) {
        records.delete(`${model}:${id}`);
      },
      async revokeByGrantId(grantId) {
        drop([model], (record) => record.grantId === grantId);
      },
    }),
    sessionsOf: (sub) =>
      idsOf('Session', (record) => record.accountId === sub).map((id) => ({
        id,
        uid: String(records.get(`Session:${id}`)?.uid),
      })),
    endSessions: (sub) => drop(['Session'], (record) => record.accountId === sub),
    endGrants: (sub) => drop(GRANTED, (record) => record.accountId === sub),
  };
}

function withinOverlap(record: AdapterPayload, settings: TenantSettings): boolean {
  const { rotationOverlapSeconds = 0 } =
    settings.applications.find(({ clientId }) => clientId === record.clientId) ?? {};
  if (typeof record.consumed !== 'number' || rotationOverlapSeconds === 0) return false;
  return Date.now() / 1000 < record.consumed + rotationOverlapSeconds;
}
