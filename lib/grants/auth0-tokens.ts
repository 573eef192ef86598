/** Auth0's access tokens of a grant: that of the login, and those for other APIs, each requested when it is due. */
import { decodeJwt } from 'jose';

import {
  type ApiRequest,
  type ApiToken,
  type Auth0,
  Auth0ApiAccessError,
  type Auth0Authorization,
  Auth0Error,
  type Auth0Refresh,
} from '../auth0/auth0.js';
import { deepFreeze } from '../config/deep-freeze.js';
import type { Core } from '../core.js';
import { TemporarilyUnavailableError } from '../oauth/errors.js';
import { withImpliedScopes } from '../oauth/scope.js';
import { type ApiTokenRecord, type GrantRecord, MAX_API_TOKENS } from '../storage/records.js';
import { StorageUnavailableError } from '../storage/storage.js';
import {
  type Auth0Refreshes,
  createAuth0Refreshes,
  type IssuedTokens,
  type TokenKind,
  unavailable,
} from './auth0-refresh.js';
import type { GrantStore } from './grant-store.js';
import type { UpstreamRevocation } from './upstream-revocation.js';

export interface Auth0Sessions {
  /**
   * The grant with an Auth0 access token that is valid for a minute at least, or as long as it lasts while Auth0 or
   * the store is unavailable.
   *
   * @throws InvalidGrantError the session at Auth0 has ended; the grant is revoked
   * @throws TemporarilyUnavailableError Auth0 is unavailable; nothing was changed
   */
  refreshIfDue(id: string, grant: GrantRecord): Promise<GrantRecord>;
  /**
   * A token for another API, or with other scopes, that is valid for a minute at least, or as long as it lasts while
   * Auth0 or the store is unavailable.
   *
   * @throws Auth0ApiAccessError Auth0 issues no such token to this application
   * @throws InvalidGrantError the session at Auth0 has ended, or Auth0 requires a new login; the grant is revoked
   * @throws TemporarilyUnavailableError Auth0 is unavailable; nothing was changed
   */
  apiToken(id: string, grant: GrantRecord, api: ApiRequest): Promise<string>;
  /** Use of the refresh token for another kind of token. */
  readonly refresh: Auth0Refreshes['refresh'];
  /** Changes the session as it is stored. */
  change(id: string, change: IssuedTokens['change']): Promise<void>;
  /** Waits until every token that Auth0 has issued is stored. */
  idle(): Promise<void>;
}

/** Refreshed this long before expiry, so that a token is valid for the call it is used in. */
const MARGIN_SECONDS = 60;

/** The failure of a response that does not verify. */
const RETRY_AFTER_SECONDS = 5;

/** @param onRefreshed called with the user whose grant was refreshed */
export function createAuth0Sessions(
  core: Core,
  auth0: Pick<Auth0, 'refresh' | 'refreshFor'>,
  store: GrantStore,
  upstream: Pick<UpstreamRevocation, 'revoke'>,
  onRefreshed: (subject: string) => void,
): Auth0Sessions {
  const { config, now } = core;
  const refreshes = createAuth0Refreshes(core, store, upstream, onRefreshed);

  /** The token of the login. */
  const loginToken: TokenKind = {
    audience: undefined,
    key: '',
    isDue: ({ auth0 }, now) =>
      auth0?.refreshToken !== undefined && auth0.accessTokenExpiresAt - MARGIN_SECONDS <= now,
    request: async (refreshToken) =>
      issuedForLogin(await auth0.refresh(refreshToken), config.scopes.implied),
  };

  const kindOf = (api: ApiRequest): TokenKind => ({
    audience: api.audience,
    key: JSON.stringify([api.audience, api.scopes]),
    isDue: (grant, now) => (findApiToken(grant, api)?.expiresAt ?? 0) - MARGIN_SECONDS <= now,
    request: async (refreshToken) =>
      issuedForApi(await auth0.refreshFor(refreshToken, api), api, now()),
  });

  return {
    async refreshIfDue(id, grant) {
      if (!loginToken.isDue(grant, now())) return grant;
      try {
        return await refreshes.refresh(id, loginToken);
      } catch (error) {
        if (isOutage(error) && isUsable(grant, now())) return grant;
        throw error;
      }
    },
    async apiToken(id, grant, api) {
      const kind = kindOf(api);
      const found = findApiToken(grant, api);
      if (found !== undefined && !kind.isDue(grant, now())) return found.accessToken;
      if (grant.auth0?.refreshToken === undefined) {
        throw new Auth0ApiAccessError(api, 'the login has no refresh token', OFFLINE_REMEDY);
      }
      try {
        const token = findApiToken(await refreshes.refresh(id, kind), api);
        if (token !== undefined && token.expiresAt > now()) return token.accessToken;
        throw unavailable(RETRY_AFTER_SECONDS);
      } catch (error) {
        if (isOutage(error) && found !== undefined && found.expiresAt > now()) {
          return found.accessToken;
        }
        throw error;
      }
    },
    refresh: refreshes.refresh,
    async change(id, change) {
      await store.update(id, ({ auth0, ...grant }) => auth0 && { ...grant, auth0: change(auth0) });
    },
    idle: refreshes.idle,
  };
}

