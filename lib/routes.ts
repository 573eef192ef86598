/**
 * Every URL, in the order a first login meets them.
 *
 * This table owns paths, methods and surfaces; an endpoint knows none of them. Paths are absolute,
 * so it does not matter where in the app the router is mounted.
 *
 * @module
 */
import { type RequestHandler, Router } from 'express';

import type { CreateGuard } from './bearer/guard.js';
import { type AuthorizationDeps, authorizationEndpoint } from './endpoints/authorization.js';
import {
  type BackchannelLogoutDeps,
  backchannelLogoutEndpoint,
} from './endpoints/backchannel-logout.js';
import { type CallbackDeps, callbackEndpoint } from './endpoints/callback.js';
import {
  type ConnectedAppsDeps,
  connectedAppsEndpoint,
} from './endpoints/connected-apps/connected-apps.js';
import { type DisconnectDeps, disconnectEndpoint } from './endpoints/connected-apps/disconnect.js';
import { type SignInDeps, signInEndpoint } from './endpoints/connected-apps/sign-in.js';
import { type SignOutDeps, signOutEndpoint } from './endpoints/connected-apps/sign-out.js';
import { type ConsentDeps, consentEndpoint } from './endpoints/consent.js';
import { metadataDocumentEndpoint } from './endpoints/metadata-document.js';
import { type RegistrationDeps, registrationEndpoint } from './endpoints/registration.js';
import { type RevocationDeps, revocationEndpoint } from './endpoints/revocation.js';
import { type TokenDeps, tokenEndpoint } from './endpoints/token.js';
import type { PartName } from './http/mounts/missed-requests.js';
import type { MountWatch } from './http/mounts/mount-watch.js';
import type { StrippedPrefixOf } from './http/mounts/stripped-prefix.js';
import { notFound } from './http/not-found.js';
import type { RateLimits } from './http/rate-limits.js';
import { routerAtOrigin } from './http/router-at-origin.js';
import type { ShortCutDeps } from './http/short-cut.js';
import type { DocumentPaths, Paths } from './routes/paths.js';
import { createSurfaces, type SurfacesDeps } from './routes/surfaces.js';

/** The documents served below `/.well-known`. */
export interface Documents {
  readonly protectedResource: unknown;
  readonly authorizationServer: unknown;
  readonly openidConfiguration: unknown;
  readonly jwks: unknown;
}

/** What the table puts together. */
export interface RoutesDeps extends SurfacesDeps {
  readonly paths: Paths;
  readonly documents: Documents;
  readonly registration: RegistrationDeps | undefined;
  readonly authorization: AuthorizationDeps;
  readonly consent: ConsentDeps;
  readonly callback: CallbackDeps;
  readonly token: TokenDeps;
  readonly revocation: RevocationDeps;
  readonly backchannelLogout: BackchannelLogoutDeps;
  readonly connectedApps: ConnectedAppsDeps;
  readonly signIn: SignInDeps;
  readonly disconnect: DisconnectDeps;
  readonly signOut: SignOutDeps;
  readonly limits: RateLimits;
  readonly createGuard: CreateGuard;
  readonly mounts: {
    readonly watch: Pick<MountWatch, 'part'>;
    readonly strippedPrefixOf: StrippedPrefixOf;
    readonly isAlone: () => boolean;
    readonly isClaimed: (path: string) => boolean;
  };
}

/** The parts, each mountable by itself. */
export interface Routes {
  readonly metadata: RequestHandler;
  readonly registration: RequestHandler;
  readonly login: RequestHandler;
  readonly tokens: RequestHandler;
  readonly connectedApps: RequestHandler;
  readonly guard: RequestHandler;
  /** What programs call often, by its path. */
  readonly shortCuts: Omit<ShortCutDeps, 'longWay'>;
}

