/** Evaluates preflights and responses as a browser does (Fetch §4.8 and §4.10). */
import type { ProbeRequest, ProbeResponse } from './probe.js';

/** A request of a page of another origin. */
export interface CrossOriginRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  /** Names in lower case, as browsers send them. */
  readonly headers: readonly string[];
}

export const NOT_READABLE = 'pages of other origins may not read it, so browser clients fail';

export function preflightOf(request: CrossOriginRequest, origin: string): ProbeRequest {
  return {
    url: request.url,
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': request.method,
      'access-control-request-headers': request.headers.join(','),
    },
  };
}

/** @returns why the browser does not send the request, if it does not */
export function obstacleIn(
  preflight: ProbeResponse,
  { headers }: CrossOriginRequest,
  origin: string,
): string | undefined {
  if (preflight.status < 200 || preflight.status > 299) {
    return `the response to the preflight of a browser is ${preflight.status}`;
  }
  if (!isReadable(preflight, origin)) return NOT_READABLE;
  const allowed = listIn(preflight, 'access-control-allow-headers');
  // Fetch §4.8: the wildcard does not cover Authorization.
  const missing = headers.filter(
    (name) => !allowed.has(name) && (name === 'authorization' || !allowed.has('*')),
  );
  if (missing.length === 0) return undefined;
  return `the preflight does not allow ${missing.join(', ')}, so browser clients send no request`;
}

export function isReadable({ headers }: ProbeResponse, origin: string): boolean {
  return ['*', origin].includes(headers.get('access-control-allow-origin') ?? '');
}

/** @param name of a response header, in lower case */
export function isExposed(response: ProbeResponse, name: string): boolean {
  const exposed = listIn(response, 'access-control-expose-headers');
  return exposed.has('*') || exposed.has(name);
}

function listIn({ headers }: ProbeResponse, name: string): ReadonlySet<string> {
  const names = (headers.get(name) ?? '').toLowerCase().split(',');
  return new Set(names.map((name) => name.trim()));
}
