/** `auth0Mcp(options)`: resolves the options, builds the context, mounts the routes. Read this first. */
import type { RequestHandler } from 'express';

import { type Context, createContext } from './app/context.js';
import { mount, type ProtectedResource } from './app/mount.js';
import { type OtherServers, processServers, type Server } from './app/other-servers.js';
import { type Route, routesOf } from './app/routes.js';
import { currentEnvironment } from './config/env.js';
import { withCallersStack } from './config/errors.js';
import type { Auth0McpOptions } from './config/options.js';
import { resolveConfig } from './config/resolve.js';
import { hostEnvironment } from './core.js';
import { embeddedStorage } from './storage/embedded/embedded-storage.js';
import type { GrantRecord } from './storage/records.js';
import { redisStorage } from './storage/redis/redis-storage.js';

/** A grant, without anything secret: fit for the operator and for the user it belongs to. */
export interface GrantSummary {
  /** What `revoke` takes. */
  readonly id: string;
  /** What the client sends as `client_id`. */
  readonly clientId: string;
  /** Self-declared by the client. */
  readonly clientName: string | undefined;
  /** Auth0's `sub`; undefined for a client that acts without a user. */
  readonly subject: string | undefined;
  /** Scopes of its access tokens. */
  readonly scopes: readonly string[];
  /** When the user logged in or the client got the access token; unix seconds. */
  readonly createdAt: number;
  /** When tokens were last issued; unix seconds. */
  readonly lastUsedAt: number;
}

/** Selects the grants of a user, of a client, or of a user with a client. An empty filter selects none. */
export interface GrantFilter {
  /** Auth0's `sub`. */
  readonly subject?: string;
  /** What the client sends as `client_id`. */
  readonly clientId?: string;
}

/** Lists and revokes grants: for admin pages, and for pages on which users see their clients. */
export interface GrantAdministration {
  /** Active grants, in no particular order, without those that a later login superseded. */
  list(filter: GrantFilter): Promise<GrantSummary[]>;
  /** Revokes a grant: in this process at once, in others within a second, and its refresh token at Auth0. */
  revoke(id: string): Promise<void>;
  /** Revokes all selected grants. @returns how many were active */
  revokeAll(filter: GrantFilter): Promise<number>;
}

/**
 * All routes and the guard of the MCP endpoint as one middleware: mount it with `app.use(auth)` before the MCP route.
 * Apps that mount the parts one by one use its properties.
 */
export interface Auth0Mcp extends ProtectedResource {
  /** Protected resource metadata (RFC 9728), server metadata (RFC 8414, OpenID) and JWKS, below `/.well-known`. */
  readonly metadata: RequestHandler;
  /** Dynamic client registration, RFC 7591. */
  readonly registration: RequestHandler;
  /** `/authorize`, `/consent` and the callback from Auth0. */
  readonly login: RequestHandler;
  /** `/token`, `/revoke` and `/backchannel-logout`. */
  readonly tokens: RequestHandler;
  /**
   * The page `/connected-apps` below `baseUrl`: users sign in with Auth0, see their clients, and disconnect them. Not
   * part of the bundle: mount it as well, and link to it. Needs `login`, which has the callback from Auth0.
   */
  readonly connectedApps: RequestHandler;
  /** Lists and revokes grants. */
  readonly grants: GrantAdministration;
  /** Resolves once Auth0 and the storage have responded; rejects with what to repair. */
  ready(): Promise<void>;
  /** Closes connections and timers after pending writes. Later requests fail. */
  close(): Promise<void>;
}

/**
 * Login through Auth0 for an MCP server in an Express app. Sends no request: the server starts while Auth0 is down,
 * and `ready()` resolves once Auth0 responds.
 *
 * @param options take precedence over the environment. Default: the environment alone
 * @throws Auth0McpConfigError a wrong, missing or unknown option; the message has the remedy
 */
export function auth0Mcp(options?: Auth0McpOptions): Auth0Mcp {
  const config = withCallersStack(auth0Mcp, () =>
    resolveConfig(options, currentEnvironment(), { embeddedStorage, redisStorage }),
  );
  return assemble(createContext(config, hostEnvironment()), processServers);
}

/** Specs call it with a context of their own. @param servers of the process */
export function assemble(context: Context, servers: Set<Server> = new Set()): Auth0Mcp {
  const routes = (others: OtherServers): readonly Route[] => routesOf(context, others);
  const { server, parts } = mount(context, 'auth0Mcp()', routes, servers);
  const { registration, login, tokens, connectedApps } = parts;
  const grants = administration(context);
  return Object.assign(server, { registration, login, tokens, connectedApps, grants });
}

function administration({ grants }: Context): GrantAdministration {
  const list = async (filter: GrantFilter): Promise<GrantSummary[]> =>
    (await grants.list(filter)).map(({ id, grant }) => summaryOf(id, grant));
  return {
    list,
    async revoke(id) {
      await grants.revoke(id, 'operator');
    },
    async revokeAll(filter) {
      // Also grants whose code is not redeemed yet: it must not bring tokens afterwards.
      const found = await grants.list(filter, 'all');
      const revoked = await Promise.all(found.map(({ id }) => grants.revoke(id, 'operator')));
      return revoked.filter(Boolean).length;
    },
  };
}

function summaryOf(id: string, grant: GrantRecord): GrantSummary {
  return {
    id,
    clientId: grant.client.id,
    clientName: grant.client.name,
    subject: grant.subject,
    scopes: grant.scopes,
    createdAt: grant.createdAt,
    lastUsedAt: grant.lastUsedAt,
  };
}
