/**
 * Puts the Auth0 leg together. Read this first: what talks to what.
 *
 * @module
 */
import type { Auth0Config } from '../config/config.js';
import { withTimeLimit } from '../deadline.js';
import { traced } from '../telemetry.js';
import { type Auth0, Auth0Error, type Auth0Login, type LoginTransactions } from './auth0.js';
import { createClientAuthentication } from './client-authentication.js';
import { createLogin } from './login.js';
import { createLogoutVerification } from './logout-token.js';
import type { Problems } from './problems.js';
import { createSetUpCheck } from './setup-check.js';
import { connectToTenant, type TenantConnectionDeps } from './tenant-connection.js';
import { createTokenEndpoint } from './token-endpoint.js';
import { createTokenVerification } from './token-verification.js';

/** What {@link createAuth0} needs. */
export interface Auth0Deps extends TenantConnectionDeps {
  readonly config: Auth0Config;
  /** Absolute; sent at both steps and compared by Auth0 to the letter. */
  readonly callbackUrl: string;
  readonly transactions: LoginTransactions;
}

/** Nothing is fetched before the first use: starting up does not need Auth0. */
export function createAuth0(deps: Auth0Deps): Auth0 {
  const { config, callbackUrl, transactions, now } = deps;
  const { http, discovery, keys, problems } = connectToTenant(deps);
  const authenticate = createClientAuthentication({ config, now });
  const tokens = createTokenEndpoint({ config, callbackUrl, discovery, authenticate, http });
  const verification = createTokenVerification({ config, discovery, keys, now });
  const verifyLogoutToken = createLogoutVerification({ config, discovery, keys, now });
  const checkSetUp = createSetUpCheck({ config, callbackUrl, discovery, http });

  const login = createLogin({
    config,
    callbackUrl,
    transactions,
    discovery,
    async redeem(code, { nonce, codeVerifier, identityOnly }) {
      const response = await tokens.exchangeCode(code, codeVerifier);
      const verified = await verification.login(response, nonce);
      adviseOnMissingParts(problems, verified, { expectsRefreshToken: !identityOnly });
      return verified;
    },
  });

  return {
    ready: () =>
      problems.watch(async () => {
        await keys.ready();
        await checkSetUp();
      }),
    startLogin: (req, res, start) =>
      traced('auth0_mcp.login.start', () =>
        problems.watch(() => login.startLogin(req, res, start)),
      ),
    finishLogin: (req, res, browser) =>
      traced('auth0_mcp.login.finish', () =>
        problems.watch(() => login.finishLogin(req, res, browser)),
      ),
    refresh: (refreshToken) =>
      problems.watch(() =>
        // One limit for both steps: callers hold a lease on the grant for about as long.
        withTimeLimit(
          config.timeoutMs,
          async (signal) => {
            const startedAtMs = performance.now();
            // With rotation the answer cannot be had twice: be able to verify it before asking.
            await keys.ready();
            // By the clock: once the lease has run out, another process may be using this token.
            if (performance.now() - startedAtMs > config.timeoutMs) throw tooLate(config);
            const response = await tokens.refresh(refreshToken, signal);
            return verification.refresh(response, refreshToken);
          },
          () => tooLate(config),
        ),
      ),
    verifyLogout: (token) => problems.watch(() => verifyLogoutToken(token)),
    revoke: (refreshToken) => problems.watch(() => tokens.revoke(refreshToken)),
  };
}

function tooLate({ timeoutMs }: Auth0Config): Auth0Error {
  return new Auth0Error('unavailable', `refresh: not complete within ${timeoutMs} ms`);
}

/** What a tenant can leave out and still log people in. */
function adviseOnMissingParts(
  problems: Problems,
  login: Auth0Login,
  { expectsRefreshToken }: { readonly expectsRefreshToken: boolean },
): void {
  if (expectsRefreshToken && login.tokens.refreshToken === undefined) {
    problems.advise(
      "Auth0 gave no refresh token: logins end with Auth0's access token",
      'Dashboard > Applications > APIs > your API > Settings: switch on Allow Offline Access. Applications > your application > Advanced Settings > Grant Types: enable Refresh Token; a Single Page application also needs Refresh Token Rotation.',
    );
  }
  if (Object.keys(login.user).length === 0) {
    problems.advise(
      'Auth0 gave no ID token: tools see no name or e-mail address',
      'Third-party applications (client id tpc_…) get no OpenID scopes: use a Regular Web Application of your own.',
    );
  }
}
