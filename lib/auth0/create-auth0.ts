/** Auth0 as upstream login of this server, and as the authorization server of clients. */
import type { AuthorizationServerConfig, Config } from '../config/config.js';
import { withTimeLimit } from '../deadline.js';
import { traced } from '../telemetry.js';
import { verifyApiToken } from './api-token.js';
import {
  type ApiRequest,
  type Auth0,
  Auth0ApiAccessError,
  Auth0Error,
  type Auth0Login,
  type Auth0Refresh,
  type LoginTransactions,
} from './auth0.js';
import { checkSetUp } from './authorization-request.js';
import { createLogin } from './login.js';
import { verifyLogoutToken } from './logout-token.js';
import { createPresentedTokens, type PresentedTokens } from './presented-token.js';
import { connectToTenant, type Problems, type TenantCore } from './tenant.js';
import {
  createTokenEndpoint,
  POLICY_REMEDY,
  type TokenResponse,
  type UnreadTokenResponse,
} from './token-endpoint.js';
import { createTokenExchange, type ExchangeToken } from './token-exchange.js';
import { verifyLogin, verifyOwnToken, verifyRefresh } from './token-verification.js';

/** What Auth0 needs of {@link Core}. */
interface Auth0Core extends TenantCore<Config['auth0']> {
  readonly config: Pick<Config, 'auth0' | 'outboundProxies' | 'callbackUrl' | 'logger'>;
}

/** Fetches nothing before the first use: the server starts without Auth0. */
export function createAuth0(core: Auth0Core, transactions: LoginTransactions): Auth0 {
  const tenant = connectToTenant(core);
  const { callbackUrl } = core.config;
  const { timeoutMs } = tenant.config;
  const { keys, problems } = tenant;
  const tokens = createTokenEndpoint(tenant, callbackUrl);

  const login = createLogin(tenant, callbackUrl, transactions, async (code, transaction) => {
    const { nonce, codeVerifier, identityOnly } = transaction;
    const response = await tokens.exchangeCode(code, codeVerifier);
    const verified = await verifyLogin(tenant, response, nonce);
    adviseOnMissingTokens(problems, verified, !identityOnly);
    return verified;
  });

  /** One limit for all steps: the caller's lease on the grant is about as long. */
  async function refreshInTime<T>(
    refreshToken: string,
    api: ApiRequest | undefined,
    verify: (response: TokenResponse) => Promise<T>,
  ): Promise<Auth0Refresh<T>> {
    const received: { response?: UnreadTokenResponse } = {};
    async function refresh(signal: AbortSignal): Promise<T> {
      const startedAtMs = performance.now();
      // With rotation a response cannot be repeated: the keys to verify it come first.
      await keys.ready();
      // By the clock: after the lease on the grant another process may be using this token.
      if (performance.now() - startedAtMs > timeoutMs) throw tooLate(timeoutMs);
      received.response = await tokens.refresh(refreshToken, signal, api);
      return verify(received.response.read());
    }
    const result = await problems
      .watch(() => withTimeLimit(timeoutMs, refresh, () => tooLate(timeoutMs)))
      .catch((error: unknown) => {
        // A response that does not verify has replaced the refresh token nevertheless.
        if (received.response !== undefined && isTokenError(error)) return error;
        throw error;
      });
    return { refreshToken: received.response?.refreshToken, result };
  }

  return {
    ready: () =>
      problems.watch(async () => {
        await keys.ready();
        await checkSetUp(tenant, callbackUrl);
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
      refreshInTime(refreshToken, undefined, (response) => verifyRefresh(tenant, response)),
    refreshFor: (refreshToken, api) =>
      refreshInTime(refreshToken, api, (response) =>
        verifyApiToken(tenant, response, api, POLICY_REMEDY),
      ),
    authenticateApplication(clientId, secret) {
      const authentication = { method: 'client_secret_post' as const, secret };
      const application = { ...tenant, config: { ...tenant.config, clientId, authentication } };
      const { requestOwnToken } = createTokenEndpoint(application, callbackUrl);
      return problems.watch(async () => verifyOwnToken(application, await requestOwnToken()));
    },
    verifyLogout: (token) => problems.watch(() => verifyLogoutToken(tenant, token)),
    revoke: (refreshToken) => problems.watch(() => tokens.revoke(refreshToken)),
  };
}

function tooLate(timeoutMs: number): Auth0Error {
  return new Auth0Error('unavailable', `refresh: not complete within ${timeoutMs} ms`);
}

/** Anything else is a defect. */
function isTokenError(error: unknown): error is Auth0ApiAccessError | Auth0Error {
  return error instanceof Auth0ApiAccessError || error instanceof Auth0Error;
}

/** Logins work without these settings of the tenant, but not fully. */
function adviseOnMissingTokens(
  problems: Problems,
  login: Auth0Login,
  expectsRefreshToken: boolean,
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

/** Auth0 as the authorization server that clients use directly. */
export interface AuthorizationServer extends PresentedTokens {
  /** Undefined without an application. */
  readonly exchange: ExchangeToken | undefined;
  /** Fetches metadata and signing keys. @throws Auth0Error */
  ready(): Promise<void>;
  /** The tenant's metadata document, unchanged. @throws Auth0Error */
  metadata(): Promise<Readonly<Record<string, unknown>>>;
}

/** Fetches nothing before the first use: the server starts without Auth0. */
export function createAuthorizationServer(
  core: TenantCore<AuthorizationServerConfig>,
): AuthorizationServer {
  const tenant = connectToTenant(core);
  const { application } = core.config.auth0;
  const { discovery, keys, problems } = tenant;
  return {
    ...createPresentedTokens(tenant),
    exchange:
      application &&
      createTokenExchange({ ...tenant, config: { ...tenant.config, ...application } }),
    ready: () => problems.watch(keys.ready),
    metadata: async () => (await problems.watch(discovery.get)).document,
  };
}
