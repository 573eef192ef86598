/** Grants: what a user allowed a client, from the login to the last token. */
import { randomBytes } from 'node:crypto';

import { parseApiRequest } from '../auth0/api-token.js';
import type { Auth0, Auth0Login, Auth0TokenRequest, Auth0Tokens } from '../auth0/auth0.js';
import { findMachine } from '../clients/client.js';
import type { IdentifiedClient } from '../clients/client-authentication.js';
import type { Config } from '../config/config.js';
import type { RevocationCause } from '../config/events.js';
import type { Core } from '../core.js';
import { AccessDeniedError, InvalidGrantError } from '../oauth/errors.js';
import { withImpliedScopes } from '../oauth/scope.js';
import type { CodeGrantRequest, GrantType, RefreshGrantRequest } from '../oauth/token-request.js';
import type { GrantRecord } from '../storage/records.js';
import type { AccessTokenClaims, AccessTokens } from './access-token.js';
import type { Auth0Refreshes, IssuedTokens, TokenKind } from './auth0-refresh.js';
import { createAuth0Sessions, isUsable } from './auth0-tokens.js';
import { CODE_TTL_SECONDS, mintCode } from './authorization-code.js';
import { completeRedemption, createCodeRedemption } from './code-grant.js';
import { createEndedSessions } from './ended-sessions.js';
import { cleanUpGrants } from './grant-cleanup.js';
import {
  createGrantStore,
  eventContextOf,
  type FoundGrant,
  type GrantQuery,
  type GrantStore,
  hasTokens,
} from './grant-store.js';
import type { ApprovedRequest } from './login-transactions.js';
import { createRefreshGrant } from './refresh-grant.js';
import type { RefreshTokens } from './refresh-token.js';
import { isFresh, withChallenge } from './step-up.js';
import { createTokenIssuer, type TokenSet } from './token-set.js';
import { createUpstreamRevocation } from './upstream-revocation.js';

/** 128 bits, so that ids cannot be guessed. */
const GRANT_ID_BYTES = 16;

/** What an access token without a login in a browser is issued for. */
export interface Authorization {
  readonly grantType: GrantType;
  readonly client: IdentifiedClient;
  readonly clientName: string | undefined;
  /** The user; undefined for the client itself. */
  readonly subject: string | undefined;
  readonly scopes: readonly string[];
  readonly lifetimeSeconds: number;
  /** Auth0's access token, if Auth0 issued one. */
  readonly auth0: Auth0Tokens | undefined;
  /** Claims about the user: `name`, `email` … */
  readonly user: Readonly<Record<string, unknown>>;
  /** The identity assertion of the user, if it came with one. */
  readonly enterprise?: GrantRecord['enterprise'] & {
    /** Unix seconds. */
    readonly assertedAt: number;
  };
}

export interface Grants {
  /**
   * Stores a verified login as a grant and issues its code.
   *
   * @throws AccessDeniedError Auth0 did not grant a required scope, or reported a logout since the login began
   */
  begin(login: Auth0Login, request: ApprovedRequest): Promise<{ code: string; grantId: string }>;
  /** For a login that results in no grant: revokes its refresh token at Auth0 in the background. */
  discard(login: Auth0Login): void;
  /**
   * Redeems a code: of parallel attempts exactly one succeeds. A second use after it revokes the grant, unless the
   * first response was never sent.
   *
   * @throws InvalidGrantError the same for every invalid code, verifier or redirect URI
   * @throws InvalidClientError a confidential client did not authenticate
   * @throws TemporarilyUnavailableError it took too long; the same request can be repeated
   */
  redeemCode(request: CodeGrantRequest, client: IdentifiedClient): Promise<TokenSet>;
  /**
   * Issues new tokens for a refresh token. One that is used twice gets the same successor within the grace window; after
   * it, it is a replay and revokes the grant.
   *
   * @param caller keyed hash of the address it came from
   * @throws InvalidGrantError, InvalidScopeError, InvalidClientError, TemporarilyUnavailableError
   */
  refresh(
    request: RefreshGrantRequest,
    client: IdentifiedClient,
    caller: string,
  ): Promise<TokenSet>;
  /**
   * The grant, if it is alive and its code was redeemed.
   *
   * @param from the grant as it was read before, which saves opening an unchanged record
   */
  find(grantId: string, from?: GrantRecord): Promise<GrantRecord | undefined>;
  /** Notes that an access token was challenged for more scopes, so that the next refresh can start a step-up. */
  noteChallenge(claims: AccessTokenClaims): Promise<void>;
  /** The grant of an access or refresh token of this client. */
  findByToken(token: string, clientId: string): Promise<FoundGrant | undefined>;
  /** Revokes a grant: here at once, and at Auth0 in the background. @returns whether it was alive */
  revoke(grantId: string, cause: RevocationCause): Promise<boolean>;
  list(filter: GrantQuery, which?: 'redeemed' | 'all'): Promise<readonly FoundGrant[]>;
  /**
   * Issues an access token without a login in a browser: for a client on its own behalf, or for a user whom another
   * issuer has authenticated. There is no refresh token.
   *
   * @throws TypeError the user has the id of the client
   * @throws AccessDeniedError Auth0 has reported a logout of the user since the assertion was issued
   */
  issue(authorization: Authorization): Promise<TokenSet>;
  /**
   * @param request default: the API and scopes of the login
   * @throws InvalidGrantError the session has ended. @throws TemporarilyUnavailableError
   * @throws Auth0ApiAccessError Auth0 issues no such token. @throws TypeError `request` is malformed
   */
  auth0Token(grantId: string, request?: Auth0TokenRequest): Promise<string>;
  /** Requests a token of another kind, if it is due. @throws as {@link Auth0Refreshes.refresh} */
  requestToken(grantId: string, kind: TokenKind): Promise<GrantRecord>;
  /** Changes the session at Auth0 as it is stored. */
  changeAuth0(grantId: string, change: IssuedTokens['change']): Promise<void>;
  /** Waits for what runs in the background. */
  close(): Promise<void>;
}

