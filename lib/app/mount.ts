/** Routes and guard as Express middleware: the parts, and the bundle of them. */
import type { IncomingMessage } from 'node:http';

import { type RequestHandler, Router } from 'express';

import type { AuthInfo } from '../bearer/caller.js';
import { createGuards } from '../bearer/guard.js';
import { type SecurityScheme, securitySchemesOf } from '../bearer/security-schemes.js';
import {
  createTokenVerifier,
  type SdkErrors,
  type TokenVerifier,
} from '../bearer/token-verifier.js';
import { createAuthInfoOf } from '../bearer/verification.js';
import { runAsRequest } from '../config/request-context.js';
import { atOrigin, createGuardedUrlsOf, createUrlsOf } from './at-origin.js';
import type { Context } from './context.js';
import { createMountWarnings } from './mount-warnings.js';
import {
  type HandlerKind,
  joinServers,
  type OtherServers,
  type PartName,
  type Server,
} from './other-servers.js';
import { challengeOf } from './paths.js';
import type { ResourceContext } from './resource-context.js';
import type { Route } from './routes.js';
import { correlateRequest } from './surfaces.js';

/** A server that guards an MCP endpoint: mount it with `app.use()` before the route. */
export interface ProtectedResource extends RequestHandler {
  /** The documents below `/.well-known`: protected resource metadata (RFC 9728) and server metadata. */
  readonly metadata: RequestHandler;
  /** A guard for any other route. `scopes` are required in addition to `requiredScopes`. */
  bearer(requirement?: { scopes?: string[] }): RequestHandler;
  /**
   * Verifies a token and returns its caller, so that this is a verifier for `requireBearerAuth` of SDK v2:
   * `requireBearerAuth({ verifier: auth })`. `toolScopes` is not checked: only {@link ProtectedResource.bearer} sees
   * which tool is called.
   *
   * @throws an error with `code` `invalid_token`, or `temporarily_unavailable` during an outage
   */
  verifyAccessToken(token: string): Promise<AuthInfo>;
  /**
   * The same for `requireBearerAuth` of SDK v1, which responds with 401 only to errors of its own class:
   * `requireBearerAuth({ verifier: auth.verifierFor({ InvalidTokenError }) })`.
   */
  verifierFor(errors: SdkErrors): TokenVerifier;
  /**
   * What a tool needs, from `toolScopes`, `requiredScopes` and `anonymous`, in the form that ChatGPT reads in
   * `tools/list`: `[{ type: 'oauth2', scopes: ['openid', 'files:write'] }]`. For a tool of `anonymous` there are two,
   * `{ type: 'noauth' }` first: it works without a login, and knows the user with one. Enter it as `securitySchemes`
   * of the tool, and under the same name in its `_meta`. It declares only; the guard decides for each call.
   *
   * @param tool its name; one that no option names has what every call needs
   * @returns a list of its own for each call
   */
  securitySchemes(tool: string): SecurityScheme[];
  /** Resolves once everything it depends on has responded; rejects with what to repair. */
  ready(): Promise<void>;
  /** Closes connections and timers. */
  close(): Promise<void>;
}

/** What both kinds of server have in common. */
type MountContext = Omit<ResourceContext, 'authorizationServer'> &
  Partial<Pick<Context, 'knownScopes'>>;

/**
 * @param routesOf the table of the server
 * @param servers of this process, which this one joins
 */
