/**
 * Patterns that narrow which redirect URIs clients may use (`allowedClientRedirectUris`).
 *
 * A pattern narrows, it never replaces the check against the registration: a URI has to be
 * registered and match.
 *
 * `https://*.example.com/*`: in the host a leading `*.` stands for one or more labels, a port `*` for any port, in
 * the path `*` for any characters. A pattern without path, or with `/` alone, allows every path; a
 * loopback pattern without port allows every port. An app's `com.example.app:/cb` is covered by
 * `com.example.app:///cb`.
 *
 * @module
 */
import { isLoopbackHost, redirectUriKind } from './redirect-uri.js';

const PATTERN =
  /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/:?#[\]]*|\[[0-9a-fA-F:.]+\])(?::(\d+|\*))?(\/[^?#]*)?$/;
/** The same parts of any valid redirect URI. */
const URI = /^([^:]+):(?:\/\/(\[[^\]]*\]|[^/:?]*)(?::(\d+))?)?([^?]*)/;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

/** Whether the text has the form of a pattern. */
export function isRedirectUriPattern(pattern: string): boolean {
  return PATTERN.test(pattern);
}

/**
 * Whether a redirect URI matches one of the patterns; with no patterns nothing does. A URI that must
 * never be used matches none: its parts can be made to look like anything.
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

/** Without a scheme where the text has not that form. */
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
  const usual = DEFAULT_PORTS[uri.scheme];
  return (uri.port ?? usual) === (pattern.port ?? usual);
}

/** Each part between the stars is looked for once, from left to right; the last one at the end. */
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