/**
 * @param knownScopes scopes that a refresh can be rejected for
 * @param onChange called with the id of a grant that this process has changed or revoked
 */
export function createGrants(
  core: Core,
  auth0: Pick<Auth0, 'refresh' | 'refreshFor' | 'revoke'>,
  accessTokens: AccessTokens,
  refreshTokens: RefreshTokens,
  knownScopes: ReadonlySet<string>,
  onChange: (grantId: string) => void,
): Grants {
  const { config, signingKeys, emit, now } = core;
  const { lifetimes, logger } = config;
  const upstream = createUpstreamRevocation(auth0, logger);
  const store = createGrantStore(core, upstream, onChange);
  const background = createBackgroundTasks();
  const cleanUp = (subject: string): void => {
    void background.start(`clean up ${subject}`, () => cleanUpGrants(subject, store, logger));
  };
  const complete = (id: string, grant: GrantRecord): Promise<void> =>
    background.start(`complete ${id}`, () => completeRedemption(id, grant, core, store));
  const sessions = createAuth0Sessions(core, auth0, store, upstream, cleanUp);
  const issueTokens = createTokenIssuer(accessTokens, refreshTokens, lifetimes, now);
  const addAlive = createAddAlive(core, store);

  async function find(grantId: string, from?: GrantRecord): Promise<GrantRecord | undefined> {
    const grant = await store.find(grantId, from);
    // The caller has a token, so the response with the tokens has arrived: from now on the code is used.
    if (grant?.code?.pendingAttempt !== undefined) await complete(grantId, grant);
    return grant !== undefined && hasTokens(grant) && isInOptions(grant, config)
      ? grant
      : undefined;
  }

  async function begin(
    login: Auth0Login,
    request: ApprovedRequest,
  ): Promise<{ code: string; grantId: string }> {
    const scopes = withImpliedScopes(login.scopes, config.scopes.implied);
    const missing = config.scopes.required.filter((scope) => !scopes.includes(scope));
    if (missing.length > 0) {
      throw new AccessDeniedError('Auth0 did not grant a scope that is required here', {
        detail: `missing: ${missing.join(' ')}. In the Auth0 dashboard add it under Applications > APIs > Permissions; with RBAC on, give it to the user through a role`,
      });
    }
    const grantId = newGrantId();
    const { code, tag } = mintCode(grantId, signingKeys.derive('authorization-code'));
    await addAlive(grantId, newGrant({ ...login, scopes }, request, tag, now()), login);
    cleanUp(login.subject);
    return { code, grantId };
  }

  const discard = ({ tokens }: Auth0Login): void => upstream.revoke(tokens.refreshToken);

  return {
    begin: (login, request) =>
      begin(login, request).catch((error: unknown) => {
        discard(login);
        throw error;
      }),
    discard,
    redeemCode: createCodeRedemption(core, store, issueTokens, (id, grant) => {
      void complete(id, grant);
    }),
    refresh: createRefreshGrant(core, store, sessions, refreshTokens, issueTokens, knownScopes),
    find,
    async noteChallenge(claims) {
      if (!isFresh(claims, now())) return;
      await store.update(claims.grantId, (grant) =>
        grant.client.mayRefresh ? withChallenge(grant, now()) : undefined,
      );
    },
    async findByToken(token, clientId) {
      const refreshToken = refreshTokens.parse(token, clientId);
      // RFC 7009 §2.2: an invalid token needs no revocation.
      const claims = refreshToken ?? (await accessTokens.verify(token).catch(() => undefined));
      const grant = claims && (await find(claims.grantId));
      return claims && grant?.client.id === clientId ? { id: claims.grantId, grant } : undefined;
    },
    revoke: store.revoke,
    list: store.list,
    async issue(authorization) {
      const { client, grantType, subject = '', enterprise } = authorization;
      const grantId = newGrantId();
      const grant = grantWithoutLogin(authorization, now());
      await client.useAssertion?.(grantId);
      const login = enterprise && { subject, sid: undefined, startedAt: enterprise.assertedAt };
      await (login ? addAlive(grantId, grant, login) : store.add(grantId, grant));
      const issuer = enterprise && { issuer: enterprise.issuer };
      const context = { ...issuer, ...eventContextOf(grantId, grant) };
      emit({ type: 'access_token_issued', grantType, ...context });
      return issueTokens(grantId, grant, grant.scopes);
    },
    async auth0Token(grantId, request) {
      const api = parseApiRequest(request, config.auth0.audience);
      const found = await find(grantId);
      if (found !== undefined && api !== undefined) return sessions.apiToken(grantId, found, api);
      const grant = found && (await sessions.refreshIfDue(grantId, found));
      if (grant?.auth0 === undefined || !isUsable(grant, now())) {
        throw new InvalidGrantError('The login has ended');
      }
      return grant.auth0.accessToken;
    },
    requestToken: sessions.refresh,
    changeAuth0: sessions.change,
    async close() {
      await Promise.all([sessions.idle(), background.idle()]);
      await upstream.close();
    },
  };
}