export function createRoutes(deps: RoutesDeps): Routes {
  const { paths, limits, mounts } = deps;
  const { machine, page, accountPage, posted } = createSurfaces(deps);
  const metadata = Router({ caseSensitive: true });
  const registration = Router({ caseSensitive: true });
  const login = Router({ caseSensitive: true });
  const tokens = Router({ caseSensitive: true });
  const connectedApps = Router({ caseSensitive: true });

  const documents: [DocumentPaths, unknown][] = [
    [paths.protectedResource, deps.documents.protectedResource],
    [paths.authorizationServer, deps.documents.authorizationServer],
    [paths.openidConfiguration, deps.documents.openidConfiguration],
    [{ own: [paths.jwks], ifAlone: [] }, deps.documents.jwks],
  ];
  for (const [{ own, ifAlone }, document] of documents) {
    const endpoint = metadataDocumentEndpoint(document);
    const alone = Router({ caseSensitive: true });
    for (const path of own) machine(metadata, 'GET', path, endpoint);
    for (const path of ifAlone) machine(alone, 'GET', path, endpoint);
    metadata.use(onlyWhile(mounts.isAlone, alone));
  }

  for (const path of paths.absentDocuments) {
    const absent = Router({ caseSensitive: true });
    machine(absent, 'GET', path, [notFound]);
    metadata.use(onlyWhile(() => !mounts.isClaimed(path), absent));
  }

  if (deps.registration !== undefined) {
    const register = [limits.registration, ...registrationEndpoint(deps.registration)];
    machine(registration, 'POST', paths.registration, register);
  }

  page(login, 'GET, POST', paths.authorization, authorizationEndpoint(deps.authorization));
  page(login, 'POST', paths.consent, consentEndpoint(deps.consent));
  page(login, 'GET', paths.callback, callbackEndpoint(deps.callback));

  machine(tokens, 'POST', paths.token, tokenEndpoint(deps.token));
  machine(tokens, 'POST', paths.revocation, revocationEndpoint(deps.revocation));
  const logout = [limits.token, ...backchannelLogoutEndpoint(deps.backchannelLogout)];
  machine(tokens, 'POST', paths.backchannelLogout, logout);

  const { connectedApps: forms } = paths;
  accountPage(connectedApps, 'GET', forms.page, connectedAppsEndpoint(deps.connectedApps));
  accountPage(connectedApps, 'POST', forms.signIn, signInEndpoint(deps.signIn));
  accountPage(connectedApps, 'POST', forms.disconnect, disconnectEndpoint(deps.disconnect));
  accountPage(connectedApps, 'POST', forms.signOut, signOutEndpoint(deps.signOut));

  const part = (name: PartName, router: Router): RequestHandler =>
    mounts.watch.part(
      name,
      routerAtOrigin(router, mounts.strippedPrefixOf, { alsoAsMounted: name === 'guard' }),
    );
  return {
    metadata: part('metadata', metadata),
    registration: part('registration', registration),
    login: part('login', login),
    tokens: part('tokens', tokens),
    connectedApps: part('connectedApps', connectedApps),
    guard: part('guard', guardRouter(deps)),
    shortCuts: {
      straight: new Map([[paths.resource, deps.createGuard()], ...posted]),
      strippedPrefixOf: mounts.strippedPrefixOf,
    },
  };
}

/** The guard wherever the MCP endpoint may be met. */
function guardRouter({ paths, mounts, correlate, createGuard }: RoutesDeps): Router {
  const guard = Router();
  protect(guard, paths.resource);
  for (const path of paths.bareResources) {
    const bare = Router();
    protect(bare, path);
    guard.use(onlyWhile(() => !mounts.isClaimed(path), bare));
  }
  return guard;

  function protect(router: Router, path: string): void {
    // Like `app.use`: every way of writing the path that Express would route, and all below it. An
    // endpoint at the root is guarded alone, or the host app's other pages would be closed too.
    if (path === '/') router.all('/', correlate, createGuard());
    else router.use(path, correlate, createGuard());
  }
}

/** Steps aside while the condition does not hold. */
function onlyWhile(condition: () => boolean, work: RequestHandler): RequestHandler {
  return function workWhile(req, res, next) {
    if (condition()) work(req, res, next);
    else next();
  };
}
