/**
 * Housekeeping of one person's grants: what has ended here is retired at Auth0 too, and the least
 * recently used go first before Auth0 throws out its oldest.
 *
 * There is no timer: it runs beside the person's own logins and refreshes at Auth0, so the work
 * spreads with the load and ends with it.
 *
 * @module
 */
import type { RevocationCause } from '../config/events.js';
import type { Logger } from '../config/logger.js';
import type { GrantStore } from './grant-store.js';

/** See {@link createHousekeeping}. */
export interface Housekeeping {
  /** Looks after a person's grants in the background. */
  tidy(subject: string): void;
  /** Resolves when no such work is left. */
  settled(): Promise<void>;
}

interface HousekeepingDeps {
  readonly store: Pick<GrantStore, 'storedGrants'>;
  /** Forgets a grant that has ended by itself, here and at Auth0. */
  readonly retire: (id: string) => Promise<void>;
  readonly endGrant: (id: string, cause: RevocationCause) => Promise<boolean>;
  readonly log: Pick<Logger, 'warn'>;
}

/**
 * Auth0 keeps 200 refresh tokens for a person and an application and drops the oldest without a
 * word, whoever uses it. Ten of them are left for logins under way and for other uses of the
 * application.
 */
const MAX_GRANTS = 190;

export function createHousekeeping(deps: HousekeepingDeps): Housekeeping {
  const running = new Map<string, Promise<void>>();
  return {
    tidy(subject) {
      if (running.has(subject)) return;
      const work = tidyUp(subject, deps)
        .catch((error: unknown) =>
          deps.log.warn({ error: String(error) }, 'grants that have ended could not be retired'),
        )
        .finally(() => running.delete(subject));
      running.set(subject, work);
    },
    async settled() {
      await Promise.all(running.values());
    },
  };
}

async function tidyUp(subject: string, deps: HousekeepingDeps): Promise<void> {
  const holdings = await deps.store.storedGrants(subject);
  for (const { id, isAlive } of holdings) {
    if (!isAlive) await deps.retire(id);
  }
  const atAuth0 = holdings.filter(({ isAlive, grant }) => isAlive && grant.auth0.refreshToken);
  const leastRecent = atAuth0
    // A code that waits to be redeemed is a login that is just happening.
    .filter(({ grant }) => grant.code.redeemedAt !== undefined)
    .sort((one, other) => one.grant.lastUsedAt - other.grant.lastUsedAt);
  for (const { id } of leastRecent.slice(0, Math.max(0, atAuth0.length - MAX_GRANTS))) {
    await deps.endGrant(id, 'auth0_limit');
  }
}
