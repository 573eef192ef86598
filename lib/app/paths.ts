/** Paths on the origin, for one configuration. */
import type { Config, ResourceConfig } from '../config/config.js';
import type { ChallengeBase } from '../oauth/challenge.js';

/** Where clients look for one document. */
export interface DocumentPaths {
  readonly own: readonly string[];
  /** Paths at the root of the origin: served only while no other server of this process shares it. */
  readonly atRoot: readonly string[];
}

/** Paths of a protected resource. */
export interface ResourcePaths {
  readonly protectedResource: DocumentPaths;
  readonly authorizationServer: DocumentPaths;
  /** Where some clients look for server metadata after the resource. There is none: 404 in JSON. */
  readonly absentDocuments: readonly string[];
  /** The MCP endpoint. */
  readonly resource: string;
  /**
   * The MCP endpoint without the prefix of `baseUrl`, or without the start of it. Always guarded: a proxy that
   * strips the prefix without saying so would open the endpoint otherwise.
   */
  readonly bareResources: readonly string[];
}

/** The page of connected apps, and where its forms go. */
interface ConnectedAppsPaths {
  readonly page: string;
  readonly signIn: string;
  readonly disconnect: string;
  readonly signOut: string;
}

/** Where users connect accounts at other providers. */
export interface ConnectedAccountsPaths {
  readonly connect: string;
  readonly signIn: string;
  readonly callback: string;
  /** A form of the page of connected apps. */
  readonly remove: string;
}

/** Paths of a server that is its own authorization server. */
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
  readonly connectedAccounts: ConnectedAccountsPaths;
}

const AUTHORIZATION_SERVER = 'oauth-authorization-server';
const OPENID_CONFIGURATION = 'openid-configuration';

export function pathsOf(config: Config): Paths {
  const { basePath } = config;
  const issuerPath = new URL(config.issuer).pathname.replace(/\/$/, '');
  return {
    ...guardedPaths(config, issuerPath),
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
    connectedAccounts: {
      connect: `${basePath}/connected-accounts/connect`,
      signIn: `${basePath}/connected-accounts/sign-in`,
      callback: `${basePath}/connected-accounts/callback`,
      remove: `${basePath}/connected-accounts/remove`,
    },
  };
}

/**
 * Where Auth0 is the authorization server, a copy of its metadata is at the root: clients of MCP 2025-03-26 look
 * nowhere else. Beside another server it would describe that one's root.
 */
export function resourcePathsOf(config: ResourceConfig): ResourcePaths {
  return {
    ...guardedPaths(config, ''),
    authorizationServer: { own: [], atRoot: [`/.well-known/${AUTHORIZATION_SERVER}`] },
  };
}

/** Absolute URLs of the page of connected apps and of its forms. */
export type ConnectedAppsUrls = Readonly<Record<keyof ConnectedAppsPaths, string>>;

export function connectedAppsUrlsOf(
  { baseUrl }: Config,
  { connectedApps: { page, signIn, disconnect, signOut } }: Paths,
): ConnectedAppsUrls {
  const { origin } = new URL(baseUrl);
  return {
    page: origin + page,
    signIn: origin + signIn,
    disconnect: origin + disconnect,
    signOut: origin + signOut,
  };
}

/** The same for the pages of connected accounts. */
export type ConnectedAccountsUrls = Readonly<Record<keyof ConnectedAccountsPaths, string>>;

export function connectedAccountsUrlsOf(
  { baseUrl }: Config,
  { connectedAccounts: { connect, signIn, callback, remove } }: Paths,
): ConnectedAccountsUrls {
  const { origin } = new URL(baseUrl);
  return {
    connect: origin + connect,
    signIn: origin + signIn,
    callback: origin + callback,
    remove: origin + remove,
  };
}

/** The `resource_metadata` of challenges (RFC 9728 §5.1). */
export function resourceMetadataUrlOf(config: ResourceConfig): string {
  const [path = ''] = resourcePathsOf(config).protectedResource.own;
  return new URL(config.resource).origin + path;
}

export function challengeOf(config: ResourceConfig): ChallengeBase {
  return {
    resourceMetadataUrl: resourceMetadataUrlOf(config),
    baselineScopes: config.scopes.initial,
  };
}

/** @param issuerPath where server metadata is served, so that it is not absent there */
function guardedPaths(
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

/** OpenID Connect Discovery §4.1 appends to the path instead; some clients try that last. */
function issuerDocument(name: string, path: string): DocumentPaths {
  const { own, atRoot } = wellKnown(name, path);
  return { own: path === '' ? own : [...own, `${path}/.well-known/${name}`], atRoot };
}

/** RFC 9728 §3.1 and RFC 8414 §3.1 insert the path after the well-known part. */
function wellKnown(name: string, path: string): DocumentPaths {
  const root = `/.well-known/${name}`;
  return path === '' ? { own: [root], atRoot: [] } : { own: [root + path], atRoot: [root] };
}
