/**
 * Every URL of a server, in the order in which a first login requests them. Paths, methods and surfaces are set in
 * this table only, not in the endpoints.
 */
import type { RequestHandler } from 'express';

import { CLIENT_ASSERTION_ALGORITHMS } from '../clients/client-assertion.js';
import { authorizationEndpoint } from '../endpoints/authorization.js';
import { backchannelLogoutEndpoint } from '../endpoints/backchannel-logout.js';
import { callbackEndpoint } from '../endpoints/callback.js';
import { connectEndpoint } from '../endpoints/connected-accounts/connect.js';
import { connectCallbackEndpoint } from '../endpoints/connected-accounts/connect-callback.js';
import { connectSignInEndpoint } from '../endpoints/connected-accounts/connect-sign-in.js';
import { removeAccountEndpoint } from '../endpoints/connected-accounts/remove-account.js';
import { connectedAppsEndpoint } from '../endpoints/connected-apps/connected-apps.js';
import { disconnectEndpoint } from '../endpoints/connected-apps/disconnect.js';
import { signInEndpoint } from '../endpoints/connected-apps/sign-in.js';
import { signOutEndpoint } from '../endpoints/connected-apps/sign-out.js';
import { consentEndpoint } from '../endpoints/consent.js';
import { metadataDocumentEndpoint } from '../endpoints/metadata-document.js';
import { registrationEndpoint } from '../endpoints/registration.js';
import { revocationEndpoint } from '../endpoints/revocation.js';
import { tokenEndpoint } from '../endpoints/token.js';
import { upstreamMetadataEndpoint } from '../endpoints/upstream-metadata.js';
import { notFound } from '../http/handlers.js';
import {
  authorizationServerMetadata,
  openidConfiguration,
  protectedResourceMetadata,
  type ServerCapabilities,
} from '../oauth/metadata.js';
import type { Context } from './context.js';
import type { OtherServers, PartName } from './other-servers.js';
import type { DocumentPaths, ResourcePaths } from './paths.js';
import type { ResourceContext } from './resource-context.js';
import {
  accountPageSurface,
  connectionPageSurface,
  machineSurface,
  onlyWhile,
  pageSurface,
  type Surface,
} from './surfaces.js';

/** One row: `methods` as in an `Allow` header, the path absolute. */
export type Route = readonly [
  part: PartName,
  methods: string,
  path: string,
  surface: Surface,
  handlers: readonly RequestHandler[],
];

export function routesOf(context: Context, others: OtherServers): readonly Route[] {
  const { config, paths, accessTokens } = context;
  const { connectedApps } = paths;
  const machine = machineSurface(context, config.issuer);
  const page = pageSurface(context);
  const accountPage = accountPageSurface(context);
  const server = capabilitiesOf(context);
  const scopes = config.scopes.initial.length > 0 ? config.scopes.initial : ['openid'];
  const documents: Documents = [
    [paths.protectedResource, metadataDocumentEndpoint(protectedResourceMetadata(server, scopes))],
    [paths.authorizationServer, metadataDocumentEndpoint(authorizationServerMetadata(server))],
    [paths.openidConfiguration, metadataDocumentEndpoint(openidConfiguration(server))],
    [{ own: [paths.jwks], atRoot: [] }, metadataDocumentEndpoint(accessTokens.jwks)],
  ];
  const registration: readonly Route[] = [
    ['registration', 'POST', paths.registration, machine, registrationEndpoint(context)],
  ];
  return [
    ...documentRoutes(documents, paths, machine, others),
    ...(config.clientRegistration ? registration : []),
    ['login', 'GET, POST', paths.authorization, page, authorizationEndpoint(context)],
    ['login', 'POST', paths.consent, page, consentEndpoint(context)],
    ['login', 'GET', paths.callback, page, callbackEndpoint(context)],
    ['tokens', 'POST', paths.token, machine, tokenEndpoint(context)],
    ['tokens', 'POST', paths.revocation, machine, revocationEndpoint(context)],
    ['tokens', 'POST', paths.backchannelLogout, machine, backchannelLogoutEndpoint(context)],
    ...connectionRoutesOf(context),
    ['connectedApps', 'GET', connectedApps.page, accountPage, connectedAppsEndpoint(context)],
    ['connectedApps', 'POST', connectedApps.signIn, accountPage, signInEndpoint(context)],
    ['connectedApps', 'POST', connectedApps.disconnect, accountPage, disconnectEndpoint(context)],
    ['connectedApps', 'POST', connectedApps.signOut, accountPage, signOutEndpoint(context)],
  ];
}

