/**
 * Where everything is, for one configuration.
 *
 * @module
 */
import type { Config, ResourceConfig } from '../config/config.js';
import type { PartName } from '../http/mounts/missed-requests.js';

/** Where a document is to be found. */
export interface DocumentPaths {
  readonly own: readonly string[];
  /** Where clients look as well, and where another server on the origin may have its own. */
  readonly ifAlone: readonly string[];
}

/** Paths on the origin of a protected resource. */
export interface ResourcePaths {
  readonly protectedResource: DocumentPaths;
  readonly authorizationServer: DocumentPaths;
  /** Where clients look for server metadata after our resource, and there is none. */
  readonly absentDocuments: readonly string[];
  /** The guarded endpoint. */
  readonly resource: string;
  /**
   * The guarded endpoint without the prefix of `baseUrl`, or without the start of it. Guarded even
   * where no proxy is known to cut anything off: if one does, the route would be open otherwise.
   */
  readonly bareResources: readonly string[];
}

/** The page of connected apps, and where its forms go. */
export interface ConnectedAppsPaths {
  readonly page: string;
  readonly signIn: string;
  readonly disconnect: string;
  readonly signOut: string;
}

/** Paths on the origin of a server that is its own authorization server. */
export interface Paths extends ResourcePaths {
  readonly openidConfiguration: DocumentPaths;
  readonly jwks: string;
  readonly registration: string;
  readonly authorization: string;
  readonly consent: string;
  readonly callback: string;
  readonly token: string;
  readonly revocation: string;
  readonly backchannelLogout: string;
  readonly connectedApps: ConnectedAppsPaths;
}

/** RFC 9728 §3.1 and RFC 8414 §3.1 insert the path after the well-known part. */
export function pathsOf(config: Config): Paths {
  const { basePath } = config;
  const issuerPath = new URL(config.issuer).pathname.replace(/\/$/, '');
  return {
    ...placesOf(config, issuerPath),
    authorizationServer: issuerDocument(AUTHORIZATION_SERVER, issuerPath),
    openidConfiguration: issuerDocument(OPENID_CONFIGURATION, issuerPath),
    jwks: `${basePath}/.well-known/jwks.json`,
    registration: `${basePath}/register`,
    authorization: `${basePath}/authorize`,
    consent: `${basePath}/consent`,
    callback: new URL(config.callbackUrl).pathname,
    token: `${basePath}/token`,
    revocation: `${basePath}/revoke`,
    backchannelLogout: `${basePath}/backchannel-logout`,
    connectedApps: {
      page: `${basePath}/connected-apps`,
      signIn: `${basePath}/connected-apps/sign-in`,
      disconnect: `${basePath}/connected-apps/disconnect`,
      signOut: `${basePath}/connected-apps/sign-out`,
    },
  };
}

/** Where a challenge sends clients, and where they find the document then. */
export function resourceMetadataUrlOf(config: ResourceConfig): string {
  const [path = ''] = resourcePathsOf(config).protectedResource.own;
  return new URL(config.resource).origin + path;
}

/**
 * Where the authorization server is another one, a copy of its metadata stands at the root: clients of
 * 2025-03-26 look nowhere else. Beside another server it would be a claim about that one's root.
 */
export function resourcePathsOf(config: ResourceConfig): ResourcePaths {
  return {
    ...placesOf(config, ''),
    authorizationServer: { own: [], ifAlone: [`/.well-known/${AUTHORIZATION_SERVER}`] },
  };
}

const AUTHORIZATION_SERVER = 'oauth-authorization-server';
const OPENID_CONFIGURATION = 'openid-configuration';

/** @param issuerPath where server metadata is, so that it is not absent there */
function placesOf(
  { basePath, resourcePath }: ResourceConfig,
  issuerPath: string,
): Omit<ResourcePaths, 'authorizationServer'> {
  return {
    protectedResource: wellKnown('oauth-protected-resource', resourcePath.replace(/\/$/, '')),
    absentDocuments: [issuerPath, '/'].includes(resourcePath)
      ? []
      : [AUTHORIZATION_SERVER, OPENID_CONFIGURATION].map(
          (name) => `/.well-known/${name}${resourcePath}`,
        ),
    resource: resourcePath,
    bareResources: bareResources(basePath, resourcePath),
  };
}

/** `/a/b` and `/a/b/mcp` give `/b/mcp` and `/mcp`. */
function bareResources(basePath: string, resourcePath: string): readonly string[] {
  if (basePath === '' || !resourcePath.startsWith(`${basePath}/`)) return [];
  const segments = basePath.split('/').slice(1);
  return segments.map((_, index) => {
    const cut = segments.slice(0, index + 1).join('/');
    return resourcePath.slice(cut.length + 1);
  });
}

/**
 * Paths whose absence is to be explained, each with its part: those that the metadata or Auth0 sends
 * somebody to, and the page of connected apps.
 */
export function endpointsOf(
  paths: Paths,
  { clientRegistration }: Pick<Config, 'clientRegistration'>,
): ReadonlyMap<string, PartName> {
  return new Map<string, PartName>([
    ...documentsOf(paths),
    ...paths.authorizationServer.own.map((path) => [path, 'metadata'] as const),
    [paths.jwks, 'metadata'],
    ...(clientRegistration ? [[paths.registration, 'registration'] as const] : []),
    [paths.authorization, 'login'],
    [paths.consent, 'login'],
    [paths.callback, 'login'],
    [paths.token, 'tokens'],
    [paths.revocation, 'tokens'],
    [paths.connectedApps.page, 'connectedApps'],
  ]);
}

/** The same where the metadata of the resource is all there is. */
export function documentsOf({
  protectedResource,
}: Pick<ResourcePaths, 'protectedResource'>): ReadonlyMap<string, PartName> {
  return new Map(protectedResource.own.map((path) => [path, 'metadata']));
}

/** OpenID Connect Discovery §4.1 appends to the path instead; some clients try that last. */
function issuerDocument(name: string, path: string): DocumentPaths {
  const { own, ifAlone } = wellKnown(name, path);
  return { own: path === '' ? own : [...own, `${path}/.well-known/${name}`], ifAlone };
}

function wellKnown(name: string, path: string): DocumentPaths {
  const root = `/.well-known/${name}`;
  return path === '' ? { own: [root], ifAlone: [] } : { own: [root + path], ifAlone: [root] };
}
