/**
 * A stand-in for an Auth0 tenant, for the demo and the specs: `oidc-provider` on a loopback port, behind
 * middleware that translates its requests and responses to Auth0's.
 */
import { createServer } from 'node:http';
import type { Provider } from 'oidc-provider';

import { createTenantStore } from './adapter.js';
import { createAuthentications } from './authentication.js';
import { authorizeDialect } from './authorize-dialect.js';
import {
  connectedAccountsApi,
  createConnectedAccounts,
  withConnections,
} from './connected-accounts.js';
import { consentPage, createConsents } from './consent.js';
import { discovery } from './discovery.js';
import { createFaults, type Fault } from './faults.js';
import { type IdJagRequest, idJagExchange, issueIdJag } from './id-jag.js';
import type { TenantKeys } from './keys.js';
import { loginPage } from './login-page.js';
import {
  createSendLogoutToken,
  logoutEndpoints,
  notifyAll,
  type SendLogoutToken,
} from './logout.js';
import { close, listen } from './loopback-server.js';
import {
  type Application,
  settingsFrom,
  type TenantOptions,
  type TenantSettings,
} from './options.js';
import { providerConfiguration } from './provider-configuration.js';
import { loadProviderModule, type Middleware } from './provider-module.js';
import { registration } from './registration.js';
import { readBody } from './request-body.js';
import { requestLog, type TenantRequest } from './request-log.js';
import { openTenantState } from './state.js';
import { revocationDialect, tokenDialect } from './token-dialect.js';
import { allowTokenExchange } from './token-exchange.js';
import { type AccessTokenRequest, issueAccessToken } from './token-response.js';
import { allowTokenVault } from './token-vault.js';
import { userinfo } from './userinfo.js';

/** A running tenant. */
export interface Tenant {
  /** `http://127.0.0.1:PORT/`, with a trailing slash. */
  readonly issuer: string;
  /** URL of the discovery document. */
  readonly configUrl: string;
  readonly port: number;
  /** Signing keys, for specs that issue tokens themselves. */
  readonly keys: TenantKeys;
  /** Every received request, oldest first. */
  readonly requests: readonly TenantRequest[];
  clearRequests(): void;
  /** Applies a fault to the next `times` requests to a path (default: all). Returns a function that removes it. */
  fault(path: string, fault: Fault, times?: number): () => void;
  clearFaults(): void;
  /** Changes settings while the tenant runs. Lists are replaced, not merged. */
  configure(change: Partial<TenantSettings>): void;
  readonly settings: TenantSettings;
  /** The "next" key becomes current. */
  rotateSigningKeys(): void;
  /** Ends the user's sessions in the browser; refresh tokens stay valid. */
  endSession(sub: string): void;
  /** Ends sessions, codes, grants and refresh tokens, and posts logout tokens unless `notify` is false. */
  logoutUser(sub: string, options?: { readonly notify?: boolean }): Promise<void>;
  /** Revokes the user's grants: a refresh gets 403 `invalid_grant`. */
  revokeUser(sub: string): void;
  /** Posts a logout token to the application and returns the status of its response. */
  readonly sendBackchannelLogout: SendLogoutToken;
  /** An access token for an API, as after a login. @throws for an unknown user or API */
  issueAccessToken(request: AccessTokenRequest): Promise<string>;
  /** An identity assertion, as after a token exchange. @throws for an unknown user */
  issueIdJag(request: IdJagRequest): Promise<string>;
  close(): Promise<void>;
}

/** Starts a tenant on 127.0.0.1. */
export async function startTenant(options: TenantOptions = {}): Promise<Tenant> {
  const module = await loadProviderModule();
  const state = openTenantState(options.directory, options.keys);
  const { keys } = state;
  const server = createServer();
  const port = await listen(server, options.port ?? 0);
  const issuer = `http://127.0.0.1:${port}/`;
  let settings = withRegistered(settingsFrom(options), state.applications);
  const current = (): TenantSettings => withConnections(settings, issuer);
  const store = createTenantStore(current, state);
  const faults = createFaults();
  const requests: TenantRequest[] = [];
  const send = createSendLogoutToken(issuer, () => settings, keys);
  const consents = createConsents();
  const authentications = createAuthentications();
  const provider = new module.Provider(
    issuer,
    providerConfiguration(module, current, store, state, { consents, authentications }),
  );
  allowTokenExchange(provider, current, keys);
  const accounts = createConnectedAccounts(current);
  allowTokenVault(provider, current, accounts);
  const configure = (change: Partial<TenantSettings>): void => {
    const gone = settings.users.filter(({ sub }) => !hasUser(change.users ?? settings.users, sub));
    for (const { sub } of gone) store.endSessions(sub);
    settings = { ...settings, ...change };
    if (change.applications === undefined) return;
    state.applications = settings.applications.filter(({ thirdParty }) => thirdParty === true);
    state.scheduleWrite();
  };
  use(provider, [
    readBody,
    requestLog(requests),
    faults.middleware,
    discovery(current, keys),
    registration(() => settings, configure),
    loginPage(provider, current),
    consentPage(provider, current, consents),
    userinfo(current, keys),
    connectedAccountsApi(current, keys, accounts),
    logoutEndpoints(provider, current, send),
    authorizeDialect(() => settings, configure),
    idJagExchange(current, keys),
    tokenDialect(current, keys, authentications),
    revocationDialect(current),
  ]);
  server.on('request', provider.callback());

  return {
    issuer,
    configUrl: `${issuer}.well-known/openid-configuration`,
    port,
    keys,
    requests,
    clearRequests: () => void requests.splice(0),
    fault: faults.add,
    clearFaults: faults.clear,
    rotateSigningKeys() {
      keys.rotate();
      state.scheduleWrite();
    },
    endSession: store.endSessions,
    revokeUser: store.endGrants,
    sendBackchannelLogout: send,
    async logoutUser(sub, { notify = true } = {}) {
      const sessions = store.sessionsOf(sub);
      store.endSessions(sub);
      store.endGrants(sub);
      if (!notify) return;
      await Promise.all(sessions.map((sid) => notifyAll(settings, send, { sub, sid })));
    },
    get settings() {
      return settings;
    },
    configure,
    issueAccessToken: (request) => issueAccessToken(request, issuer, settings, keys),
    issueIdJag: (request) => issueIdJag(request, issuer, settings, keys),
    async close() {
      await close(server);
      state.flush();
    },
  };
}

function use(provider: Provider, middleware: readonly Middleware[]): void {
  for (const one of middleware) provider.use(one as Parameters<Provider['use']>[0]);
  provider.on('grant.error', (ctx, error) => {
    const { cause } = error;
    ctx.state.detail = error.error_detail ?? (cause instanceof Error ? cause.message : '');
  });
  // biome-ignore lint/suspicious/noConsole: a defect of the stand-in must not look like a requested fault.
  provider.on('server_error', (_ctx, error) => console.error('tenant:', error));
}

/** Applications of an earlier run, unless the options have them. */
function withRegistered(
  settings: TenantSettings,
  registered: readonly Application[],
): TenantSettings {
  const known = new Set(settings.applications.map(({ clientId }) => clientId));
  const others = registered.filter(({ clientId }) => !known.has(clientId));
  return { ...settings, applications: [...settings.applications, ...others] };
}

function hasUser(users: TenantSettings['users'], sub: string): boolean {
  return users.some((user) => user.sub === sub);
}
