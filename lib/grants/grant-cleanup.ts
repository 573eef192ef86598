/** Ends grants that a user's newer logins make unnecessary: superseded, expired, or too many for Auth0. */
import { type Logger, logInBackground } from '../config/logger.js';
import type { Core } from '../core.js';
import { haveSameHost } from '../oauth/redirect-uri.js';
import type { GrantRecord } from '../storage/records.js';
import { CODE_TTL_SECONDS } from './authorization-code.js';
import { eventContextOf, type GrantStore, hasTokens } from './grant-store.js';

/**
 * Auth0 keeps 200 refresh tokens for a user and an application and silently drops the oldest, whether it is in use or
 * not. Ten are left for logins in progress and for other uses of the application.
 */
const MAX_GRANTS = 190;

/**
 * Revokes a user's expired grants, also at Auth0, and the least recently used ones above the limit. Called at logins and
 * refreshes of the user, without a timer, so that the work spreads with the load.
 */
export async function cleanUpGrants(
  subject: string,
  store: Pick<GrantStore, 'storedGrants' | 'revoke'>,
  log: Pick<Logger, 'warn'>,
): Promise<void> {
  try {
    const stored = await store.storedGrants(subject);
    for (const { id, isAlive } of stored) {
      if (!isAlive) await store.revoke(id, 'expired');
    }
    const atAuth0 = stored.filter(({ isAlive, grant }) => isAlive && grant.auth0?.refreshToken);
    const leastRecent = atAuth0
      // A code that is not redeemed yet belongs to a login in progress.
      .filter(({ grant }) => hasTokens(grant))
      .sort((one, other) => one.grant.lastUsedAt - other.grant.lastUsedAt);
    for (const { id } of leastRecent.slice(0, Math.max(0, atAuth0.length - MAX_GRANTS))) {
      await store.revoke(id, 'auth0_limit');
    }
  } catch (error) {
    logInBackground(() =>
      log.warn({ error: String(error) }, 'expired grants could not be removed'),
    );
  }
}

/**
 * Marks earlier grants of the same installation, which end with the grace window, as after a step-up.
 *
 * To be called before the grant's redemption is completed: a grant that is not completed is not marked within a minute,
 * so that of two parallel logins neither ends the other.
 */
export async function supersedeEarlier(
  id: string,
  grant: GrantRecord,
  { emit, now }: Core,
  store: GrantStore,
): Promise<void> {
  if (!grant.client.isInstallation) return;
  const { subject, client } = grant;
  for (const earlier of await store.list({ subject, clientId: client.id })) {
    if (earlier.id === id) continue;
    let isMarked = false;
    const mark = (current: GrantRecord): GrantRecord | undefined => {
      isMarked = isSupersededBy(current, grant);
      return isMarked ? { ...current, supersededAt: now() } : undefined;
    };
    const marked = await store.update(earlier.id, mark, earlier.grant);
    if (marked === undefined || !isMarked) continue;
    emit({ type: 'grant_revoked', cause: 'superseded', ...eventContextOf(earlier.id, marked) });
  }
}

function isSupersededBy({ code, supersededAt }: GrantRecord, later: GrantRecord): boolean {
  if (code === undefined || later.code === undefined) return false;
  const { redeemedAt, pendingAttempt, redirectUri } = code;
  const { redeemedAt: laterRedeemedAt = 0 } = later.code;
  return (
    supersededAt === undefined &&
    redeemedAt !== undefined &&
    redeemedAt <= laterRedeemedAt &&
    (pendingAttempt === undefined || redeemedAt < laterRedeemedAt - CODE_TTL_SECONDS) &&
    haveSameHost(redirectUri, later.code.redirectUri)
  );
}
