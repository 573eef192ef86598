/**
 * Grants: what a person allowed one client, from the login to the last token.
 *
 * @module
 */
import type { Auth0, Auth0Login, Auth0Logout } from '../auth0/auth0.js';
import type { AuthenticatedClient } from '../clients/client-authentication.js';
import { clientFingerprint } from '../clients/fingerprint.js';
import type { Lifetimes } from '../config/config.js';
import type { EventListener, RevocationCause } from '../config/events.js';
import type { Logger } from '../config/logger.js';
import { InvalidGrantError } from '../oauth/errors.js';
import { haveSameHost } from '../oauth/redirect-uri.js';
import type { CodeGrantRequest, RefreshGrantRequest } from '../oauth/token-request.js';
import type { SealedStorage } from '../storage/collection.js';
import type { GrantRecord } from '../storage/records.js';
import type { AccessTokens } from './access-token.js';
import type { AccountSessions } from './account-sessions.js';
import { createAuth0Sessions } from './auth0-session.js';
import { type ApprovedRequest, beginGrant } from './code-grant.js';
import { redeemCode } from './code-redemption.js';
import { createDeliveries } from './deliveries.js';
import type { EndedSessions } from './ended-sessions.js';
import type { GrantsDeps } from './grant-context.js';
import { createGrantStore, type GrantFilter, type GrantStore } from './grant-store.js';
import { createHousekeeping } from './housekeeping.js';
import { createLogouts } from './logouts.js';
import { refreshGrant } from './refresh-grant.js';
import type { RefreshTokens } from './refresh-token.js';
import { createSupersession } from './supersession.js';
import type { TokenSet } from './token-set.js';
import { createUpstreamRevocation, type UpstreamRevocation } from './upstream-revocation.js';

/** The life of grants. */
export interface Grants {
  /**
   * Stores a verified login and issues the code for it.
   *
   * @throws AccessDeniedError Auth0 did not grant a required scope
   */
  begin(login: Auth0Login, request: ApprovedRequest): Promise<{ code: string; grantId: string }>;
  /** For a login no grant comes of: what Auth0 gave to keep it alive goes back in the background. */
  discard(login: Auth0Login): void;
  /**
   * Redeems a code; of parallel ones exactly one. A second one after it ends the grant, unless
   * the first answer never left.
   *
   * @throws InvalidGrantError for every bad code, verifier or redirect URI alike
   * @throws InvalidClientError a confidential client did not authenticate
   * @throws TemporarilyUnavailableError it took too long; the same request may be sent again
   */
  redeemCode(request: CodeGrantRequest, client: AuthenticatedClient): Promise<TokenSet>;
  /**
   * Rotates. A replay outside the grace window ends the grant.
   *
   * @param caller keyed hash of the address it came from
   * @throws InvalidGrantError, InvalidScopeError, InvalidClientError, TemporarilyUnavailableError
   */
  refresh(
    request: RefreshGrantRequest,
    client: AuthenticatedClient,
    caller: string,
  ): Promise<TokenSet>;
  /** The grant, if it is alive and was redeemed. */
  find(grantId: string): Promise<GrantRecord | undefined>;
  /** The grant behind a token of this client, whichever kind it is. */
  findByToken(
    token: string,
    clientId: string,
  ): Promise<{ id: string; grant: GrantRecord } | undefined>;
  /** Ends a grant, here at once and at Auth0 in the background. */
  revoke(grantId: string, cause: RevocationCause): Promise<boolean>;
  /** Ends what a logout at Auth0 ends, sessions of people too. @throws InvalidRequestError it was carried out before */
  logOut(logout: Auth0Logout): Promise<void>;
  list(
    filter: GrantFilter,
    which?: 'redeemed' | 'all',
  ): Promise<readonly { id: string; grant: GrantRecord }[]>;
  /** @throws InvalidGrantError the session has ended. @throws TemporarilyUnavailableError */
  auth0Token(grantId: string): Promise<string>;
  /** Brings to its end what still runs in the background. */
  close(): Promise<void>;
}

/** What {@link createGrants} is made of. */
export interface GrantsParts {
  readonly collections: SealedStorage;
  readonly auth0: Pick<Auth0, 'refresh' | 'revoke'>;
  readonly accessTokens: AccessTokens;
  readonly accountSessions: Pick<AccountSessions, 'logOut'>;
  readonly endedSessions: EndedSessions;
  readonly refreshTokens: RefreshTokens;
  readonly codeKeys: readonly Uint8Array[];
  readonly lifetimes: Lifetimes;
  readonly requiredScopes: readonly string[];
  readonly knownScopes: ReadonlySet<string>;
  readonly upstreamTimeoutMs: number;
  readonly emit: EventListener;
  readonly log: Logger;
  readonly now: () => number;
  /** Called with the id of a grant that this process has changed or ended. */
  readonly onGrantChange: (grantId: string) => void;
}

