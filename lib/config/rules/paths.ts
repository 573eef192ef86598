/**
 * The two paths people may choose, and how they must not clash with ours.
 *
 * @module
 */
import { wrongOption } from '../errors.js';
import type { OptionName, RawOptions } from '../option-table.js';
import { textOf } from '../values.js';

/** Paths below `baseUrl` that are ours; each stands for everything below it too. */
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
export function pathOf(raw: RawOptions, option: OptionName, fallback: string): string {
  const text = textOf(raw, option);
  if (text === undefined) return fallback;
  const path = text.startsWith('/') ? text : `/${text}`;
  if (text.includes('://')) {
    throw wrongOption(
      option,
      text,
      `Give the path alone, such as ${fallback}; baseUrl has the host.`,
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
    // Auth0 compares callback URLs to the character, so dropping the slash would be a trap.
    throw wrongOption(option, text, `Give a path without slash at its end, such as ${fallback}.`);
  }
  return path;
}

/**
 * A path with which `path` starts, segment by segment; `''` where the option was not given.
 *
 * @throws Auth0McpConfigError it starts otherwise
 */
export function leadingPathOf(raw: RawOptions, option: OptionName, path: string): string {
  const text = textOf(raw, option);
  if (text === undefined) return '';
  const leading = `/${text.replace(/^\/+|\/+$/g, '')}`;
  if (leading !== '/' && `${path}/`.startsWith(`${leading}/`)) return leading;
  const remedy =
    path === ''
      ? 'baseUrl has no path, so nothing can be cut off: give baseUrl as clients see it.'
      : `It has to be the start of the path of baseUrl: ${path}.`;
  throw wrongOption(option, text, remedy);
}

/**
 * A `resourcePath` that repeats the mount path is a slip: the base URL carries that already.
 *
 * @throws Auth0McpConfigError
 */
export function refuseDoubledPath(
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
      'the path the router is mounted at, resourcePath is what follows it. If that base URL is ' +
      "itself the MCP endpoint, set resourcePath to '/'.",
  );
}

/** For a resource without login endpoints. @throws Auth0McpConfigError */
export function refuseWellKnown(resourcePath: string): void {
  if (!isAtOrBelow(resourcePath, WELL_KNOWN)) return;
  const remedy = `${WELL_KNOWN} belongs to the metadata: choose another path.`;
  throw wrongOption('resourcePath', resourcePath, remedy);
}

/** Absolute paths: all three with the mount prefix. @throws Auth0McpConfigError */
export function refuseCollisions(paths: {
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
    const taken = reserved.find((one) => isAtOrBelow(path, one));
    if (taken === undefined) continue;
    throw wrongOption(
      option,
      path,
      `${taken} belongs to the login endpoints: choose another path.`,
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

/** Whatever the case: the guard closes all ways of writing its path, so at `/Token` it would close `/token`. */
function isAtOrBelow(path: string, parent: string): boolean {
  return `${path}/`.toLowerCase().startsWith(`${parent}/`.toLowerCase());
}
