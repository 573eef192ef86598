/**
 * What Auth0 grants, with everything that our scope hierarchy adds to it (`impliedScopes`).
 *
 * Auth0 knows nothing of the hierarchy: somebody with the permission `admin` alone has what `admin`
 * includes, and can log in where that is required (RS-15).
 *
 * @module
 */
import type { Auth0 } from '../auth0/auth0.js';
import { type ImpliedScopes, withImpliedScopes } from '../oauth/scope.js';

/** The same Auth0, whose logins and refreshes name implied scopes too. */
export function withImpliedScopesGranted(auth0: Auth0, implied: ImpliedScopes): Auth0 {
  if (implied.size === 0) return auth0;
  return {
    ...auth0,
    async finishLogin(req, res, browser) {
      const { login, pending } = await auth0.finishLogin(req, res, browser);
      return { login: { ...login, scopes: withImpliedScopes(login.scopes, implied) }, pending };
    },
    async refresh(refreshToken) {
      const refreshed = await auth0.refresh(refreshToken);
      return { ...refreshed, scopes: withImpliedScopes(refreshed.scopes, implied) };
    },
  };
}
