/**
 * How a user has to be authenticated for a scope: RFC 9470; OpenID Connect Core 1.0 §3.1.2.1, `acr_values` and `max_age`.
 *
 * Decided by the claims of the ID token: an authorization URL can be edited by the user.
 */

/** What a scope requires; at least one of the two. */
export interface ScopeAuthentication {
  /** An authentication context class. */
  readonly acr: string | undefined;
  /** Since the user authenticated at Auth0. */
  readonly maxAgeSeconds: number | undefined;
}

/** What several scopes require together. */
export interface AuthenticationRequest {
  readonly acrValues: readonly string[];
  readonly maxAgeSeconds: number | undefined;
}

/** Scope → what it requires. */
export type ScopeAuthentications = ReadonlyMap<string, ScopeAuthentication>;

type IdTokenClaims = Readonly<Record<string, unknown>>;

/** Auth0's `acr` for multi-factor authentication. */
const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

/** Permitted clock difference to Auth0. */
const CLOCK_TOLERANCE_SECONDS = 60;

/** @returns undefined if the scopes require nothing */
export function authenticationFor(
  scopes: readonly string[],
  rules: ScopeAuthentications,
): AuthenticationRequest | undefined {
  const required = scopes.flatMap((scope) => rules.get(scope) ?? []);
  if (required.length === 0) return undefined;
  const ages = required.flatMap(({ maxAgeSeconds }) => maxAgeSeconds ?? []);
  return {
    acrValues: [...new Set(required.flatMap(({ acr }) => acr ?? []))],
    maxAgeSeconds: ages.length === 0 ? undefined : Math.min(...ages),
  };
}

/**
 * The scopes whose requirement the login meets at present.
 *
 * @param user claims of the ID token of the login
 * @param now unix seconds
 */
export function authenticatedScopes(
  scopes: readonly string[],
  user: IdTokenClaims,
  rules: ScopeAuthentications,
  now: number,
): readonly string[] {
  if (rules.size === 0) return scopes;
  return scopes.filter((scope) => {
    const rule = rules.get(scope);
    return rule === undefined || isAuthenticated(user, rule, now);
  });
}

function isAuthenticated(
  user: IdTokenClaims,
  { acr, maxAgeSeconds }: ScopeAuthentication,
  now: number,
): boolean {
  if (acr !== undefined && !hasOneOf(user, [acr])) return false;
  return maxAgeSeconds === undefined || isRecent(user['auth_time'], maxAgeSeconds, now);
}

/** Auth0 states multi-factor authentication as `amr` as well. */
export function hasOneOf({ acr, amr }: IdTokenClaims, acrValues: readonly string[]): boolean {
  if (typeof acr === 'string' && acrValues.includes(acr)) return true;
  return acrValues.includes(MULTI_FACTOR) && Array.isArray(amr) && amr.includes('mfa');
}

/** @param authTime `auth_time`; without a number, or with one in the future, nothing is recent */
export function isRecent(authTime: unknown, maxAgeSeconds: number, now: number): boolean {
  if (typeof authTime !== 'number') return false;
  const ageSeconds = now - authTime;
  // A time in the future would stay recent.
  return (
    ageSeconds >= -CLOCK_TOLERANCE_SECONDS && ageSeconds <= maxAgeSeconds + CLOCK_TOLERANCE_SECONDS
  );
}
