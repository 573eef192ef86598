/** Auth0's token and revocation endpoints: RFC 6749 §4.1.3, §4.4, §5, §6, RFC 7009, RFC 7523. */
import { randomUUID } from 'node:crypto';

import { importJWK, type JWK, SignJWT } from 'jose';

import type { ApplicationConfig } from '../config/config.js';
import { formatScope } from '../oauth/scope.js';
import {
  type ApiRequest,
  Auth0ApiAccessError,
  Auth0Error,
  type Auth0ErrorKind,
  messageToUser,
  plainText,
} from './auth0.js';
import type { Tenant } from './tenant.js';

/** A successful response, not verified yet. */
export interface TokenResponse {
  readonly accessToken: string;
  readonly tokenType: string | undefined;
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
  /** Undefined if the response has no `scope`. */
  readonly scopes: readonly string[] | undefined;
  /** The API (RFC 8707), if the response names it. */
  readonly resource: string | undefined;
}

/** A response with status 200. With rotation it has replaced the refresh token, even if the rest cannot be read. */
export interface UnreadTokenResponse {
  readonly refreshToken: string | undefined;
  /** @throws Auth0Error `unavailable` a member is missing or of another type */
  read(): TokenResponse;
}

/** Every method throws Auth0Error. */
export interface TokenEndpoint {
  /** Sent once: Auth0 may have redeemed the code even if there is no response. */
  exchangeCode(code: string, codeVerifier: string): Promise<TokenResponse>;
  /**
   * Sent once: with rotation, using a refresh token twice revokes the session at Auth0. `token_type` is not checked.
   *
   * @param signal time limit; nothing is sent after it
   * @param api default: that of the login
   * @throws Auth0ApiAccessError if there is an `api`
   */
  refresh(
    refreshToken: string,
    signal: AbortSignal,
    api?: ApiRequest,
  ): Promise<UnreadTokenResponse>;
  /** A token for the application itself, without a user. */
  requestOwnToken(): Promise<TokenResponse>;
  /** Succeeds also for a token that is no longer valid. */
  revoke(refreshToken: string): Promise<void>;
}

type GrantType =
  | 'authorization_code'
  | 'refresh_token'
  | 'client_credentials'
  | 'urn:ietf:params:oauth:grant-type:token-exchange';

interface TokenEndpointRequest {
  readonly grantType: GrantType;
  readonly parameters: Readonly<Record<string, string>>;
  /** Another API than that of the login: its errors are {@link Auth0ApiAccessError}, and the token is not verified. */
  readonly api?: ApiRequest | undefined;
  readonly isRepeatable?: boolean;
  readonly signal?: AbortSignal;
}

type EndpointTenant = Pick<Tenant<ApplicationConfig>, 'config' | 'discovery' | 'http' | 'now'>;

export function createTokenRequests({ config, discovery, http, now }: EndpointTenant) {
  const authenticate = createClientAuthentication(config, now);
  return async function requestTokens(request: TokenEndpointRequest): Promise<UnreadTokenResponse> {
    const { grantType, parameters, api, isRepeatable = false, signal } = request;
    const { issuer, tokenEndpoint } = await discovery.get();
    const credentials = await authenticate(issuer);
    const { status, body } = await http({
      what: `token endpoint (${grantType})`,
      url: tokenEndpoint,
      headers: credentials.headers,
      form: new URLSearchParams({
        grant_type: grantType,
        ...parameters,
        ...(api !== undefined && parametersOf(api)),
        ...credentials.form,
      }),
      isRepeatable,
      signal,
    });
    if (body === undefined) throw unreadable(grantType, `${status} without a JSON object`);
    if (status === 200) {
      const { refresh_token: refreshToken } = body;
      return {
        refreshToken:
          typeof refreshToken === 'string' && refreshToken !== '' ? refreshToken : undefined,
        read: () => parseTokenResponse(grantType, body),
      };
    }
    throw api === undefined
      ? tokenError(grantType, status, body)
      : apiError(grantType, status, body, api);
  };
}

