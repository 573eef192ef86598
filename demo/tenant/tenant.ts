/**
 * A stand-in for an Auth0 tenant: a real OpenID server on a loopback port which speaks Auth0's
 * dialect. It serves the demo where no tenant is configured, and the specs over real HTTP.
 *
 * Requests pass, in this order: body, log, faults, documents, registration, login and consent page,
 * `/userinfo`, logout, the dialects of `/authorize` and `/oauth/*`, and then the server that keeps the state.
 *
 * @module
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Provider } from 'oidc-provider';

import { createTenantStore, type TenantStore } from './adapter.js';
import { authorizeDialect } from './authorize-dialect.js';
import { type Consents, consentPage, createConsents } from './consent.js';
import { discovery } from './discovery.js';
import { createFaults, type Fault, type Faults } from './faults.js';
import { createTenantKeys, type TenantKeys } from './keys.js';
import { loginPage } from './login-page.js';
import {
  createSendLogoutToken,
  logoutEndpoints,
  notifyAll,
  type SendLogoutToken,
} from './logout.js';
import {
  type Application,
  settingsFrom,
  type TenantOptions,
  type TenantSettings,
} from './options.js';
import { providerConfiguration } from './provider-configuration.js';
import { loadProviderModule, type Step } from './provider-module.js';
import { registration } from './registration.js';
import { readBody } from './request-body.js';
import { requestLog, type TenantRequest } from './request-log.js';
import { revocationDialect, tokenDialect } from './token-dialect.js';
import { userinfo } from './userinfo.js';

/** A running tenant. */
export interface Tenant {
  /** `http://127.0.0.1:PORT/`, with the slash. */
  readonly issuer: string;
  /** Address of the discovery document. */
  readonly configUrl: string;
  readonly port: number;
  /** Signing keys, for specs that make tokens of their own. */
  readonly keys: TenantKeys;
  /** Every request that arrived, oldest first. */
  readonly requests: readonly TenantRequest[];
  clearRequests(): void;
  /** Fails the next `times` requests to a path (default: all of them) until taken back. */
  fault(path: string, fault: Fault, times?: number): () => void;
  clearFaults(): void;
  /** Changes settings while the tenant runs. Lists are replaced, not merged. */
  configure(change: Partial<TenantSettings>): void;
  readonly settings: TenantSettings;
  /** The "next" key becomes current. */
  rotateSigningKeys(): void;
  /** Ends the person's sessions in the browser; refresh tokens survive. */
  endSession(sub: string): void;
  /** Ends sessions, codes, grants and refresh tokens, and posts logout tokens where wanted. */
  logoutUser(sub: string, options?: { readonly notify?: boolean }): Promise<void>;
  /** Revokes the person's grants: refreshing answers 403 `invalid_grant`. */
  revokeUser(sub: string): void;
  /** Posts a logout token to the application and answers with its status. */
  readonly sendBackchannelLogout: SendLogoutToken;
  close(): Promise<void>;
}

/** Starts a tenant on 127.0.0.1. */
export async function startTenant(options: TenantOptions = {}): Promise<Tenant> {
  const module = await loadProviderModule();
  const server = createServer();
  const port = await listen(server, options.port ?? 0);
  const issuer = `http://127.0.0.1:${port}/`;
  const keys = options.keys ?? createTenantKeys();
  let settings = settingsFrom(options);
  const store = createTenantStore(() => settings);
  const faults = createFaults();
  const requests: TenantRequest[] = [];
  const send = createSendLogoutToken(issuer, () => settings, keys);
  const consents = createConsents();
  const provider = new module.Provider(
    issuer,
    providerConfiguration({ module, settings: () => settings, store, keys, consents }),
  );
  const add = (application: Application): void => {
    settings = { ...settings, applications: [...settings.applications, application] };
  };
  assemble(provider, { settings: () => settings, keys, faults, requests, send, consents, add });
  server.on('request', provider.callback());

  return {
    issuer,
    configUrl: `${issuer}.well-known/openid-configuration`,
    port,
    keys,
    requests,
    ...controls({ store, faults, requests, keys, send, settings: () => settings }),
    get settings() {
      return settings;
    },
    configure(change) {
      const gone = settings.users.filter(
        ({ sub }) => !hasUser(change.users ?? settings.users, sub),
      );
      for (const { sub } of gone) store.endSessions(sub);
      settings = { ...settings, ...change };
    },
    close: () => close(server),
  };
}

interface Parts {
  readonly settings: () => TenantSettings;
  readonly keys: TenantKeys;
  readonly faults: Faults;
  readonly requests: TenantRequest[];
  readonly send: SendLogoutToken;
}

interface Assembly extends Parts {
  readonly consents: Consents;
  /** Keeps an application that registered itself. */
  readonly add: (application: Application) => void;
}

function assemble(provider: Provider, parts: Assembly): void {
  const { settings, keys, faults, requests, send, consents, add } = parts;
  const steps: Step[] = [
    readBody,
    requestLog(requests),
    faults.step,
    discovery(settings, keys),
    registration(settings, add),
    loginPage(provider, settings),
    consentPage(provider, settings, consents),
    userinfo(settings, keys),
    logoutEndpoints(provider, settings, send),
    authorizeDialect(settings),
    tokenDialect(settings, keys),
    revocationDialect(settings),
  ];
  for (const step of steps) provider.use(step as Parameters<Provider['use']>[0]);
  provider.on('grant.error', (ctx, error) => {
    const { cause } = error;
    ctx.state.detail = error.error_detail ?? (cause instanceof Error ? cause.message : '');
  });
  // A defect of the stand-in must not look like a fault that a spec asked for.
  provider.on('server_error', (_ctx, error) => console.error('tenant:', error));
}

function controls({
  store,
  faults,
  requests,
  keys,
  send,
  settings,
}: Parts & { store: TenantStore }) {
  return {
    clearRequests: () => void requests.splice(0),
    fault: faults.add,
    clearFaults: faults.clear,
    rotateSigningKeys: keys.rotate,
    endSession: store.endSessions,
    revokeUser: store.endGrants,
    sendBackchannelLogout: send,
    async logoutUser(sub: string, { notify = true } = {}) {
      const sessions = store.sessionsOf(sub);
      store.endSessions(sub);
      store.endGrants(sub);
      if (!notify) return;
      await Promise.all(sessions.map((sid) => notifyAll(settings(), send, { sub, sid })));
    },
  };
}

function hasUser(users: TenantSettings['users'], sub: string): boolean {
  return users.some((user) => user.sub === sub);
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
