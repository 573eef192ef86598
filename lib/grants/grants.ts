/**
 * Grants: what a person allowed one client, from the login to the last token.
 *
 * @module
 */
import type { Auth0, Auth0Login } from '../auth0/auth0.js';
import type { AuthenticatedClient } from '../clients/client-authentication.js';
import { clientFingerprint } from '../clients/fingerprint.js';
import type { Lifetimes } from '../config/config.js';
import type { EventListener, RevocationCause } from '../config/events.js';
import { InvalidGrant } from '../oauth/errors.js';
import type { CodeGrantRequest, RefreshGrantRequest } from '../oauth/token-request.js';
import type { CollectionDeps } from '../storage/collection.js';
import type { GrantRecord } from '../storage/records.js';
import type { AccessTokens } from './access-token.js';
import { createAuth0Sessions } from './auth0-session.js';
import { type ApprovedRequest, beginGrant } from './code-grant.js';
import { redeemCode } from './code-redemption.js';
import { createDeliveries } from './deliveries.js';
import type { GrantsDeps } from './grant-context.js';
import { createGrantStore, type GrantFilter } from './grant-store.js';
import { refreshGrant } from './refresh-grant.js';
import type { RefreshTokens } from './refresh-token.js';
import type { TokenSet } from './token-set.js';

/** The life of grants. */
export interface Grants {
  /**
   * Stores a verified login and issues the code for it.
   *
   * @throws AccessDenied Auth0 did not grant a required scope
   */
  begin(login: Auth0Login, request: ApprovedRequest): Promise<{ code: string; grantId: string }>;
  /**
   * Redeems a code; of parallel ones exactly one. A second one after it ends the grant, unless
   * the first answer never left.
   *
   * @throws InvalidGrant for every bad code, verifier or redirect URI alike
   * @throws InvalidClient a confidential client did not authenticate
   * @throws TemporarilyUnavailable it took too long; the same request may be sent again
   */
  redeemCode(request: CodeGrantRequest, client: AuthenticatedClient): Promise<TokenSet>;
  /**
   * Rotates. A replay outside the grace window ends the grant.
   *
   * @throws InvalidGrant, InvalidScope, InvalidClient, TemporarilyUnavailable
   */
  refresh(request: RefreshGrantRequest, client: AuthenticatedClient): Promise<TokenSet>;
  /** The grant, if it is alive and was redeemed. */
  find(grantId: string): Promise<GrantRecord | undefined>;
  /** The id and client behind one of our tokens, whichever kind it is. */
  findByToken(token: string): Promise<{ id: string; clientId: string } | undefined>;
  /** Ends a grant, here at once and at Auth0 in the background. */
  end(grantId: string, cause: RevocationCause): Promise<boolean>;
  list(filter: GrantFilter): Promise<readonly { id: string; grant: GrantRecord }[]>;
  /** @throws InvalidGrant the session has ended. @throws TemporarilyUnavailable */
  auth0Token(grantId: string): Promise<string>;
  /** Waits for what still runs in the background. */
  close(): Promise<void>;
}

/** What {@link createGrants} is made of. */
export interface GrantsParts {
  readonly collections: CollectionDeps;
  readonly auth0: Pick<Auth0, 'refresh' | 'revoke'>;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly codeKeys: readonly Uint8Array[];
  readonly lifetimes: Lifetimes;
  readonly requiredScopes: readonly string[];
  readonly knownScopes: ReadonlySet<string>;
  readonly upstreamTimeoutMs: number;
  readonly emit: EventListener;
  readonly onRevocationFailure: (error: unknown) => void;
  readonly now: () => number;
}

export function createGrants(parts: GrantsParts): Grants {
  const { auth0, lifetimes, now, accessTokens } = parts;
  const store = createGrantStore({ ...parts.collections, lifetimes, now });
  const upstream = createBackgroundRevocation(parts);

  async function endGrant(id: string, cause: RevocationCause): Promise<boolean> {
    const ended = await store.end(id);
    if (ended === undefined) return false;
    const client = clientFingerprint(ended.client.id);
    parts.emit({ type: 'grant_revoked', cause, grantId: id, subject: ended.subject, client });
    if (cause !== 'auth0_session_ended') upstream.revoke(ended.auth0.refreshToken);
    return true;
  }

  const sessions = createAuth0Sessions({
    auth0,
    store,
    timeoutMs: parts.upstreamTimeoutMs,
    now,
    endGrant: async (id) => void (await endGrant(id, 'auth0_session_ended')),
  });
  const deliveries = createDeliveries(store);
  const deps: GrantsDeps = { ...parts, store, sessions, deliveries, endGrant };

  async function find(grantId: string): Promise<GrantRecord | undefined> {
    const grant = await store.find(grantId);
    // Who asks holds a token, so the tokens have arrived.
    if (grant?.code.answering !== undefined) deliveries.note(grantId);
    return grant?.code.redeemedAt === undefined ? undefined : grant;
  }

  return {
    begin: (login, request) => beginGrant(login, request, deps),
    redeemCode: (request, client) => redeemCode(request, client, deps),
    refresh: (request, client) => refreshGrant(request, client, deps),
    find,
    async findByToken(token) {
      const id =
        parts.refreshTokens.parse(token)?.grantId ?? (await grantIdIn(token, accessTokens));
      const grant = id === undefined ? undefined : await find(id);
      return id === undefined || grant === undefined
        ? undefined
        : { id, clientId: grant.client.id };
    },
    end: endGrant,
    list: store.list,
    async auth0Token(grantId) {
      const grant = await find(grantId);
      if (grant === undefined) throw new InvalidGrant('The login has ended');
      const { auth0 } = await sessions.keepAlive(grantId, grant);
      if (auth0.accessTokenExpiresAt <= now()) throw new InvalidGrant('The login has ended');
      return auth0.accessToken;
    },
    async close() {
      await Promise.all([upstream.settled(), deliveries.settled()]);
    },
  };
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

/** Gives refresh tokens back to Auth0 without making anyone wait (R-RV-3). */
function createBackgroundRevocation({ auth0, onRevocationFailure }: GrantsParts) {
  const running = new Set<Promise<void>>();
  return {
    revoke(refreshToken: string | undefined): void {
      if (refreshToken === undefined) return;
      const task = auth0.revoke(refreshToken).catch(onRevocationFailure);
      running.add(task);
      void task.finally(() => running.delete(task));
    },
    async settled(): Promise<void> {
      await Promise.all(running);
    },
  };
}
