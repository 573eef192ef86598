/**
 * Patterns of `allowedClientRedirectUris`. A redirect URI has to be registered as well.
 *
 * In `https://*.example.com/*`, a leading `*.` of the host matches one or more labels, and `*` in the path matches any
 * characters; `*` as port matches any port. A pattern without a path, or with `/` only, matches every path; a loopback
 * pattern without a port matches every port. `com.example.app:///cb` matches `com.example.app:/cb`.
 */
import { isLoopbackHost, redirectUriKind } from './redirect-uri.js';

const PATTERN =
  /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/:?#[\]]*|\[[0-9a-fA-F:.]+\])(?::(\d+|\*))?(\/[^?#]*)?$/;
/** The same parts of any valid redirect URI. */
const URI = /^([^:]+):(?:\/\/(\[[^\]]*\]|[^/:?]*)(?::(\d+))?)?([^?]*)/;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

export function isRedirectUriPattern(pattern: string): boolean {
  return PATTERN.test(pattern);
}

/**
 * Whether a redirect URI matches one of the patterns. An invalid redirect URI matches none.
 */
export function matchesRedirectUriPattern(uri: string, patterns: readonly string[]): boolean {
  if (redirectUriKind(uri) === undefined) return false;
  const parts = partsOf(uri, URI);
  return patterns.some((pattern) => matches(parts, partsOf(pattern, PATTERN)));
}

interface Parts {
  readonly scheme: string;
  readonly host: string;
  readonly port: string | undefined;
  readonly path: string;
}

/** Without a scheme if the text has another form. */
function partsOf(text: string, form: RegExp): Parts {
  const [, scheme = '', host = '', port, path = ''] = form.exec(text) ?? [];
  return { scheme: scheme.toLowerCase(), host: host.toLowerCase(), port, path };
}

function matches(uri: Parts, pattern: Parts): boolean {
  return (
    uri.scheme === pattern.scheme &&
    hostMatches(uri.host, pattern.host) &&
    portMatches(uri, pattern) &&
    pathMatches(uri.path, pattern.path)
  );
}

function hostMatches(host: string, pattern: string): boolean {
  if (pattern.startsWith('*.')) return host.endsWith(pattern.slice(1)) && host !== pattern.slice(1);
  return host === pattern;
}

function portMatches(uri: Parts, pattern: Parts): boolean {
  if (pattern.port === '*') return true;
  if (pattern.port === undefined && isLoopbackHost(pattern.host)) return true;
  const standard = DEFAULT_PORTS[uri.scheme];
  return (uri.port ?? standard) === (pattern.port ?? standard);
}

/** Finds the parts between the stars from left to right; the last one at the end. */
function pathMatches(path: string, pattern: string): boolean {
  if (pattern === '' || pattern === '/') return true;
  const parts = pattern.split('*');
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const found = isLast ? path.length - part.length : path.indexOf(part, at);
    if (found < at || (index === 0 && found > 0) || !path.startsWith(part, found)) return false;
    at = found + part.length;
  }
  return true;
}
