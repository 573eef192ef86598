/**
 * The server that is replayed against. Requests that clients send alike are sent once. If its URL is public, it cannot
 * send the doctor to private addresses by what its metadata says (RFC 9728 §7.7).
 */
import { lookup } from 'node:dns/promises';

import { isPublicAddress } from '../../clients/metadata-documents/public-network.js';
import { NoResponseError, type ProbeRequest, type ProbeResponse, probe } from '../probe.js';

export interface Site {
  /** The MCP endpoint. */
  readonly url: string;
  /** @throws NoResponseError */
  send(request: SiteRequest): Promise<ProbeResponse>;
}

export interface SiteRequest extends ProbeRequest {
  /** Follow redirects within the origin, as clients do that fetch metadata. */
  readonly follow?: boolean;
}

/** The URL names a host that is not on the internet, unlike the MCP endpoint. */
export class PrivateAddressError extends NoResponseError {}

/** Resolves a host name to its addresses. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

const MAX_REDIRECTS = 3;

/** @param resolve specs pass their own */
export function createSite(url: string, resolve: Resolve = resolveName): Site {
  const { origin, hostname } = new URL(url);
  const sent = new Map<string, Promise<ProbeResponse>>();
  const addressesOf = (host: string): Promise<readonly string[]> =>
    resolve(host.replace(/^\[(.*)\]$/, '$1'));
  const isPrivate = (address: string): boolean => !isPublicAddress(address);
  /** With a public address as well, the server may only pretend to be in the private network. */
  const isInside = async (): Promise<boolean> => {
    const addresses = await addressesOf(hostname);
    return addresses.length > 0 && addresses.every(isPrivate);
  };

  async function requireAllowed(target: URL): Promise<void> {
    if (target.origin === origin || (await isInside())) return;
    if (!(await addressesOf(target.hostname)).some(isPrivate)) return;
    throw new PrivateAddressError(
      `${target.origin} is an address of a private network, which clients on the internet cannot reach`,
      'Set the base URL of the server to its public URL; it must not be derived from the request behind a proxy.',
    );
  }

  async function follow(request: SiteRequest): Promise<ProbeResponse> {
    let current = request;
    for (let count = 0; ; count += 1) {
      await requireAllowed(new URL(current.url));
      const response = await probe(current);
      const next = redirectWithin(current, response);
      if (next === undefined || count === MAX_REDIRECTS) return response;
      current = { ...current, url: next };
    }
  }

  const isRegistration = (request: SiteRequest): boolean =>
    request.json !== undefined && request.url !== url;

  return {
    url,
    send(request) {
      const key = JSON.stringify(isRegistration(request) ? withoutAgent(request) : request);
      const response = sent.get(key) ?? follow(request);
      sent.set(key, response);
      return response;
    },
  };
}

/** A server may keep a record of each: clients that register the same share one. */
function withoutAgent({ headers, ...request }: SiteRequest): SiteRequest {
  return { ...request, headers: { ...headers, 'user-agent': '' } };
}

function redirectWithin({ follow }: SiteRequest, response: ProbeResponse): string | undefined {
  const { url, status, headers } = response;
  const location = headers.get('location');
  if (!follow || status < 300 || status > 399 || location === null) return undefined;
  if (!URL.canParse(location, url)) return undefined;
  const next = new URL(location, url);
  return next.origin === new URL(url).origin ? next.href : undefined;
}

/** A name that cannot be resolved is not private: the request explains it. */
async function resolveName(hostname: string): Promise<readonly string[]> {
  const found = await lookup(hostname, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}