export function createTokenEndpoint(tenant: EndpointTenant, callbackUrl: string): TokenEndpoint {
  const { config, discovery, http, now } = tenant;
  const { audience } = config;
  const authenticate = createClientAuthentication(config, now);
  const requestTokens = createTokenRequests(tenant);

  return {
    async exchangeCode(code, codeVerifier) {
      const received = await requestTokens({
        grantType: 'authorization_code',
        parameters: {
          code,
          redirect_uri: callbackUrl,
          // RFC 7636 §4.5
          code_verifier: codeVerifier,
          audience,
        },
      });
      const response = received.read();
      requireBearer(response);
      return response;
    },
    refresh(refreshToken, signal, api) {
      const parameters = { refresh_token: refreshToken, audience };
      return requestTokens({ grantType: 'refresh_token', parameters, api, signal });
    },
    async requestOwnToken() {
      const parameters = { audience };
      const received = await requestTokens({ grantType: 'client_credentials', parameters });
      const response = received.read();
      requireBearer(response);
      return response;
    },
    async revoke(refreshToken) {
      const { issuer, revocationEndpoint } = await discovery.get();
      if (revocationEndpoint === undefined) return;
      const credentials = await authenticate(issuer);
      const { status, body } = await http({
        what: 'revocation endpoint',
        url: revocationEndpoint,
        headers: credentials.headers,
        form: new URLSearchParams({ token: refreshToken, ...credentials.form }),
        isRepeatable: true,
      });
      if (status >= 200 && status < 300) return;
      if (body === undefined) {
        throw new Auth0Error('unavailable', `revocation endpoint: ${status} without a JSON object`);
      }
      const error = tokenError('refresh_token', status, body);
      // RFC 7009 §2.2: an invalid token needs no revocation.
      if (error.kind !== 'session_ended') throw error;
    },
  };
}

function parametersOf({ audience, scopes }: ApiRequest): Readonly<Record<string, string>> {
  return { audience, ...(scopes.length > 0 && { scope: formatScope(scopes) }) };
}

/** RFC 6749 §7.1: a token of an unknown type must not be used. */
export function isBearer({ tokenType }: TokenResponse): boolean {
  return tokenType?.toLowerCase() === 'bearer';
}

export const BEARER_REMEDY =
  'Dashboard > Applications > your application, and APIs > your API: switch off "Require Token Sender-Constraining" (DPoP, mTLS).';

/** @throws Auth0Error */
export function requireBearer(response: TokenResponse): void {
  if (isBearer(response)) return;
  throw new Auth0Error('misconfigured', 'token endpoint: token_type is not Bearer', {
    remedy: BEARER_REMEDY,
  });
}

function parseTokenResponse(
  grantType: GrantType,
  body: Readonly<Record<string, unknown>>,
): TokenResponse {
  const accessToken = optionalText(grantType, body, 'access_token');
  if (accessToken === undefined) throw unreadable(grantType, '200 without an access_token');
  const { resource } = body;
  return {
    accessToken,
    tokenType: optionalText(grantType, body, 'token_type'),
    idToken: optionalText(grantType, body, 'id_token'),
    refreshToken: optionalText(grantType, body, 'refresh_token'),
    scopes: optionalText(grantType, body, 'scope')?.split(' ').filter(Boolean),
    resource: typeof resource === 'string' ? resource : undefined,
  };
}

/** @returns undefined if it is absent, null or empty */
function optionalText(
  grantType: GrantType,
  body: Readonly<Record<string, unknown>>,
  name: string,
): string | undefined {
  const value = body[name] ?? '';
  if (typeof value !== 'string') throw unreadable(grantType, `${name} is not a string`);
  return value === '' ? undefined : value;
}

function unreadable(grantType: GrantType, reason: string): Auth0Error {
  return new Auth0Error('unavailable', `token endpoint (${grantType}): response is ${reason}`);
}

/** For "Service not found". */
export const AUDIENCE_REMEDY =
  'audience must be exactly the identifier of an API of this tenant, including a trailing slash: Dashboard > Applications > APIs > your API > Identifier.';

