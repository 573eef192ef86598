/**
 * Auth0's Token Vault and Connected Accounts: accounts of users at other providers, and their access tokens.
 *
 * Experimental: built from Auth0's documentation, not yet used with a live tenant.
 */
import type { Config } from '../config/config.js';
import {
  type Auth0,
  Auth0ApiAccessError,
  Auth0Error,
  type Auth0Refresh,
  type Auth0TokenRequest,
  plainText,
} from './auth0.js';
import { connectToTenant, type Tenant, type TenantCore } from './tenant.js';
import { createClientAuthentication, tokenError } from './token-endpoint.js';

const GRANT_TYPE =
  'urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token';
const SUBJECT_TYPE = 'urn:ietf:params:oauth:token-type:refresh_token';
const REQUESTED_TYPE = 'http://auth0.com/oauth/token-type/federated-connection-access-token';

/** The account of a user at a provider. */
export interface ConnectionRequest {
  /** Name of the connection: `google-oauth2`. */
  readonly connection: string;
  /** The user's id at the provider, if the user has connected several accounts. */
  readonly loginHint: string | undefined;
}

/** An access token of the provider, which only the provider can verify. */
export interface VaultToken {
  readonly accessToken: string;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** The user has not connected such an account, or its provider refuses to renew the token. */
export class NotConnectedError extends Error {
  override readonly name = 'NotConnectedError';