/** None without the option. */
function connectionRoutesOf(context: Context): readonly Route[] {
  const { connections, paths } = context;
  if (connections === undefined) return [];
  const { connect, signIn, callback, remove } = paths.connectedAccounts;
  const page = connectionPageSurface(context, connections);
  const accountPage = accountPageSurface(context);
  return [
    ['login', 'GET, POST', connect, page, connectEndpoint(context, connections)],
    ['login', 'POST', signIn, page, connectSignInEndpoint(context, connections)],
    ['login', 'GET', callback, page, connectCallbackEndpoint(context, connections)],
    ['connectedApps', 'POST', remove, accountPage, removeAccountEndpoint(context, connections)],
  ];
}

/** The URLs of a server whose authorization server is Auth0. */
export function resourceRoutesOf(context: ResourceContext, others: OtherServers): readonly Route[] {
  const { config, paths } = context;
  // RFC 8414 §3.3: the tenant's issuer with its slash, or clients refuse its metadata.
  const issuer = config.auth0.expectedIssuer;
  const { resource, scopes } = config;
  const document = protectedResourceMetadata({ issuer, resource }, scopes.initial);
  const documents: Documents = [
    [paths.protectedResource, metadataDocumentEndpoint(document)],
    [paths.authorizationServer, upstreamMetadataEndpoint(context)],
  ];
  return documentRoutes(documents, paths, machineSurface(context, issuer), others);
}

type Documents = readonly (readonly [DocumentPaths, readonly RequestHandler[]])[];

function documentRoutes(
  documents: Documents,
  { absentDocuments }: ResourcePaths,
  machine: Surface,
  others: OtherServers,
): readonly Route[] {
  const atRoot = onlyWhile(others.isEmpty, machine);
  const route = (path: string, surface: Surface, handlers: readonly RequestHandler[]): Route => [
    'metadata',
    'GET',
    path,
    surface,
    handlers,
  ];
  return [
    ...documents.flatMap(([paths, handlers]) => [
      ...paths.own.map((path) => route(path, machine, handlers)),
      ...paths.atRoot.map((path) => route(path, atRoot, handlers)),
    ]),
    ...absentDocuments.map((path) => route(path, machine, [notFound])),
  ];
}

function capabilitiesOf({ config, paths }: Context): ServerCapabilities {
  const { issuer, resource, clientRegistration, clientIdMetadataDocuments } = config;
  const { origin } = new URL(config.baseUrl);
  const hasKeys = config.clients.some(
    ({ jwks, jwksUri }) => jwks !== undefined || jwksUri !== undefined,
  );
  return {
    issuer,
    resource,
    endpoints: {
      authorization: origin + paths.authorization,
      token: origin + paths.token,
      revocation: origin + paths.revocation,
      registration: clientRegistration ? origin + paths.registration : undefined,
      jwks: origin + paths.jwks,
    },
    scopes: config.scopes.supported,
    hasMetadataDocuments: clientIdMetadataDocuments,
    grantTypes: config.grantTypes,
    assertionAlgorithms:
      clientIdMetadataDocuments || clientRegistration || hasKeys
        ? CLIENT_ASSERTION_ALGORITHMS
        : undefined,
  };
}
