/**
 * Which URLs can be a client id (CIMD draft §3): checked as the text that was sent. A URL parser removes tabs, turns `\`
 * into `/` and resolves `%2e%2e`, so it would hide what must be rejected here.
 */
import { isIP } from 'node:net';

import { ClientMetadataError } from './client-metadata-error.js';
import { isPublicAddress } from './public-network.js';

const MAX_URL_LENGTH = 2048;

/** Visible ASCII without what RFC 3986 §2 excludes from URIs, which includes `\`. */
const URI_TEXT = /^[!#-;=?-Z[\]_a-z~]*$/;
const PARTS =
  /^https:\/\/(?<authority>[^/?#]+)(?<path>\/[^?#]*)?(?<query>\?[^#]*)?(?<fragment>#.*)?$/;
const DOT_SEGMENT = /^(?:\.|%2e){1,2}$/i;

interface UrlPolicy {
  /** Host patterns; undefined allows every public host. */
  readonly allowedHosts: readonly string[] | undefined;
  /** Addresses allowed although they are not public; specs only. */
  readonly allowedAddresses: readonly string[];
}

/**
 * The URL of a document or key set that can be fetched.
 *
 * @throws ClientMetadataError `invalid_url`, `host_not_allowed` or `forbidden_address`
 */
export function parseDocumentUrl(raw: string, policy: UrlPolicy): URL {
  const problem = urlProblem(raw);
  if (problem !== undefined) throw new ClientMetadataError('invalid_url', problem);
  const url = new URL(raw);
  const literal = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (
    isIP(literal) !== 0 &&
    !isPublicAddress(literal) &&
    !policy.allowedAddresses.includes(literal)
  ) {
    const detail = `the host is the special-use address ${literal}`;
    throw new ClientMetadataError('forbidden_address', detail, { isTemporary: false });
  }
  if (policy.allowedHosts !== undefined && !isHostAllowed(url.hostname, policy.allowedHosts)) {
    throw new ClientMetadataError('host_not_allowed', `${url.hostname} matches no allowed host`);
  }
  return url;
}

/** Whether a host matches a pattern: `example.com` is that host alone, `*.example.com` any host below it. */
export function isHostAllowed(hostname: string, patterns: readonly string[]): boolean {
  const host = hostname.toLowerCase();
  return patterns.some((pattern) => {
    const wanted = pattern.toLowerCase();
    return wanted.startsWith('*.') ? host.endsWith(wanted.slice(1)) : host === wanted;
  });
}

function urlProblem(raw: string): string | undefined {
  if (raw.length > MAX_URL_LENGTH) return `longer than ${MAX_URL_LENGTH} characters`;
  if (!URI_TEXT.test(raw)) return 'a character that no URL has: encode it';
  const { authority = '', path = '', query = '', fragment } = PARTS.exec(raw)?.groups ?? {};
  if (authority === '') return 'not https://host/path';
  if (fragment !== undefined) return 'it has a fragment';
  if (authority.includes('@')) return 'it has user information';
  if (path === '') return 'it has no path';
  if (path.split('/').some((segment) => DOT_SEGMENT.test(segment))) return 'it has a dot segment';
  if (!URL.canParse(raw)) return 'the host or port is not valid';
  const parsed = new URL(raw);
  if (parsed.hostname.endsWith('.')) return 'the host ends with a dot';
  // Whatever else the parser changes: the URL that is fetched must be the one that was sent.
  const isSame = parsed.pathname + parsed.search === path + (query === '?' ? '' : query);
  return isSame ? undefined : 'it changes when it is normalised';
}