/**
 * Claims of a grant's Auth0 access token, which was verified when it was fetched; frozen, since all requests with the
 * token share them. Empty without one.
 */
export function auth0ClaimsOf({ auth0 }: Pick<GrantRecord, 'auth0'>): Record<string, unknown> {
  return deepFreeze(auth0 === undefined ? {} : decodeJwt(auth0.accessToken));
}

/** Whether the Auth0 access token of a grant has not expired. */
export function isUsable({ auth0 }: Pick<GrantRecord, 'auth0'>, now: number): boolean {
  return auth0 !== undefined && auth0.accessTokenExpiresAt > now;
}

function issuedForLogin(
  { refreshToken, result }: Auth0Refresh<Auth0Authorization>,
  implied: Core['config']['scopes']['implied'],
): IssuedTokens {
  if (result instanceof Error) return unusable(refreshToken, result);
  const { accessToken, accessTokenExpiresAt } = result.tokens;
  const scopes = withImpliedScopes(result.scopes, implied);
  return {
    subject: String(result.claims['sub']),
    refreshToken,
    change: (current) => ({ ...current, accessToken, accessTokenExpiresAt, scopes }),
  };
}

/** A response without a usable token. */
function unusable(refreshToken: string | undefined, failure: Error): IssuedTokens {
  return { subject: undefined, refreshToken, change: (current) => current, failure };
}

function issuedForApi(
  { refreshToken, result }: Auth0Refresh<ApiToken>,
  { audience, scopes }: ApiRequest,
  now: number,
): IssuedTokens {
  if (result instanceof Error) {
    // No outage of Auth0: it must not delay the refresh of the login.
    const failure =
      result instanceof Auth0Error ? unavailable(RETRY_AFTER_SECONDS, result) : result;
    return unusable(refreshToken, failure);
  }
  const { accessToken, expiresAt, subject } = result;
  const added = { audience, scopes, accessToken, expiresAt };
  return {
    subject,
    refreshToken,
    change(current) {
      const others = (current.apiTokens ?? []).filter(
        (one) => one.expiresAt > now && !isTokenFor(one, added),
      );
      return { ...current, apiTokens: [...others, added].slice(-MAX_API_TOKENS) };
    },
  };
}

function findApiToken({ auth0 }: GrantRecord, api: ApiRequest): ApiTokenRecord | undefined {
  return auth0?.apiTokens?.find((one) => isTokenFor(one, api));
}

function isTokenFor(token: ApiTokenRecord, { audience, scopes }: ApiRequest): boolean {
  return token.audience === audience && token.scopes.join(' ') === scopes.join(' ');
}

export const OFFLINE_REMEDY =
  'Auth0 dashboard > Applications > APIs > your API > Settings: switch on Allow Offline Access. Applications > your application > Advanced Settings > Grant Types: enable Refresh Token. Then log in again.';

export function isOutage(error: unknown): boolean {
  return error instanceof TemporarilyUnavailableError || error instanceof StorageUnavailableError;
}