const CLIENT_REMEDY =
  'clientId and clientSecret must be those of Dashboard > Applications > your application > Settings, and tokenEndpointAuthMethod must match its Credentials > Authentication Method. With the method None (Single Page and Native applications) leave clientSecret out; the other methods need it.';

const GRANT_TYPES_REMEDY =
  'Dashboard > Applications > your application > Settings > Advanced Settings > Grant Types: enable Authorization Code and Refresh Token. APIs > your API > Application Access must allow this application.';

const REQUEST_REMEDY =
  'Auth0 rejected the request as malformed: see Dashboard > Monitoring > Logs at this time, and compare the settings of application and API with docs/auth0-setup.md.';

const APPLICATION_REMEDY =
  'A client with auth0Application has to be a Machine to Machine application of the tenant: Dashboard > Applications > APIs > your API > Machine to Machine Applications must authorize it, and under Applications > the application > Advanced Settings > Grant Types, Client Credentials must be enabled.';

type ErrorMeaning = readonly [Auth0ErrorKind, string?];

/** Errors with the same meaning for every grant type. */
const FIXED_MEANINGS: Readonly<Record<string, ErrorMeaning>> = {
  mfa_required: ['session_ended'],
  invalid_client: ['misconfigured', CLIENT_REMEDY],
  unauthorized_client: ['misconfigured', GRANT_TYPES_REMEDY],
  unsupported_grant_type: ['misconfigured', GRANT_TYPES_REMEDY],
  invalid_request: ['misconfigured', REQUEST_REMEDY],
  invalid_scope: ['misconfigured', REQUEST_REMEDY],
  invalid_target: ['misconfigured', AUDIENCE_REMEDY],
  invalid_dpop_proof: ['misconfigured', REQUEST_REMEDY],
  too_many_requests: ['unavailable'],
  server_error: ['unavailable'],
  temporarily_unavailable: ['unavailable'],
};

/**
 * RFC 6749 §5.2 as Auth0 implements it: a wrong secret is 401 `access_denied`, an invalid refresh token is 403
 * `invalid_grant`. So the `error` code decides, and the status only where a code has two meanings.
 */
export function tokenError(
  grantType: GrantType,
  status: number,
  body: Readonly<Record<string, unknown>>,
): Auth0Error {
  const code = plainText(body['error']);
  const description = plainText(body['error_description']);
  const [kind, remedy] = meaningOf(grantType, status, code, description);
  const text = [code || 'no error code', description].filter((part) => part !== '').join(': ');
  return new Auth0Error(kind, `token endpoint (${grantType}): ${status} ${text}`, {
    remedy,
    tenantMessage: kind === 'denied' ? messageToUser(body['error_description']) : undefined,
  });
}

/** Makes Auth0 issue tokens for another API by the refresh token of a login. */
export const POLICY_REMEDY =
  'Auth0 dashboard > Applications > your application > Multi-Resource Refresh Token > Edit Configuration: add this API and its scopes. The application has to be first-party, the API has to exist with exactly this Identifier and allow skipping user consent, and with RBAC the user needs the scopes through a role.';

/** The same for the token exchange. */
export const EXCHANGE_REMEDY =
  'Auth0 dashboard > Applications: clientId has to be a Custom API client of the API of this MCP endpoint, with On-Behalf-Of Token Exchange allowed. Applications > APIs > the other API > Application Access: grant it User Access with the scopes. That API has to exist with exactly this Identifier and allow skipping user consent, and with RBAC the user needs the scopes through a role.';

/** Errors for another API after which the login cannot be used for it any more. */
const LOGIN_ENDED: readonly string[] = [
  'invalid_grant',
  'mfa_required',
  'unmet_authentication_requirements',
];

/** Errors of client authentication, which concern every request. */
const CLIENT_REJECTED: readonly string[] = ['access_denied', 'invalid_client'];

/**
 * An error in response to a request for another API. What concerns this API only must not end the login, nor count as
 * an outage; so an unknown error is one of the API.
 */