export function mount(
  context: MountContext,
  createdBy: Server['createdBy'],
  routesOf: (others: OtherServers) => readonly Route[],
  servers: Set<Server>,
): { server: ProtectedResource; parts: Readonly<Record<PartName, RequestHandler>> } {
  const { config, paths, knownScopes } = context;
  const { baseUrl, resource, logger } = config;
  const endpointPaths = [paths.resource, ...paths.bareResources];
  const createGuard = createGuards(context, challengeOf(config), endpointPaths, (req) =>
    warnings.onChallenge(req),
  );
  const { guard, sharedGuard } = shareable(createGuard());
  const handlers: Server['handlers'] = new WeakMap();
  const own: Server = { createdBy, baseUrl, resource, handlers, guard: sharedGuard };
  const others = joinServers(servers, own, logger);
  const warnings = createMountWarnings(context, own, others);
  const routes = routesOf(others);
  const urlsOf = createUrlsOf(config);

  function register(kind: HandlerKind, handler: RequestHandler): RequestHandler {
    handlers.set(handler, kind);
    return handler;
  }

  function part(name: PartName): RequestHandler {
    const run = atOrigin(routerOf([name], routes), urlsOf);
    return register(name, function runPart(req, res, next) {
      warnings.onPart(name, req, res);
      run(req, res, next);
    });
  }

  const allRoutes = routerOf(['metadata', 'registration', 'login', 'tokens'], routes);
  const routesAndGuard = Router().use(
    atOrigin(allRoutes, urlsOf),
    atOrigin(guardRouter(context, guard, others), createGuardedUrlsOf(config)),
    (req, res, next) => {
      warnings.onRest(req, res);
      next();
    },
  );

  const bundle = register('bundle', function runBundle(req, res, next) {
    warnings.onBundle(req, bundle);
    // A call of the MCP endpoint passes no router. Any other spelling of its URL does.
    if (req.url === paths.resource && req.originalUrl === paths.resource) guard(req, res, next);
    else routesAndGuard(req, res, next);
  });

  function bearer(requirement: { scopes?: string[] } = {}): RequestHandler {
    // A client may request what a route requires.
    for (const scope of requirement.scopes ?? []) knownScopes?.add(scope);
    const guardOfRoute = createGuard(requirement);
    return register('guard', function runGuard(req, res, next) {
      runAsRequest(() => guardOfRoute(req, res, next));
    });
  }

  const metadata = part('metadata');
  const server = Object.assign(bundle, {
    metadata,
    bearer,
    ...verifiersOf(context),
    securitySchemes: (tool: string) => securitySchemesOf(tool, config.scopes, config.anonymous),
    ready: context.ready,
    async close() {
      others.leave();
      await context.close();
    },
  });
  return {
    server,
    parts: {
      metadata,
      registration: part('registration'),
      login: part('login'),
      tokens: part('tokens'),
      connectedApps: part('connectedApps'),
    },
  };
}

/** The guard, and the one that other servers run: a request that has passed the second skips the first. */
function shareable(run: RequestHandler): Readonly<Record<'guard' | 'sharedGuard', RequestHandler>> {
  const passed = new WeakSet<IncomingMessage>();
  return {
    guard(req, res, next) {
      if (passed.has(req)) next();
      else run(req, res, next);
    },
    sharedGuard(req, res, next) {
      run(req, res, (error?: unknown) => {
        if (error === undefined) passed.add(req);
        next(error);
      });
    },
  };
}

function routerOf(parts: readonly PartName[], routes: readonly Route[]): Router {
  const router = Router({ caseSensitive: true });
  for (const [part, methods, path, surface, handlers] of routes) {
    if (parts.includes(part)) router.all(path, ...surface(methods, handlers));
  }
  return router;
}

/** The guard for every way of writing the path that Express would route, and for all below it. */
function guardRouter(context: MountContext, guard: RequestHandler, others: OtherServers): Router {
  const router = Router();
  const { resource, bareResources } = context.paths;
  protect(resource, guard);
  for (const path of bareResources) {
    // In the app of a server whose endpoint this is, that server verifies the token. In any other app it is the
    // endpoint of this server, behind a proxy that strips the prefix.
    protect(path, (req, res, next) => {
      const guardAtPath = others.guardAt(path, req.app) ?? guard;
      guardAtPath(req, res, next);
    });
  }
  return router;

  function protect(path: string, handler: RequestHandler): void {
    // An endpoint at the root is guarded alone: `use` would close the other pages of the app too.
    if (path === '/') router.all('/', correlateRequest, handler);
    else router.use(path, correlateRequest, handler);
  }
}

function verifiersOf({
  config,
  verifyBearer,
}: MountContext): Pick<ProtectedResource, 'verifyAccessToken' | 'verifierFor'> {
  const { logger, resource, scopes } = config;
  const authInfoOf = createAuthInfoOf(resource);
  const verify = async (token: string): Promise<AuthInfo> => authInfoOf(await verifyBearer(token));
  const { verifyAccessToken } = createTokenVerifier(verify);
  let isWarningDue = scopes.byTool.size > 0;

  /** A verifier is given tokens, not messages: it cannot check the scopes of a tool. */
  function warnOfToolScopes(): void {
    if (!isWarningDue) return;
    isWarningDue = false;
    logger.warn(
      { option: 'toolScopes' },
      'toolScopes is checked behind app.use(auth) and auth.bearer() only. A route that runs tools behind another check of the token, such as requireBearerAuth of the MCP SDK, runs each tool for every token: put auth.bearer() in front of it instead.',
    );
  }

  return {
    verifyAccessToken(token) {
      warnOfToolScopes();
      return verifyAccessToken(token);
    },
    verifierFor(errors) {
      warnOfToolScopes();
      return createTokenVerifier(verify, errors);
    },
  };
}
