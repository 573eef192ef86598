/**
 * The public URLs of this server: base, issuer, protected resource, callback.
 *
 * Every published URL is built here once, as a string: clients compare them byte by byte (RFC 8414 §3.3,
 * RFC 9728 §3.3).
 */
import { isLoopbackHost } from '../../oauth/redirect-uri.js';
import type { Config, ResourceConfig } from '../config.js';
import { wrongOption } from '../errors.js';
import type { OptionName, RawOptions } from '../option-table.js';
import { required, textOf } from '../values.js';

/** URLs of a protected resource. */
type ResourceUrls = Pick<
  ResourceConfig,
  'baseUrl' | 'basePath' | 'strippedPrefix' | 'resource' | 'resourcePath' | 'isHttps'
>;

/** URLs of a resource with login endpoints. */
type PublicUrls = ResourceUrls & Pick<Config, 'issuer' | 'callbackUrl'>;

/** The endpoint in the SDK's examples. */
const DEFAULT_RESOURCE_PATH = '/mcp';
/** FastMCP's path, so that one Auth0 application serves both. */
const DEFAULT_REDIRECT_PATH = '/auth/callback';

interface PublicUrl {
  /** Canonical, no trailing slash. */
  readonly href: string;
  readonly origin: string;
  /** `''` or `/api`. */
  readonly path: string;
}

/** @throws Auth0McpConfigError */
export function resolveUrls(raw: RawOptions): PublicUrls {
  const parts = urlPartsOf(raw);
  const issuer = issuerUrl(raw, parts.base);
  const belowBase = pathOf(raw, 'redirectPath', DEFAULT_REDIRECT_PATH);
  const redirectPath = parts.base.path + belowBase;
  refuseCollisions({ ...parts, redirectPath });
  return {
    ...resourceUrls(parts),
    issuer: issuer.href,
    callbackUrl: parts.base.origin + redirectPath,
  };
}

/** For a resource without login endpoints. @throws Auth0McpConfigError */
export function resolveResourceUrls(raw: RawOptions): ResourceUrls {
  const parts = urlPartsOf(raw);
  refuseWellKnown(parts.resourcePath);
  return resourceUrls(parts);
}

interface UrlParts {
  readonly base: PublicUrl;
  readonly basePath: string;
  readonly strippedPrefix: string;
  readonly resourceOrigin: string;
  /** `''` where the resource is the origin itself. */
  readonly resourcePath: string;
}

function urlPartsOf(raw: RawOptions): UrlParts {
  const base = required(publicUrl(raw, 'baseUrl'), 'baseUrl');
  const resourceBase = publicUrl(raw, 'resourceBaseUrl') ?? base;
  const belowResource = pathOf(raw, 'resourcePath', DEFAULT_RESOURCE_PATH);
  refuseDoubledPath(belowResource, resourceBase);
  return {
    base,
    basePath: base.path,
    strippedPrefix: leadingPathOf(raw, 'strippedPrefix', base.path),
    resourceOrigin: resourceBase.origin,
    resourcePath: resourceBase.path + (belowResource === '/' ? '' : belowResource),
  };
}

function resourceUrls(parts: UrlParts): ResourceUrls {
  const { base, basePath, strippedPrefix, resourceOrigin, resourcePath } = parts;
  return {
    baseUrl: base.href,
    basePath,
    strippedPrefix,
    resource: resourceOrigin + resourcePath,
    resourcePath: resourcePath === '' ? '/' : resourcePath,
    isHttps: base.origin.startsWith('https:'),
  };
}

function issuerUrl(raw: RawOptions, base: PublicUrl): PublicUrl {
  const issuer = publicUrl(raw, 'issuerUrl') ?? base;
  if (issuer.origin === base.origin) return issuer;
  throw wrongOption(
    'issuerUrl',
    issuer.href,
    `It has to be on the origin of baseUrl, ${base.origin}: its metadata is served there, and ` +
      'clients reject metadata from another origin.',
  );
}

