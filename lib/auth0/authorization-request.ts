/** Authorization requests to Auth0 (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core 1.0 §3.1.2.1). */
import { createHash, randomBytes } from 'node:crypto';

import type { Auth0Config } from '../config/config.js';
import type { AuthenticationRequest } from '../oauth/user-authentication.js';
import { Auth0Error, type LoginStart, plainText } from './auth0.js';
import type { Tenant } from './tenant.js';
import { AUDIENCE_REMEDY } from './token-endpoint.js';

/** 256 bits for each of state, nonce and code verifier. */
const RANDOM_BYTES = 32;

const IDENTITY_SCOPES: readonly string[] = ['openid', 'profile', 'email'];

/** Requested at every login of a client. */
export const AUTH0_SCOPES: readonly string[] = [...IDENTITY_SCOPES, 'offline_access'];

interface LoginSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** @param state default: a random value */
export function createLoginSecrets(state?: string): LoginSecrets {
  const random = (): string => randomBytes(RANDOM_BYTES).toString('base64url');
  return { state: state ?? random(), nonce: random(), codeVerifier: random() };
}

/** Without `openid`, which passport-openidconnect adds. */
export function upstreamScopes({
  scopes,
  identityOnly = false,
}: Pick<LoginStart, 'scopes' | 'identityOnly'>): string {
  const always = identityOnly ? IDENTITY_SCOPES : AUTH0_SCOPES;
  return [...new Set([...always, ...scopes])].filter((name) => name !== 'openid').join(' ');
}

/**
 * All parameters except those of RFC 6749. `authorizeParams` override hints of the client. Neither contains a parameter
 * of this server: hints are allow-listed, and the configuration checks `authorizeParams`.
 */
export function authorizationParameters(
  config: Pick<Auth0Config, 'audience' | 'authorizeParams'>,
  { hints, authentication }: Pick<LoginStart, 'hints' | 'authentication'>,
  secrets: Pick<LoginSecrets, 'nonce' | 'codeVerifier'>,
): Record<string, string> {
  return {
    ...hints,
    ...config.authorizeParams,
    ...authenticationParameters(config.authorizeParams, authentication),
    audience: config.audience,
    nonce: secrets.nonce,
    // RFC 7636 §4.2
    code_challenge: createHash('sha256').update(secrets.codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
}

/** OpenID Connect Core 1.0 §3.1.2.1. What all users need stays in effect. */
function authenticationParameters(
  { acr_values: acrValues, max_age: maxAge }: Readonly<Record<string, string>>,
  authentication: AuthenticationRequest | undefined,
): Record<string, string> {
  if (authentication === undefined) return {};
  const values = new Set([...(acrValues?.split(' ') ?? []), ...authentication.acrValues]);
  const ages = [maxAge, authentication.maxAgeSeconds].flatMap((age) => age ?? []);
  return {
    ...(values.size > 0 && { acr_values: [...values].join(' ') }),
    ...(ages.length > 0 && { max_age: String(Math.min(...ages.map(Number))) }),
  };
}

const SET_UP_CHECK = 'set-up check';

/**
 * Checks client id, callback URL and audience without a login. Auth0 shows errors of these to the user only, on a page
 * of its own, and never redirects back. A request with `prompt=none` (OpenID Connect Core 1.0 §3.1.2.1) returns them to
 * this server; a correct set-up returns `login_required`. The tenant logs a failed silent authentication.
 *
 * @throws Auth0Error `misconfigured` with the remedy, or `unavailable`
 */
export async function checkSetUp(
  { config, discovery, http }: Pick<Tenant, 'config' | 'discovery' | 'http'>,
  callbackUrl: string,
): Promise<void> {
  const { authorizationEndpoint } = await discovery.get();
  const { status, location } = await http({
    what: SET_UP_CHECK,
    url: silentRequest(authorizationEndpoint, config, callbackUrl),
    isRepeatable: true,
    expectsRedirect: true,
  });
  if (location?.startsWith(`${callbackUrl}?`) === true) {
    const description = plainText(new URL(location).searchParams.get('error_description'));
    if (!description.startsWith('Service not found')) return;
    throw new Auth0Error('misconfigured', `${SET_UP_CHECK}: ${description}`, {
      remedy: AUDIENCE_REMEDY,
    });
  }
  // Auth0's own error page; any other response says nothing about the set-up.
  if (status !== 400 && status !== 403) return;
  const message = `${SET_UP_CHECK}: Auth0 responded with ${status} and an error page`;
  throw new Auth0Error('misconfigured', message, {
    remedy: `Dashboard > Applications > your application > Settings: Allowed Callback URLs must contain exactly ${callbackUrl}, and Client ID must be ${config.clientId}.`,
  });
}

/** The URL of an authorization request without user interaction. */
export function silentRequest(
  authorizationEndpoint: string,
  config: Pick<Auth0Config, 'clientId' | 'audience' | 'authorizeParams'>,
  callbackUrl: string,
): string {
  const secrets = createLoginSecrets();
  const url = new URL(authorizationEndpoint);
  url.search = new URLSearchParams({
    ...authorizationParameters(config, { hints: {} }, secrets),
    response_type: 'code',
    client_id: config.clientId,
    redirect_uri: callbackUrl,
    scope: `openid ${upstreamScopes({ scopes: [] })}`,
    state: secrets.state,
    prompt: 'none',
  }).toString();
  return url.href;
}