  /** @param reason Auth0's error code */
  constructor(connection: string, reason: string) {
    super(`no token for an account of ${plainText(connection)}: ${reason}`);
  }
}

/** An account of the user at a provider. */
export interface ConnectedAccount {
  readonly id: string;
  readonly connection: string;
  readonly scopes: readonly string[];
}

/** A connection that a user has approved here. */
export interface ConnectStart {
  readonly connection: string;
  /** None for those of the connection's settings. */
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly state: string;
  /** RFC 7636 §4.2, S256 */
  readonly codeChallenge: string;
}

/** What is left to do after the callback. */
export interface ConnectEnd {
  readonly authSession: string;
  readonly connectCode: string;
  readonly redirectUri: string;
  readonly codeVerifier: string;
}

/** Every method throws Auth0Error. `token`: an access token for {@link MyAccount.api}. */
export interface MyAccount {
  /** The token that a method needs. */
  api(verb: 'create' | 'read' | 'delete'): Auth0TokenRequest;
  /** @returns where to redirect the browser, and what `complete` needs */
  connect(
    token: string,
    start: ConnectStart,
  ): Promise<{ location: string; authSession: string; expiresInSeconds: number }>;
  /** @throws Auth0Error `denied`: the code is not valid, or the account cannot be connected */
  complete(token: string, end: ConnectEnd): Promise<ConnectedAccount>;
  list(token: string): Promise<readonly ConnectedAccount[]>;
  /** Succeeds also for an account that is gone. */
  remove(token: string, id: string): Promise<void>;
}

/**
 * Exchanges a refresh token for the access token of a connected account.
 *
 * @throws NotConnectedError
 * @throws Auth0ApiAccessError the application may not exchange tokens
 * @throws Auth0Error `session_ended`, `unavailable`, `misconfigured`
 */
export type ExchangeForConnection = (
  refreshToken: string,
  request: ConnectionRequest,
) => Promise<VaultToken>;

/** A token without an expiry is used for so long, in seconds. */
const DEFAULT_LIFETIME = 300;

/** Token Vault and the My Account API of a tenant. */
export interface TokenVault {
  readonly exchange: ExchangeForConnection;
  readonly myAccount: MyAccount;
  /** Logs, once, that the refresh tokens of this application rotate. */
  reportRotation(): void;
}

/** Fetches nothing before the first use. */
export function createTokenVault(core: TenantCore<Config['auth0']>): TokenVault {
  const tenant = connectToTenant(core);
  return {
    exchange: createExchange(tenant),
    myAccount: createMyAccount(tenant),
    reportRotation: () => tenant.problems.advise(ROTATION, ROTATION_REMEDY),
  };
}

/** The same, which reports a rotated refresh token when it sees one, if there is a vault. */
export function reportingRotation(auth0: Auth0, vault: TokenVault | undefined): Auth0 {
  if (vault === undefined) return auth0;
  const check = <T>(refreshed: Auth0Refresh<T>, sent: string): Auth0Refresh<T> => {
    const { refreshToken = sent } = refreshed;
    if (refreshToken !== sent) vault.reportRotation();
    return refreshed;
  };
  return {
    ...auth0,
    refresh: async (sent) => check(await auth0.refresh(sent), sent),
    refreshFor: async (sent, api) => check(await auth0.refreshFor(sent, api), sent),
  };
}

const ROTATION =
  'connections: Auth0 rotates the refresh tokens of this application, with which Token Vault does not work';
const ROTATION_REMEDY =
  'Auth0 dashboard > Applications > your application > Settings > Refresh Token Rotation: switch off Allow Refresh Token Rotation. Users then have to log in again.';

function createExchange(tenant: Tenant): ExchangeForConnection {
  const { config, discovery, http, now, problems } = tenant;
  const authenticate = createClientAuthentication(config, now);

  async function exchange(
    refreshToken: string,
    { connection, loginHint }: ConnectionRequest,
  ): Promise<VaultToken> {
    const { issuer, tokenEndpoint } = await discovery.get();
    const credentials = await authenticate(issuer);
    const { status, body } = await http({
      what: 'token endpoint (Token Vault)',
      url: tokenEndpoint,
      headers: credentials.headers,
      form: new URLSearchParams({
        grant_type: GRANT_TYPE,
        subject_token: refreshToken,
        subject_token_type: SUBJECT_TYPE,
        requested_token_type: REQUESTED_TYPE,
        connection,
        ...(loginHint !== undefined && { login_hint: loginHint }),
        ...credentials.form,
      }),
      isRepeatable: true,
    });
    if (body === undefined) throw unreadable(`${status} without a JSON object`);
    if (status !== 200) throw vaultError(status, body, connection);
    const { access_token: accessToken, token_type: type, expires_in: lifetime } = body;
    if (typeof accessToken !== 'string' || accessToken === '') throw unreadable('no access_token');
    // RFC 6749 §7.1: a token of an unknown type must not be used.
    if (String(type).toLowerCase() !== 'bearer') throw unreadable('token_type is not Bearer');
    const seconds = typeof lifetime === 'number' && lifetime > 0 ? lifetime : DEFAULT_LIFETIME;
    return { accessToken, expiresAt: now() + Math.floor(seconds) };
  }

  return (refreshToken, request) => problems.watch(() => exchange(refreshToken, request));
}

/** The account is not connected, or its provider refuses to renew the token. */
const NOT_CONNECTED: readonly string[] = [
  'federated_connection_refresh_token_not_found',
  'federated_connection_refresh_token_flow_failed',
];

/** Errors that are not about the connection. */
const GENERAL: readonly string[] = [
  'invalid_grant',
  'invalid_client',
  'access_denied',
  'too_many_requests',
  'server_error',
  'temporarily_unavailable',
];

/** @returns an error after which the login goes on, unless Auth0 says that it has ended */
function vaultError(
  status: number,
  body: Readonly<Record<string, unknown>>,
  connection: string,
): Error {
  const code = plainText(body['error']);
  if (NOT_CONNECTED.includes(code)) return new NotConnectedError(connection, code);
  const error = tokenError('refresh_token', status, body);
  if (GENERAL.includes(code)) return error;
  return new Auth0ApiAccessError({ audience: connection }, error.message, VAULT_REMEDY, {
    cause: error,
  });
}

const VAULT_REMEDY =
  'Auth0 dashboard > Applications > your application: first-party, with the grant type Token Vault, and refresh token rotation off; Authentication > the connection: Connected Accounts for Token Vault on, and enabled for the application. A tenant policy that always requires multi-factor authentication prevents it. See docs/connected-accounts.md.';

const API_REMEDY =
  'Auth0 dashboard > Applications > APIs > Auth0 My Account API: activate it, and grant your application User Access with the scopes create:me:connected_accounts, read:me:connected_accounts and delete:me:connected_accounts. The URL that ends with /connected-accounts/callback has to be among the Allowed Callback URLs. See docs/connected-accounts.md.';

/** The My Account API, at the issuer's own domain: Auth0 refuses a token of another domain of the tenant. */
function createMyAccount({ config, http, problems }: Tenant): MyAccount {
  const audience = `${config.expectedIssuer}me/`;
  const base = `${audience}v1/connected-accounts/`;

  /** @param expected statuses of success */
  function call(
    path: string,
    token: string,
    expected: readonly number[],
    request: { json?: unknown; method?: 'DELETE' } = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    return problems.watch(async () => {
      const { status, body } = await http({
        what: `My Account API (${path.split(/[/?]/, 1)[0]})`,
        url: base + path,
        headers: { authorization: `Bearer ${token}` },
        isRepeatable: request.json === undefined,
        ...request,
      });
      if (expected.includes(status)) return body ?? {};
      throw apiError(path, status, body ?? {});
    });
  }

  return {
    api: (verb) => ({ audience, scope: `${verb}:me:connected_accounts` }),
    async connect(token, { connection, scopes, redirectUri, state, codeChallenge }) {
      const json = {
        connection,
        redirect_uri: redirectUri,
        state,
        code_challenge: codeChallenge,
        code_challenge_method: 'S256',
        ...(scopes.length > 0 && { scopes }),
      };
      const body = await call('connect', token, [201, 200], { json });
      const { auth_session: authSession, connect_uri: uri, expires_in: lifetime } = body;
      const ticket = property(body['connect_params'], 'ticket');
      if (typeof authSession !== 'string' || typeof ticket !== 'string') {
        throw unreadable('connect: no auth_session or ticket');
      }
      const expiresInSeconds = typeof lifetime === 'number' && lifetime > 0 ? lifetime : 300;
      return {
        location: locationOf(uri, ticket, config.discoveryUrl),
        authSession,
        expiresInSeconds,
      };
    },
    async complete(token, { authSession, connectCode, redirectUri, codeVerifier }) {
      const json = {
        auth_session: authSession,
        connect_code: connectCode,
        redirect_uri: redirectUri,
        code_verifier: codeVerifier,
      };
      return accountOf(await call('complete', token, [201, 200], { json }));
    },
    async list(token) {
      const accounts: ConnectedAccount[] = [];
      let from: unknown;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const query = new URLSearchParams({ take: '20', ...(page > 0 && { from: String(from) }) });
        const body = await call(`accounts?${query}`, token, [200]);
        const { accounts: found } = body;
        if (!Array.isArray(found)) throw unreadable('accounts: no list');
        accounts.push(...found.map(accountOf));
        from = body['next'];
        if (typeof from !== 'string' || from === '') break;
      }
      return accounts;
    },
    async remove(token, id) {
      const method = { method: 'DELETE' } as const;
      await call(`accounts/${encodeURIComponent(id)}`, token, [204, 200, 404], method);
    },
  };
}