/**
 * Stores a grant, unless Auth0 has reported a logout since its login began: then it is deleted again.
 *
 * @throws AccessDeniedError
 */
type AddAlive = (
  grantId: string,
  grant: GrantRecord,
  login: Pick<Auth0Login, 'subject' | 'sid' | 'startedAt'>,
) => Promise<void>;

function createAddAlive(
  { collections }: Core,
  store: Pick<GrantStore, 'add' | 'delete'>,
): AddAlive {
  const endedSessions = createEndedSessions(collections);
  return async function addAlive(grantId, grant, login) {
    await store.add(grantId, grant);
    await endedSessions.requireAlive(login).catch(async (error: unknown) => {
      await store.delete(grantId);
      throw error;
    });
  };
}

/** Background work, one task at a time for each key. */
function createBackgroundTasks(): {
  /** @returns the end of the task, or of the one that runs under this key */
  start(key: string, work: () => Promise<void>): Promise<void>;
  idle(): Promise<void>;
} {
  const running = new Map<string, Promise<void>>();
  return {
    start(key, work) {
      const task = running.get(key) ?? work().finally(() => running.delete(key));
      running.set(key, task);
      return task;
    },
    async idle() {
      await Promise.all(running.values());
    },
  };
}

/**
 * Whether the options still allow a grant without a login: its access token needs no renewal, at which a removed client
 * or issuer would be noticed.
 */
function isInOptions({ client, subject, enterprise }: GrantRecord, config: Config): boolean {
  if (subject === undefined) return findMachine(config, client.id) !== undefined;
  if (enterprise === undefined) return true;
  return config.enterprise.some(
    ({ issuer, clients }) => issuer === enterprise.issuer && clients.includes(client.id),
  );
}

function newGrantId(): string {
  return randomBytes(GRANT_ID_BYTES).toString('base64url');
}

function newGrant(
  login: Auth0Login,
  { client, ...request }: ApprovedRequest,
  tag: string,
  now: number,
): GrantRecord {
  return {
    client: {
      id: client.id,
      ...(client.name !== undefined && { name: client.name }),
      authMethod: client.authMethod,
      mayRefresh: client.mayRefresh,
      ...(client.kind === 'registered' && { isInstallation: true }),
    },
    subject: login.subject,
    ...(login.sid !== undefined && { sid: login.sid }),
    scopes: request.scopes,
    createdAt: now,
    lastUsedAt: now,
    code: {
      tag,
      challenge: request.codeChallenge,
      redirectUri: request.redirectUri,
      expiresAt: now + CODE_TTL_SECONDS,
      failures: 0,
    },
    generation: 0,
    replaced: [],
    auth0: auth0Record(login.tokens, login.scopes),
    user: login.user,
  };
}

function grantWithoutLogin(
  { client, clientName, subject, scopes, lifetimeSeconds, auth0, user, enterprise }: Authorization,
  now: number,
): GrantRecord {
  // RFC 9068 §5: a user who could be taken for a client.
  if (subject === client.id) throw new TypeError('a user has the id of a client');
  const limit = auth0?.accessTokenExpiresAt ?? Number.POSITIVE_INFINITY;
  return {
    client: {
      id: client.id,
      ...(clientName !== undefined && { name: clientName }),
      authMethod: client.authMethod,
      mayRefresh: false,
    },
    ...(subject !== undefined && { subject }),
    scopes,
    createdAt: now,
    lastUsedAt: now,
    expiresAt: Math.min(now + lifetimeSeconds, limit),
    generation: 0,
    replaced: [],
    ...(auth0 !== undefined && { auth0: auth0Record(auth0, scopes) }),
    user,
    ...(enterprise !== undefined && {
      enterprise: { issuer: enterprise.issuer, claims: enterprise.claims },
    }),
  };
}

function auth0Record(
  { accessToken, accessTokenExpiresAt, refreshToken }: Auth0Tokens,
  scopes: readonly string[],
): NonNullable<GrantRecord['auth0']> {
  return {
    accessToken,
    accessTokenExpiresAt,
    ...(refreshToken !== undefined && { refreshToken }),
    scopes,
  };
}