function apiError(
  grantType: GrantType,
  status: number,
  body: Readonly<Record<string, unknown>>,
  api: ApiRequest,
): Auth0Error | Auth0ApiAccessError {
  const error = tokenError(grantType, status, body);
  const code = plainText(body['error']);
  const isRefresh = grantType === 'refresh_token';
  if (status === 401 && CLIENT_REJECTED.includes(code)) return error;
  // A 401 means the client or the client's token.
  if (LOGIN_ENDED.includes(code) || (status === 401 && !isRefresh)) {
    return new Auth0Error('session_ended', error.message, { cause: error });
  }
  if (Object.hasOwn(FIXED_MEANINGS, code) && FIXED_MEANINGS[code]?.[0] === 'unavailable') {
    return error;
  }
  const remedy = isRefresh ? POLICY_REMEDY : EXCHANGE_REMEDY;
  return new Auth0ApiAccessError(api, error.message, remedy, { cause: error });
}

function meaningOf(
  grantType: GrantType,
  status: number,
  code: string,
  description: string,
): ErrorMeaning {
  const isRefresh = grantType === 'refresh_token';
  if (description.startsWith('Service not found')) return ['misconfigured', AUDIENCE_REMEDY];
  if (grantType === 'client_credentials') {
    if (status === 401) return ['invalid_client'];
    const isForbidden = code === 'unauthorized_client' || description.startsWith('Client is not');
    if (isForbidden) return ['misconfigured', APPLICATION_REMEDY];
  }
  switch (code) {
    case 'invalid_grant':
      return [isRefresh ? 'session_ended' : 'invalid_response'];
    case 'access_denied':
      // 401 is a wrong secret or method; otherwise a rule or Action of the tenant denied it.
      if (status === 401) return ['misconfigured', CLIENT_REMEDY];
      return [isRefresh ? 'session_ended' : 'denied'];
    case 'unauthorized':
      return [isRefresh ? 'session_ended' : 'denied'];
    default:
      // An unknown error must not end a session.
      return (
        (Object.hasOwn(FIXED_MEANINGS, code) ? FIXED_MEANINGS[code] : undefined) ?? [
          isRefresh ? 'unavailable' : 'invalid_response',
        ]
      );
  }
}

/** An assertion is used once; a minute allows for clock skew. */
const ASSERTION_SECONDS = 60;

interface ClientCredentials {
  readonly form: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** @returns the credentials for one request; `issuer` is the audience of an assertion */
export function createClientAuthentication(
  { clientId, authentication }: ApplicationConfig,
  now: () => number,
): (issuer: string) => Promise<ClientCredentials> {
  switch (authentication.method) {
    case 'none':
      return async () => ({ form: { client_id: clientId }, headers: {} });
    case 'client_secret_post': {
      const form = { client_id: clientId, client_secret: authentication.secret };
      return async () => ({ form, headers: {} });
    }
    case 'client_secret_basic': {
      const headers = { authorization: basic(clientId, authentication.secret) };
      return async () => ({ form: {}, headers });
    }
    case 'private_key_jwt':
      return async (issuer) => ({
        form: {
          client_id: clientId,
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: await assertion(authentication.key, clientId, issuer, now()),
        },
        headers: {},
      });
  }
}

/** RFC 6749 §2.3.1: id and secret are form-encoded first. */
function basic(clientId: string, secret: string): string {
  const encoded = [clientId, secret].map((part) =>
    new URLSearchParams([['', part]]).toString().slice(1),
  );
  return `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`;
}

async function assertion(key: JWK, clientId: string, issuer: string, now: number): Promise<string> {
  const alg = key.alg ?? algorithmFor(key);
  return new SignJWT({})
    .setProtectedHeader({ alg, ...(key.kid === undefined ? {} : { kid: key.kid }) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(issuer)
    .setJti(randomUUID())
    .setIssuedAt(now)
    .setExpirationTime(now + ASSERTION_SECONDS)
    .sign(await importJWK(key, alg));
}

/** For a key without `alg`. */
function algorithmFor(key: JWK): string {
  if (key.kty !== 'EC') return 'RS256';
  return key.crv === 'P-384' ? 'ES384' : 'ES256';
}
