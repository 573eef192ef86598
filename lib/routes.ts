/**
 * Every URL, in the order a first login meets them.
 *
 * This table owns paths, methods and surfaces; an endpoint knows none of them. Paths are absolute,
 * so it does not matter where in the app the router is mounted.
 *
 * @module
 */
import { type ErrorRequestHandler, type RequestHandler, Router } from 'express';

import type { CreateGuard } from './bearer/guard.js';
import type { Config } from './config/config.js';
import { type AuthorizationDeps, authorizationEndpoint } from './endpoints/authorization.js';
import {
  type BackchannelLogoutDeps,
  backchannelLogoutEndpoint,
} from './endpoints/backchannel-logout.js';
import { type CallbackDeps, callbackEndpoint } from './endpoints/callback.js';
import { type ConsentDeps, consentEndpoint } from './endpoints/consent.js';
import { metadataDocumentEndpoint } from './endpoints/metadata-document.js';
import { type RegistrationDeps, registrationEndpoint } from './endpoints/registration.js';
import { type RevocationDeps, revocationEndpoint } from './endpoints/revocation.js';
import { type TokenDeps, tokenEndpoint } from './endpoints/token.js';
import { openToBrowsers } from './http/cors.js';
import { answerHead, methodNotAllowed } from './http/method-not-allowed.js';
import type { RateLimits } from './http/rate-limits.js';
import { routerAtOrigin } from './http/router-at-origin.js';

/** Where everything is, as paths on the origin. */
export interface Paths {
  readonly protectedResource: readonly string[];
  readonly authorizationServer: readonly string[];
  readonly openidConfiguration: readonly string[];
  readonly jwks: string;
  readonly registration: string;
  readonly authorization: string;
  readonly consent: string;
  readonly callback: string;
  readonly token: string;
  readonly revocation: string;
  readonly backchannelLogout: string;
  /** The guarded endpoint, with the mount's prefix and without: a proxy may have cut it off. */
  readonly resource: readonly string[];
}

/** The documents served below `/.well-known`. */
export interface Documents {
  readonly protectedResource: unknown;
  readonly authorizationServer: unknown;
  readonly openidConfiguration: unknown;
  readonly jwks: unknown;
}

/** What the table puts together. */
export interface RoutesDeps {
  readonly paths: Paths;
  readonly documents: Documents;
  readonly registration: RegistrationDeps | undefined;
  readonly authorization: AuthorizationDeps;
  readonly consent: ConsentDeps;
  readonly callback: CallbackDeps;
  readonly token: TokenDeps;
  readonly revocation: RevocationDeps;
  readonly backchannelLogout: BackchannelLogoutDeps;
  readonly limits: RateLimits;
  readonly createGuard: CreateGuard;
  /** Makes each request one in events and log lines. */
  readonly correlate: RequestHandler;
  readonly baseHeaders: RequestHandler;
  readonly pageHeaders: RequestHandler;
  readonly jsonErrors: ErrorRequestHandler;
  readonly pageErrors: ErrorRequestHandler;
}

/** The parts, each mountable by itself. */
export interface Routes {
  readonly metadata: RequestHandler;
  readonly registration: RequestHandler;
  readonly login: RequestHandler;
  readonly tokens: RequestHandler;
  readonly guard: RequestHandler;
}

/** Paths for one configuration. RFC 9728 §3.1 and RFC 8414 §3.1 insert the path after the well-known part. */
export function pathsOf(config: Config): Paths {
  const { basePath, resourcePath } = config;
  const issuerPath = new URL(config.issuer).pathname.replace(/\/$/, '');
  const wellKnown = (name: string, path: string): string[] => [
    `/.well-known/${name}${path}`,
    `/.well-known/${name}`,
    ...(path === '' ? [] : [`${path}/.well-known/${name}`]),
  ];
  return {
    protectedResource: [
      `/.well-known/oauth-protected-resource${resourcePath}`,
      '/.well-known/oauth-protected-resource',
    ],
    authorizationServer: wellKnown('oauth-authorization-server', issuerPath),
    openidConfiguration: wellKnown('openid-configuration', issuerPath),
    jwks: `${basePath}/.well-known/jwks.json`,
    registration: `${basePath}/register`,
    authorization: `${basePath}/authorize`,
    consent: `${basePath}/consent`,
    callback: new URL(config.callbackUrl).pathname,
    token: `${basePath}/token`,
    revocation: `${basePath}/revoke`,
    backchannelLogout: `${basePath}/backchannel-logout`,
    resource: [
      resourcePath,
      ...(resourcePath.startsWith(`${basePath}/`) && basePath !== ''
        ? [resourcePath.slice(basePath.length)]
        : []),
    ],
  };
}

