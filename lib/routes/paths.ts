/**
 * Where everything is, for one configuration.
 *
 * @module
 */
import type { Config } from '../config/config.js';
import type { PartName } from '../http/mounts/missed-requests.js';

/** Where a document is to be found. */
export interface DocumentPaths {
  readonly own: readonly string[];
  /** Where clients look as well, and where another server on the origin may have its own. */
  readonly ifAlone: readonly string[];
}

/** The page of connected apps, and where its forms go. */
export interface ConnectedAppsPaths {
  readonly page: string;
  readonly signIn: string;
  readonly disconnect: string;
  readonly signOut: string;
}

/** Paths on the origin. */
export interface Paths {
  readonly protectedResource: DocumentPaths;
  readonly authorizationServer: DocumentPaths;
  readonly openidConfiguration: DocumentPaths;
  /** Where clients look for server metadata after our resource, and there is none. */
  readonly absentDocuments: readonly string[];
  readonly jwks: string;
  readonly registration: string;
  readonly authorization: string;
  readonly consent: string;
  readonly callback: string;
  readonly token: string;
  readonly revocation: string;
  readonly backchannelLogout: string;
  readonly connectedApps: ConnectedAppsPaths;
  /** The guarded endpoint. */
  readonly resource: string;
  /**
   * The guarded endpoint without the prefix of `baseUrl`, or without the start of it. Guarded even
   * where no proxy is known to cut anything off: if one does, the route would be open otherwise.
   */
  readonly bareResources: readonly string[];
}

/** RFC 9728 §3.1 and RFC 8414 §3.1 insert the path after the well-known part. */
export function pathsOf(config: Config): Paths {
  const { basePath, resourcePath } = config;
  const issuerPath = new URL(config.issuer).pathname.replace(/\/$/, '');
  const names = ['oauth-authorization-server', 'openid-configuration'] as const;
  return {
    absentDocuments:
      resourcePath === '' || resourcePath === issuerPath
        ? []
        : names.map((name) => `/.well-known/${name}${resourcePath}`),
    protectedResource: wellKnown('oauth-protected-resource', resourcePath.replace(/\/$/, '')),
    authorizationServer: issuerDocument('oauth-authorization-server', issuerPath),
    openidConfiguration: issuerDocument('openid-configuration', issuerPath),
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
    resource: resourcePath === '' ? '/' : resourcePath,
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
  const documents = [paths.protectedResource, paths.authorizationServer];
  return new Map<string, PartName>([
    ...documents.flatMap(({ own }) => own.map((path) => [path, 'metadata'] as const)),
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

/** OpenID Connect Discovery §4.1 appends to the path instead; some clients try that last. */
function issuerDocument(name: string, path: string): DocumentPaths {
  const { own, ifAlone } = wellKnown(name, path);
  return { own: path === '' ? own : [...own, `${path}/.well-known/${name}`], ifAlone };
}

function wellKnown(name: string, path: string): DocumentPaths {
  const root = `/.well-known/${name}`;
  return path === '' ? { own: [root], ifAlone: [] } : { own: [root + path], ifAlone: [root] };
}
