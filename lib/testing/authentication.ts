/**
 * How users authenticate: a second factor where the request's `acr_values` name it, as with an Action of the tenant that
 * requires it, and the claims of the ID token about it (Auth0: Step-up Authentication, Max Age Reauthentication).
 */
import type { TenantSettings } from './options.js';
import type { Context } from './provider-module.js';

/** Auth0's `acr` for multi-factor authentication. */
export const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

/** The code that every second factor shows. */
export const ONE_TIME_CODE = '123456';

/** The authentication of each login, for its ID token. */
export interface Authentications {
  /** Whether this request needs the login page for a second factor. */
  isFactorMissing(ctx: Context, settings: TenantSettings): boolean;
  /** Notes how the user of this request was authenticated. */
  note(ctx: Context, grantId: string): void;
  /** `acr`, `amr` and `auth_time`, as far as Auth0 states them. */
  claimsOf(grantId: string | undefined): Readonly<Record<string, unknown>>;
}

export function createAuthentications(): Authentications {
  const noted = new Map<string, Readonly<Record<string, unknown>>>();
  return {
    isFactorMissing({ oidc }, { multiFactor }) {
      if (!asksForFactor(oidc.params?.['acr_values']) || multiFactor === 'never') return false;
      if (oidc.result?.login !== undefined) return false;
      return multiFactor === 'always' || oidc.session?.acr !== MULTI_FACTOR;
    },
    note({ oidc }, grantId) {
      const { max_age: maxAge, prompt } = oidc.params ?? {};
      const isTimed = maxAge !== undefined || String(prompt).split(' ').includes('login');
      noted.set(grantId, {
        // Auth0: not for a factor of an earlier login in the same session.
        ...(oidc.result?.login?.['acr'] === MULTI_FACTOR && { acr: MULTI_FACTOR, amr: ['mfa'] }),
        ...(isTimed && { auth_time: oidc.session?.authTime() }),
      });
    },
    claimsOf: (grantId = '') => noted.get(grantId) ?? {},
  };
}

/** @param acrValues of an authorization request */
export function asksForFactor(acrValues: unknown): boolean {
  return String(acrValues ?? '')
    .split(' ')
    .includes(MULTI_FACTOR);
}
