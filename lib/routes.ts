/**
 * Every URL, in the order a first login meets them.
 *
 * This table owns paths, methods and surfaces; an endpoint knows none of them. Paths are absolute,
 * so it does not matter where in the app the router is mounted.
 *
 * @module
 */
import { type RequestHandler, Router } from 'express';

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
import type { RateLimits } from './http/rate-limits.js';
import type { Paths } from './routes/paths.js';
import {
  createResourceRoutes,
  mountedPart,
  type PlacedDocument,
  type ResourceRoutes,
  type ResourceRoutesDeps,
} from './routes/resource.js';
import { createSurfaces, type SurfacesDeps } from './routes/surfaces.js';

/** The documents served below `/.well-known`. */
export interface Documents {
  readonly protectedResource: unknown;
  readonly authorizationServer: unknown;
  readonly openidConfiguration: unknown;
  readonly jwks: unknown;
}

/** What the table puts together. */
export interface RoutesDeps extends SurfacesDeps, Omit<ResourceRoutesDeps, 'paths' | 'documents'> {
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
}

/** The parts, each mountable by itself. */
export interface Routes extends ResourceRoutes {
  readonly registration: RequestHandler;
  readonly login: RequestHandler;
  readonly tokens: RequestHandler;
  readonly connectedApps: RequestHandler;
}

export function createRoutes(deps: RoutesDeps): Routes {
  const { paths, limits, mounts } = deps;
  const { machine, page, accountPage, posted } = createSurfaces(deps);
  const registration = Router({ caseSensitive: true });
  const login = Router({ caseSensitive: true });
  const tokens = Router({ caseSensitive: true });
  const connectedApps = Router({ caseSensitive: true });

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

  const resource = createResourceRoutes({ ...deps, documents: placed(deps) });
  return {
    ...resource,
    registration: mountedPart('registration', registration, mounts),
    login: mountedPart('login', login, mounts),
    tokens: mountedPart('tokens', tokens, mounts),
    connectedApps: mountedPart('connectedApps', connectedApps, mounts),
    shortCuts: {
      ...resource.shortCuts,
      straight: new Map([...resource.shortCuts.straight, ...posted]),
    },
  };
}

function placed({ paths, documents }: RoutesDeps): readonly PlacedDocument[] {
  return [
    [paths.protectedResource, metadataDocumentEndpoint(documents.protectedResource)],
    [paths.authorizationServer, metadataDocumentEndpoint(documents.authorizationServer)],
    [paths.openidConfiguration, metadataDocumentEndpoint(documents.openidConfiguration)],
    [{ own: [paths.jwks], ifAlone: [] }, metadataDocumentEndpoint(documents.jwks)],
  ];
}