export function createGrants(parts: GrantsParts): Grants {
  const { lifetimes, now, accessTokens, log } = parts;
  const store = createGrantStore({
    ...parts.collections,
    lifetimes,
    now,
    onChange: parts.onGrantChange,
  });
  const upstream = createUpstreamRevocation(parts);
  const endGrant = createEnding(parts, store, upstream);
  const housekeeping = createHousekeeping({
    store,
    retire: async (id) => void (await endGrant(id, 'expired')),
    endGrant,
    log,
  });
  const sessions = createAuth0Sessions({
    ...parts,
    store,
    timeoutMs: parts.upstreamTimeoutMs,
    giveBack: upstream.revoke,
    tidy: housekeeping.tidy,
    endGrant: async (id) => void (await endGrant(id, 'auth0_session_ended')),
  });
  const supersede = createSupersession({ ...parts, store });
  const deliveries = createDeliveries(store, supersede);
  const { tidy } = housekeeping;
  const deps: GrantsDeps = {
    ...parts,
    store,
    sessions,
    deliveries,
    supersede,
    revokeGrant: endGrant,
    tidy,
  };

  async function find(grantId: string): Promise<GrantRecord | undefined> {
    const grant = await store.find(grantId);
    // Who asks holds a token, so the tokens have arrived.
    if (grant?.code.answering !== undefined) deliveries.note(grantId, grant);
    return grant?.code.redeemedAt === undefined ? undefined : grant;
  }

  const discard = ({ tokens }: Auth0Login): void => upstream.revoke(tokens.refreshToken);

  return {
    async begin(login, request) {
      try {
        return await beginGrant(login, request, deps);
      } catch (error) {
        // No grant came of it, so nobody will ever use what Auth0 gave for it.
        discard(login);
        throw error;
      }
    },
    discard,
    redeemCode: (request, client) => redeemCode(request, client, deps),
    refresh: (request, client, caller) => refreshGrant(request, client, caller, deps),
    find,
    async findByToken(token, clientId) {
      const claims = parts.refreshTokens.parse(token, clientId);
      const id = claims?.grantId ?? (await grantIdIn(token, accessTokens));
      const grant = id === undefined ? undefined : await find(id);
      if (id === undefined || grant?.client.id !== clientId) return undefined;
      return { id, grant };
    },
    revoke: endGrant,
    logOut: createLogouts({ ...parts, store, endGrant }),
    list: store.list,
    async auth0Token(grantId) {
      const grant = await find(grantId);
      if (grant === undefined) throw new InvalidGrantError('The login has ended');
      const { auth0 } = await sessions.keepAlive(grantId, grant);
      if (auth0.accessTokenExpiresAt <= now()) throw new InvalidGrantError('The login has ended');
      return auth0.accessToken;
    },
    async close() {
      await Promise.all([sessions.settled(), housekeeping.settled(), deliveries.settled()]);
      await upstream.close();
    },
  };
}

/** Ends grants: here at once, at Auth0 in the background, and told to whoever listens. */
function createEnding(
  { emit }: Pick<GrantsParts, 'emit'>,
  store: Pick<GrantStore, 'delete' | 'list'>,
  upstream: UpstreamRevocation,
): GrantsDeps['revokeGrant'] {
  async function endGrant(id: string, cause: RevocationCause): Promise<boolean> {
    const ended = await store.delete(id);
    if (ended === undefined) return false;
    const { subject, client, auth0, supersededAt } = ended.grant;
    // What has run out was dead before, whoever comes to bury it.
    const told = ended.isAlive ? cause : 'expired';
    const context = { grantId: id, subject, client: clientFingerprint(client.id) };
    // That it was superseded was told when it happened.
    if (ended.isAlive || supersededAt === undefined) {
      emit({ type: 'grant_revoked', cause: told, ...context });
    }
    if (cause !== 'auth0_session_ended') upstream.revoke(auth0.refreshToken);
    if (ended.isAlive && supersededAt === undefined) await endSuperseded(ended.grant, cause);
    return ended.isAlive;
  }

  /** The access of an installation ends as a whole, also what the grace window leaves of earlier grants. */
  async function endSuperseded(grant: GrantRecord, cause: RevocationCause): Promise<void> {
    if (!grant.client.isInstallation) return;
    const { subject, client } = grant;
    const all = await store.list({ subject, clientId: client.id }, 'all').catch(() => []);
    const left = all.filter(
      (earlier) =>
        earlier.grant.supersededAt !== undefined &&
        haveSameHost(earlier.grant.code.redirectUri, grant.code.redirectUri),
    );
    await Promise.all(left.map(({ id }) => endGrant(id, cause)));
  }

  return endGrant;
}

async function grantIdIn(
  token: string,
  accessTokens: Pick<AccessTokens, 'verify'>,
): Promise<string | undefined> {
  try {
    return (await accessTokens.verify(token)).grantId;
  } catch {
    // RFC 7009 §2.2: a token that is not valid needs no revocation.
    return undefined;
  }
}
