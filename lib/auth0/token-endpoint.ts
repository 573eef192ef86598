/**
 * Auth0's token and revocation endpoints.
 *
 * Spec: RFC 6749 §4.1.3 (code), §6 (refresh), §5.1 (answer); RFC 7636 §4.5; RFC 7009 §2.1.
 * Flow: callback → exchangeCode → verification; refresh and revoke for the life of a grant.
 *
 * @module
 */
import type { Auth0Config } from '../config/config.js';
import { Auth0Error } from './auth0.js';
import type { CachedDocument } from './cached-document.js';
import type { AuthenticateToAuth0 } from './client-authentication.js';
import type { Auth0Metadata } from './discovery.js';
import type { Auth0Http } from './http.js';
import { type GrantType, tokenError } from './token-errors.js';

/** A successful answer, read but not verified. */
export interface TokenResponse {
  readonly accessToken: string;
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
  /** Undefined where the answer does not say. */
  readonly scopes: readonly string[] | undefined;
}

/** Every method throws Auth0Error, by the meaning of what Auth0 said. */
export interface TokenEndpoint {
  /** Sent once: a code whose fate is unknown is lost. */
  exchangeCode(code: string, codeVerifier: string): Promise<TokenResponse>;
  /**
   * Sent once: with rotation, a second use of a refresh token ends the session at Auth0.
   *
   * @param signal the time limit; nothing is sent after it
   */
  refresh(refreshToken: string, signal: AbortSignal): Promise<TokenResponse>;
  /** Resolves also for a token that Auth0 no longer knows. */
  revoke(refreshToken: string): Promise<void>;
}

/** What {@link createTokenEndpoint} needs. */
export interface TokenEndpointDeps {
  readonly config: Pick<Auth0Config, 'audience'>;
  readonly callbackUrl: string;
  readonly discovery: CachedDocument<Auth0Metadata>;
  readonly authenticate: AuthenticateToAuth0;
  readonly http: Auth0Http;
}

/** Nothing is sent before the first call. */
export function createTokenEndpoint(deps: TokenEndpointDeps): TokenEndpoint {
  const { audience } = deps.config;
  return {
    exchangeCode: (code, codeVerifier) =>
      requestTokens(deps, 'authorization_code', {
        code,
        redirect_uri: deps.callbackUrl,
        // RFC 7636 §4.5
        code_verifier: codeVerifier,
        audience,
      }),
    refresh: (refreshToken, signal) =>
      requestTokens(deps, 'refresh_token', { refresh_token: refreshToken, audience }, signal),
    revoke: (refreshToken) => revoke(deps, refreshToken),
  };
}

async function requestTokens(
  deps: TokenEndpointDeps,
  grantType: GrantType,
  parameters: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<TokenResponse> {
  const { issuer, tokenEndpoint } = await deps.discovery.get();
  const credentials = await deps.authenticate(issuer);
  const { status, body } = await deps.http({
    what: `token endpoint (${grantType})`,
    url: tokenEndpoint,
    headers: credentials.headers,
    form: new URLSearchParams({ grant_type: grantType, ...parameters, ...credentials.form }),
    isRepeatable: false,
    signal,
  });
  if (body === undefined) throw unreadable(grantType, `${status} without a JSON object`);
  if (status !== 200) {
    throw tokenError(grantType, {
      status,
      error: body['error'],
      description: body['error_description'],
    });
  }
  return parseTokenResponse(grantType, body);
}

function parseTokenResponse(
  grantType: GrantType,
  body: Readonly<Record<string, unknown>>,
): TokenResponse {
  const accessToken = optionalText(grantType, body, 'access_token');
  if (accessToken === undefined) throw unreadable(grantType, '200 without an access_token');
  const type = optionalText(grantType, body, 'token_type');
  // RFC 6749 §7.1: a token of a type we do not understand must not be used.
  if (type?.toLowerCase() !== 'bearer') {
    throw new Auth0Error(
      'misconfigured',
      `token endpoint (${grantType}): token_type is not Bearer`,
      {
        remedy:
          'Dashboard > Applications > your application, and APIs > your API: switch off "Require Token Sender-Constraining" (DPoP, mTLS).',
      },
    );
  }
  return {
    accessToken,
    idToken: optionalText(grantType, body, 'id_token'),
    refreshToken: optionalText(grantType, body, 'refresh_token'),
    scopes: optionalText(grantType, body, 'scope')?.split(' ').filter(Boolean),
  };
}

/** @returns undefined where it is absent, null or empty */
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
  return new Auth0Error('unavailable', `token endpoint (${grantType}): answered ${reason}`);
}

async function revoke(deps: TokenEndpointDeps, refreshToken: string): Promise<void> {
  const { issuer, revocationEndpoint } = await deps.discovery.get();
  if (revocationEndpoint === undefined) return;
  const credentials = await deps.authenticate(issuer);
  const { status, body } = await deps.http({
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
  const error = tokenError('refresh_token', {
    status,
    error: body['error'],
    description: body['error_description'],
  });
  // RFC 7009 §2.2: the purpose of the call is already achieved for a token that is not valid.
  if (error.kind !== 'session_ended') throw error;
}
