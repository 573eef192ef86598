/**
 * Patterns that narrow which redirect URIs clients may use (`allowedClientRedirectUris`).
 *
 * A pattern narrows, it never replaces the check against the registration: a URI has to be
 * registered and match.
 *
 * `https://*.example.com/*`: in the host a leading `*.` stands for one or more labels, a port `*` for any port, in
 * the path `*` for any characters. A pattern without path, or with `/` alone, allows every path; a
 * loopback pattern without port allows every port.
 *
 * @module
 */
import { isLoopbackHost } from './redirect-uri.js';

const PATTERN =
  /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/:?#[\]]*|\[[0-9a-fA-F:.]+\])(?::(\d+|\*))?(\/[^?#]*)?$/;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

/** Whether the text has the form of a pattern. */
export function isRedirectUriPattern(pattern: string): boolean {
  return PATTERN.test(pattern);
}

/** Whether a valid redirect URI matches one of the patterns; with no patterns nothing does. */
export function matchesRedirectUriPattern(uri: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matches(uri, pattern));
}

function matches(uri: string, pattern: string): boolean {
  const [, scheme = '', host = '', port, path = ''] = PATTERN.exec(pattern) ?? [];
  const parsed = /^([^:]+):(?:\/\/([^/:?#[\]]*|\[[^\]]*\])(?::(\d+))?)?([^?#]*)/.exec(uri);
  if (scheme === '' || parsed === null) return false;
  const [, ownScheme = '', ownHost = '', ownPort, ownPath = ''] = parsed;
  return (
    scheme.toLowerCase() === ownScheme.toLowerCase() &&
    hostMatches(ownHost.toLowerCase(), host.toLowerCase()) &&
    portMatches(ownPort ?? DEFAULT_PORTS[ownScheme.toLowerCase()], port, scheme, host) &&
    pathMatches(ownPath, path)
  );
}

function hostMatches(host: string, pattern: string): boolean {
  if (pattern.startsWith('*.')) return host.endsWith(pattern.slice(1)) && host !== pattern.slice(1);
  return host === pattern;
}

function portMatches(
  port: string | undefined,
  pattern: string | undefined,
  scheme: string,
  host: string,
): boolean {
  if (pattern === '*' || (pattern === undefined && isLoopbackHost(host))) return true;
  return port === (pattern ?? DEFAULT_PORTS[scheme.toLowerCase()]);
}

function pathMatches(path: string, pattern: string): boolean {
  if (pattern === '' || pattern === '/') return true;
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return path === pattern;
  const last = rest.pop() ?? '';
  if (path.length < first.length + last.length) return false;
  if (!path.startsWith(first) || !path.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = path.indexOf(part, at);
    if (found < 0 || found + part.length > path.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}