/** Scheme, authority, path, rest; from the text, since URL parsers normalize. */
const URL_PARTS = /^(https?):\/\/([^/?#\\]+)([^?#\\]*)(.*)$/is;
const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)$/;
const SAFE_PATH = /^(?:\/[A-Za-z0-9._~-]+)*$/;

function publicUrl(raw: RawOptions, option: OptionName): PublicUrl | undefined {
  const text = textOf(raw, option);
  if (text === undefined) return undefined;
  const [, , authority = '', rawPath = '', rest = ''] = URL_PARTS.exec(text) ?? [];
  if (authority === '' || !URL.canParse(text)) {
    throw wrongOption(option, text, 'Give an absolute URL, such as https://mcp.example.com.');
  }
  if (rest !== '') throw wrongOption(option, text, 'Remove the query and the fragment.');
  if (authority.includes('@')) throw wrongOption(option, text, 'Remove user name and password.');
  const path = rawPath.replace(/\/+$/, '');
  if (!SAFE_PATH.test(path) || /\/\.{1,2}(\/|$)/.test(path)) {
    throw wrongOption(option, text, 'The path may have segments of A-Z a-z 0-9 . _ ~ - only.');
  }
  const { origin, protocol, hostname } = new URL(text);
  if (!HOST.test(hostname)) throw wrongOption(option, text, 'That is not a valid host name.');
  if (protocol === 'http:' && !isLoopbackHost(hostname)) {
    throw wrongOption(
      option,
      text,
      'Plain http is for localhost only, since tokens are sent to it. Behind a proxy that terminates TLS, ' +
        'give the https URL that clients use.',
    );
  }
  return { href: origin + path, origin, path };
}

/** Paths below `baseUrl` of the login endpoints, which include everything below them. */
export const RESERVED_PATHS: readonly string[] = [
  '/authorize',
  '/consent',
  '/token',
  '/revoke',
  '/register',
  '/connected-apps',
  '/backchannel-logout',
  '/.well-known',
];

const WELL_KNOWN = '/.well-known';

const SAFE_CHARACTERS = /^\/[A-Za-z0-9._~/-]*$/;

/**
 * A path below a base URL, with its leading slash.
 *
 * @throws Auth0McpConfigError characters that proxies and routers disagree about
 */
function pathOf(raw: RawOptions, option: OptionName, fallback: string): string {
  const text = textOf(raw, option);
  if (text === undefined) return fallback;
  const path = text.startsWith('/') ? text : `/${text}`;
  if (text.includes('://')) {
    throw wrongOption(
      option,
      text,
      `Give the path alone, such as ${fallback}; the host is in baseUrl.`,
    );
  }
  if (!SAFE_CHARACTERS.test(path)) {
    throw wrongOption(option, text, 'A path may have the characters A-Z a-z 0-9 . _ ~ - / only.');
  }
  if (/\/(\.{0,2})(\/|$)/.test(path.replace(/\/$/, ''))) {
    throw wrongOption(option, text, 'Remove the empty and dot segments.');
  }
  if (option === 'resourcePath') return path.replace(/(.)\/$/, '$1');
  if (path.endsWith('/')) {
    // Auth0 compares callback URLs exactly: removing the slash here would make them differ.
    throw wrongOption(option, text, `Give a path without a trailing slash, such as ${fallback}.`);
  }
  return path;
}

/**
 * A prefix of `path`, of whole segments; `''` if the option is absent.
 *
 * @throws Auth0McpConfigError not a prefix
 */
function leadingPathOf(raw: RawOptions, option: OptionName, path: string): string {
  const text = textOf(raw, option);
  if (text === undefined) return '';
  const leading = `/${text.replace(/^\/+|\/+$/g, '')}`;
  if (leading !== '/' && `${path}/`.startsWith(`${leading}/`)) return leading;
  const remedy =
    path === ''
      ? 'baseUrl has no path, so there is no prefix to strip: give baseUrl as clients see it.'
      : `It has to be the start of the path of baseUrl: ${path}.`;
  throw wrongOption(option, text, remedy);
}

/**
 * A `resourcePath` that repeats the mount path is a mistake: the base URL contains it already.
 *
 * @throws Auth0McpConfigError
 */
function refuseDoubledPath(
  path: string,
  base: { readonly href: string; readonly path: string },
): void {
  if (path === '/' || base.path === '') return;
  const isRepeated = `${base.path}/`.endsWith(`${path}/`) || `${path}/`.startsWith(`${base.path}/`);
  if (!isRepeated) return;
  throw wrongOption(
    'resourcePath',
    path,
    `Below ${base.href} that makes ${base.href}${path}: the path is doubled. The base URL ends with ` +
      'the path where the router is mounted; resourcePath is the rest. If that base URL is ' +
      "itself the MCP endpoint, set resourcePath to '/'.",
  );
}

/** @throws Auth0McpConfigError */
function refuseWellKnown(resourcePath: string): void {
  if (!isAtOrBelow(resourcePath, WELL_KNOWN)) return;
  const remedy = `${WELL_KNOWN} is reserved for metadata: choose another path.`;
  throw wrongOption('resourcePath', resourcePath, remedy);
}

/** Takes absolute paths, with the mount prefix. @throws Auth0McpConfigError */
function refuseCollisions(paths: {
  readonly basePath: string;
  readonly resourcePath: string;
  readonly redirectPath: string;
}): void {
  const { basePath, resourcePath, redirectPath } = paths;
  const reserved = [WELL_KNOWN, ...RESERVED_PATHS.map((path) => basePath + path)];
  for (const [option, path] of [
    ['resourcePath', resourcePath],
    ['redirectPath', redirectPath],
  ] as const) {
    const taken = reserved.find((prefix) => isAtOrBelow(path, prefix));
    if (taken === undefined) continue;
    throw wrongOption(
      option,
      path,
      `${taken} is reserved for the login endpoints: choose another path.`,
    );
  }
  if (isAtOrBelow(redirectPath, resourcePath) && isAtOrBelow(resourcePath, redirectPath)) {
    throw wrongOption(
      'redirectPath',
      redirectPath,
      'That is resourcePath: the two have to differ.',
    );
  }
}

/** Case-insensitive, as the guard's path is: a guard at `/Token` would also cover `/token`. */
function isAtOrBelow(path: string, parent: string): boolean {
  return `${path}/`.toLowerCase().startsWith(`${parent}/`.toLowerCase());
}
