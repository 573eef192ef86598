/** `auth0Mcp(options)`: resolves the options, builds the context, mounts the routes. Read this first. */
import type { RequestHandler } from 'express';

import { type Context, createContext } from './app/context.js';
import { mount, type ProtectedResource } from './app/mount.js';
import { processServers, type Server } from './app/neighbours.js';
import { routesOf } from './app/routes.js';
import { currentEnvironment } from './config/env.js';
import type { Auth0McpOptions } from './config/options.js';
import { resolveConfig } from './config/resolve.js';
import { hostEnvironment } from './core.js';
import { embeddedStorage } from './storage/embedded/embedded-storage.js';
import type { GrantRecord } from './storage/records.js';
import { redisStorage } from './storage/redis/redis-storage.js';

/** A grant as an operator, or the person themselves, may see it. */
export interface GrantSummary {
  /** What `revoke` takes. */
  readonly id: string;
  /** What the client sends as `client_id`. */
  readonly clientId: string;
  /** Self-declared by the client. */
  readonly clientName: string | undefined;
  /** Auth0's `sub`. */
  readonly subject: string;
  /** What the client may do. */
  readonly scopes: readonly string[];
  /** When the person logged in; unix seconds. */
  readonly createdAt: number;
  /** When tokens were last issued; unix seconds. */
  readonly lastUsedAt: number;
}

/** Whose grants: of a person, of a client, or of a person with a client. Of nobody: none. */
export interface GrantsOf {
  /** Auth0's `sub`. */
  readonly subject?: string;
  /** What the client sends as `client_id`. */
  readonly clientId?: string;
}

/** For admin pages and "connected apps" pages. */
export interface GrantAdministration {
  /** The grants that are alive, in no particular order; without those that a later login superseded. */
  list(filter: GrantsOf): Promise<GrantSummary[]>;
  /** Ends a grant at once, everywhere, and gives its refresh token back to Auth0. */
  revoke(id: string): Promise<void>;
  /** Ends all of them, and says how many those were. */
  revokeAll(filter: GrantsOf): Promise<number>;
}

/**
 * All routes and the guard of the MCP endpoint, as one middleware: mount it with `app.use(auth)`
 * before the MCP route. The parts are for apps that want to place them one by one.
 */
export interface Auth0Mcp extends ProtectedResource {
  /** RFC 9728 and RFC 8414 (and OpenID) documents and the JWKS: all under `/.well-known`. */
  readonly metadata: RequestHandler;
  /** Dynamic client registration, RFC 7591. */
  readonly registration: RequestHandler;
  /** `/authorize`, `/consent`, and the callback from Auth0. */
  readonly login: RequestHandler;
  /** `/token`, `/revoke`, and `/backchannel-logout` for Auth0's logout tokens. */
  readonly tokens: RequestHandler;
  /**
   * The page `/connected-apps` below `baseUrl`, where a person signs in with Auth0, sees which clients
   * they let in, and ends the access of any. Not part of the bundle: mount it beside it, and tell
   * people its address. Needs `login`, which answers for Auth0's callback.
   */
  readonly connectedApps: RequestHandler;
  /** Lists and ends logins. */
  readonly grants: GrantAdministration;
  /** Resolves once Auth0 and the storage have answered; rejects with what to repair. */
  ready(): Promise<void>;
  /** Releases everything, once what is being written is written; requests after it fail. */
  close(): Promise<void>;
}

/**
 * Login through Auth0 for an MCP server in an Express app. Touches neither the network nor Auth0:
 * the server starts while Auth0 is down, and `ready()` tells when it answers.
 *
 * @param options code wins over the environment; left out, the environment is the configuration
 * @throws Auth0McpConfigError a wrong, missing or unknown option; the message has the remedy
 */
export function auth0Mcp(options?: Auth0McpOptions): Auth0Mcp {
  const config = resolveConfig(options, currentEnvironment(), { embeddedStorage, redisStorage });
  return assemble(createContext(config, hostEnvironment()), processServers);
}

/** Specs call it with a context of their own. @param servers of the process */
export function assemble(context: Context, servers: Set<Server> = new Set()): Auth0Mcp {
  const { server, parts } = mount(
    context,
    'auth0Mcp()',
    (neighbours) => routesOf(context, neighbours),
    servers,
    // A client may request what a route needs.
    (scopes) => {
      for (const scope of scopes) context.knownScopes.add(scope);
    },
  );
  const { registration, login, tokens, connectedApps } = parts;
  const grants = administration(context);
  return Object.assign(server, { registration, login, tokens, connectedApps, grants });
}

function administration({ grants }: Context): GrantAdministration {
  const list = async (filter: GrantsOf): Promise<GrantSummary[]> =>
    (await grants.list(filter)).map(({ id, grant }) => summaryOf(id, grant));
  return {
    list,
    async revoke(id) {
      await grants.revoke(id, 'operator');
    },
    async revokeAll(filter) {
      // Logins on their last step too: their code must not bring tokens afterwards.
      const found = await grants.list(filter, 'all');
      const ended = await Promise.all(found.map(({ id }) => grants.revoke(id, 'operator')));
      return ended.filter(Boolean).length;
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
