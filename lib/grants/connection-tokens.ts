/**
 * Access tokens of connected accounts, by Token Vault. Each is requested when it is due, in one turn with every other
 * use of the grant's refresh token, and stored with the grant.
 */
import { Auth0ApiAccessError } from '../auth0/auth0.js';
import {
  type ConnectionRequest,
  type ExchangeForConnection,
  NotConnectedError,
  type VaultToken,
} from '../auth0/connected-accounts.js';
import { InvalidGrantError } from '../oauth/errors.js';
import {
  type ConnectionTokenRecord,
  type GrantRecord,
  MAX_API_TOKENS,
} from '../storage/records.js';
import { type IssuedTokens, type TokenKind, unavailable } from './auth0-refresh.js';
import { isOutage, OFFLINE_REMEDY } from './auth0-tokens.js';
import type { Grants } from './grants.js';

export interface ConnectionTokens {
  /**
   * A token that is valid for a minute at least, or as long as it lasts while Auth0 is unavailable or the provider
   * issues short ones.
   *
   * @throws NotConnectedError
   * @throws Auth0ApiAccessError the application may not exchange tokens
   * @throws InvalidGrantError the session at Auth0 has ended; the grant is revoked
   * @throws TemporarilyUnavailableError
   */
  token(grantId: string, request: ConnectionRequest): Promise<string>;
  /** Deletes the stored tokens of a connection: its account was removed, or is another one now. */
  forget(subject: string, connection: string): Promise<void>;
}

/** Requested this long before expiry, so that a token is valid for the call it is used in. */
const MARGIN_SECONDS = 60;

/** `Retry-After` for a token that expired on the way. */
const RETRY_AFTER_SECONDS = 5;

export function createConnectionTokens(
  grants: Pick<Grants, 'find' | 'list' | 'requestToken' | 'changeAuth0'>,
  exchange: ExchangeForConnection,
  now: () => number,
): ConnectionTokens {
  return {
    async token(grantId, request) {
      const grant = await grants.find(grantId);
      if (grant === undefined) throw new InvalidGrantError('The login has ended');
      const kind = tokenKind(request, exchange, now);
      const known = findToken(grant, request);
      if (known !== undefined && !kind.isDue(grant, now())) return known.accessToken;
      if (grant.auth0?.refreshToken === undefined) {
        const api = { audience: request.connection };
        throw new Auth0ApiAccessError(api, 'the login has no refresh token', OFFLINE_REMEDY);
      }
      try {
        const token = findToken(await grants.requestToken(grantId, kind), request);
        if (token !== undefined && token.expiresAt > now()) return token.accessToken;
        throw unavailable(RETRY_AFTER_SECONDS);
      } catch (error) {
        const isUsable = known !== undefined && known.expiresAt > now();
        if (isUsable && isOutage(error)) return known.accessToken;
        throw error;
      }
    },
    async forget(subject, connection) {
      for (const { id } of await grants.list({ subject })) {
        await grants.changeAuth0(
          id,
          withTokens((one) => one.connection !== connection),
        );
      }
    },
  };
}

function tokenKind(
  request: ConnectionRequest,
  exchange: ExchangeForConnection,
  now: () => number,
): TokenKind {
  const others = (one: ConnectionTokenRecord): boolean =>
    one.expiresAt > now() && !isFor(one, request);
  return {
    audience: request.connection,
    key: JSON.stringify(['connection', request.connection, request.loginHint]),
    isDue: (grant, time) => (findToken(grant, request)?.expiresAt ?? 0) - MARGIN_SECONDS <= time,
    async request(refreshToken) {
      try {
        const added = recordOf(request, await exchange(refreshToken, request));
        return { ...NOTHING, change: withTokens(others, added) };
      } catch (error) {
        if (!(error instanceof NotConnectedError)) throw error;
        // It concerns this account only, of which a stored token is no longer wanted.
        return { ...NOTHING, change: withTokens(others), failure: error };
      }
    },
  };
}

/** Token Vault replaces no refresh token, and its tokens name no user here. */
const NOTHING = { subject: undefined, refreshToken: undefined } as const;

function recordOf(
  { connection, loginHint }: ConnectionRequest,
  { accessToken, expiresAt }: VaultToken,
): ConnectionTokenRecord {
  const hint = loginHint === undefined ? {} : { loginHint };
  return { connection, ...hint, accessToken, expiresAt };
}

/** Stores those of the tokens that are still wanted, and one more. */
function withTokens(
  isWanted: (token: ConnectionTokenRecord) => boolean,
  ...added: readonly ConnectionTokenRecord[]
): IssuedTokens['change'] {
  return function changeTokens({ connectionTokens = [], ...current }) {
    const tokens = [...connectionTokens.filter(isWanted), ...added].slice(-MAX_API_TOKENS);
    return tokens.length === 0 ? current : { ...current, connectionTokens: tokens };
  };
}

function findToken(
  { auth0 }: GrantRecord,
  request: ConnectionRequest,
): ConnectionTokenRecord | undefined {
  return auth0?.connectionTokens?.find((one) => isFor(one, request));
}

function isFor(token: ConnectionTokenRecord, request: ConnectionRequest): boolean {
  return token.connection === request.connection && token.loginHint === request.loginHint;
}