/** Of 20 accounts each. */
const MAX_PAGES = 5;

/** The API documents statuses only: a `complete` that is refused concerns this user, everything else the settings. */
function apiError(
  path: string,
  status: number,
  body: Readonly<Record<string, unknown>>,
): Auth0Error {
  const texts = [body['title'], body['detail']].map(plainText).filter((text) => text !== '');
  const message = `My Account API (${path.split(/[/?]/, 1)[0]}): ${[status, ...texts].join(' ')}`;
  if (path === 'complete' && [400, 403, 409].includes(status)) {
    return new Auth0Error('denied', message);
  }
  return new Auth0Error('misconfigured', message, { remedy: API_REMEDY });
}

/** `connect_uri` as it is, with the ticket. @throws Auth0Error it would send the ticket in the clear */
function locationOf(uri: unknown, ticket: string, { protocol }: URL): string {
  const url = URL.canParse(String(uri)) ? new URL(String(uri)) : undefined;
  // By http a stand-in for Auth0 alone.
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== protocol)) {
    throw unreadable('connect: connect_uri is not an https URL');
  }
  url.searchParams.set('ticket', ticket);
  return url.href;
}

function accountOf(account: unknown): ConnectedAccount {
  const [id, connection] = [property(account, 'id'), property(account, 'connection')];
  if (typeof id !== 'string' || typeof connection !== 'string') {
    throw unreadable('an account without id or connection');
  }
  const scopes: unknown = property(account, 'scopes') ?? [];
  const isText = (scope: unknown): scope is string => typeof scope === 'string';
  return { id, connection, scopes: Array.isArray(scopes) ? scopes.filter(isText) : [] };
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function unreadable(reason: string): Auth0Error {
  return new Auth0Error('unavailable', `Token Vault: response is unreadable: ${reason}`);
}
