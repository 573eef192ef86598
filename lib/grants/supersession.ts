/** A later login of one installation takes the place of the earlier ones, as after a step-up. */
import { clientFingerprint } from '../clients/fingerprint.js';
import type { EventListener } from '../config/events.js';
import { haveSameHost } from '../oauth/redirect-uri.js';
import type { GrantRecord } from '../storage/records.js';
import { CODE_TTL_SECONDS } from './authorization-code.js';
import type { GrantStore } from './grant-store.js';

interface SupersessionDeps {
  readonly store: Pick<GrantStore, 'list' | 'update'>;
  readonly emit: EventListener;
  readonly now: () => number;
}

/**
 * Marks the earlier grants of the installation that holds this one. To be called before its delivery is
 * noted: a grant whose delivery is not noted yet is not marked within a minute, so that of two parallel logins neither
 * can end the other, and a process that dies in between is made up for by the next note.
 */
export type Supersede = (id: string, grant: GrantRecord) => Promise<void>;

export function createSupersession({ store, emit, now }: SupersessionDeps): Supersede {
  return async function supersede(id, grant) {
    if (!grant.client.isInstallation) return;
    const { subject, client } = grant;
    for (const earlier of await store.list({ subject, clientId: client.id })) {
      if (earlier.id === id) continue;
      let isMarked = false;
      const mark = (current: GrantRecord): GrantRecord | undefined => {
        isMarked = isReplacedBy(current, grant);
        return isMarked ? { ...current, supersededAt: now() } : undefined;
      };
      const marked = await store.update(earlier.id, mark, earlier.grant);
      if (marked === undefined || !isMarked) continue;
      const context = { grantId: earlier.id, subject, client: clientFingerprint(client.id) };
      emit({ type: 'grant_revoked', cause: 'superseded', ...context });
    }
  };
}

function isReplacedBy({ code, supersededAt }: GrantRecord, later: GrantRecord): boolean {
  const { redeemedAt, answering, redirectUri } = code;
  const { redeemedAt: laterRedeemedAt = 0 } = later.code;
  return (
    supersededAt === undefined &&
    redeemedAt !== undefined &&
    redeemedAt <= laterRedeemedAt &&
    (answering === undefined || redeemedAt < laterRedeemedAt - CODE_TTL_SECONDS) &&
    haveSameHost(redirectUri, later.code.redirectUri)
  );
}