export function createRoutes(deps: RoutesDeps): Routes {
  const { paths, limits } = deps;
  const metadata = Router({ caseSensitive: true });
  const registration = Router({ caseSensitive: true });
  const login = Router({ caseSensitive: true });
  const tokens = Router({ caseSensitive: true });
  const guard = Router();

  const documents: [readonly string[], unknown][] = [
    [paths.protectedResource, deps.documents.protectedResource],
    [paths.authorizationServer, deps.documents.authorizationServer],
    [paths.openidConfiguration, deps.documents.openidConfiguration],
    [[paths.jwks], deps.documents.jwks],
  ];
  for (const [at, document] of documents) {
    for (const path of at) machine(metadata, 'GET', path, metadataDocumentEndpoint(document));
  }

  if (deps.registration !== undefined) {
    const register = [limits.registration, ...registrationEndpoint(deps.registration)];
    machine(registration, 'POST', paths.registration, register);
  }

  page(login, 'GET, POST', paths.authorization, authorizationEndpoint(deps.authorization));
  page(login, 'POST', paths.consent, consentEndpoint(deps.consent));
  page(login, 'GET', paths.callback, callbackEndpoint(deps.callback));

  machine(tokens, 'POST', paths.token, [limits.token, ...tokenEndpoint(deps.token)]);
  machine(tokens, 'POST', paths.revocation, [limits.token, ...revocationEndpoint(deps.revocation)]);
  const logout = [limits.token, ...backchannelLogoutEndpoint(deps.backchannelLogout)];
  machine(tokens, 'POST', paths.backchannelLogout, logout);

  for (const path of paths.resource) {
    const isWholeOrigin = path === '' || path === '/';
    // Like `app.use`: every way of writing the path that Express would route, and all below it. An
    // endpoint at the root is guarded alone, or the host app's other pages would be closed too.
    if (isWholeOrigin) guard.all('/', deps.correlate, ...deps.createGuard());
    else guard.use(path, deps.correlate, ...deps.createGuard());
  }

  /** The surface for programs: open to browsers' `fetch`, errors as OAuth JSON. */
  function machine(router: Router, method: string, path: string, work: RequestHandler[]): void {
    const surface = [deps.correlate, deps.baseHeaders, openToBrowsers(method)];
    router.all(path, ...surface, ...only(method, work), deps.jsonErrors);
  }

  /** The surface for people: framed by nobody, no CORS (R-AZ-7), errors as pages. */
  function page(router: Router, methods: string, path: string, work: RequestHandler[]): void {
    const surface = [deps.correlate, deps.baseHeaders, deps.pageHeaders, limits.login];
    router.all(path, ...surface, ...only(methods, work), deps.pageErrors);
  }

  return {
    metadata: routerAtOrigin(metadata),
    registration: routerAtOrigin(registration),
    login: routerAtOrigin(login),
    tokens: routerAtOrigin(tokens),
    guard: routerAtOrigin(guard),
  };
}

/** Runs the work for these methods; HEAD reads nothing and does nothing; the rest is a 405. */
function only(methods: string, work: RequestHandler[]): RequestHandler[] {
  const allowed = methods.split(', ');
  const allow = allowed.includes('GET') ? `${methods}, HEAD` : methods;
  const refuse = methodNotAllowed(allow);
  return [
    function checkMethod(req, res, next) {
      if (allowed.includes(req.method)) next();
      else if (req.method === 'HEAD' && allowed.includes('GET')) answerHead(req, res, next);
      else refuse(req, res, next);
    },
    ...work,
  ];
}
