/**
 * Connections to public addresses only, so that a metadata URL cannot reach this machine, its network or the cloud's
 * metadata service (RFC 6890 and the IANA special-purpose registries, as kept by ipaddr.js).
 *
 * The address is checked when connecting: a name that is looked up twice can resolve differently the second time (DNS
 * rebinding), so the socket gets its addresses from the lookup that is checked.
 */
import { Resolver } from 'node:dns/promises';
import { isIP, type LookupFunction, Socket } from 'node:net';

import ipaddr from 'ipaddr.js';
import type { buildConnector } from 'undici';

import type { AllowedNetwork, ResolvedAddress, ResolveHost } from '../../core.js';
import { ClientMetadataError } from './client-metadata-error.js';

/** Time for one address before the next is tried. Node's 250 ms is too short across an ocean. */
const ATTEMPT_TIMEOUT_MS = 1_500;

/**
 * A connector for undici that rejects special-use addresses.
 *
 * @param build undici's, which is loaded when it is needed
 * @param signal aborts connections that are being made
 */
export function publicConnector(
  build: typeof buildConnector,
  network: AllowedNetwork | undefined,
  signal: AbortSignal,
): buildConnector.connector {
  const isAllowed = (address: string): boolean => isAllowedIn(network, address);
  const connect = build({
    lookup: publicLookup(network?.resolve ?? resolveName, isAllowed, signal),
    // The signal limits the time: this timer would run out while the event loop is blocked.
    timeout: 0,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
    maxCachedSessions: 0,
    ...(network && { ca: network.ca }),
  });
  return function connectToPublicAddress(options, callback) {
    // Node looks up names only: an address would bypass the lookup.
    if (isIP(options.hostname) !== 0 && !isAllowed(options.hostname)) {
      callback(forbidden(options.hostname), null);
    } else {
      // undici returns the socket, contrary to its types.
      const socket: unknown = connect(options, callback);
      if (socket instanceof Socket) {
        signal.addEventListener('abort', () => socket.destroy(signal.reason), { once: true });
      }
    }
  };
}

function publicLookup(
  resolve: ResolveHost,
  isAllowed: (address: string) => boolean,
  signal: AbortSignal,
): LookupFunction {
  async function allowedAddresses(hostname: string): Promise<ResolvedAddress[]> {
    const found = await resolve(hostname);
    signal.throwIfAborted();
    const allowed = found.filter(({ address }) => isAllowed(address));
    if (allowed.length === 0) throw forbidden(hostname);
    return allowed;
  }
  return function lookupPublic(hostname, options, callback) {
    allowedAddresses(hostname).then(
      (allowed) => {
        const [first] = allowed;
        if (options.all === true) callback(null, allowed);
        else callback(null, first?.address ?? '', first?.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}

/**
 * Queries the name servers directly. `dns.lookup` uses one of four libuv threads: a few slow name servers would delay
 * all file and crypto work of the process.
 */
async function resolveName(hostname: string): Promise<readonly ResolvedAddress[]> {
  const resolver = new Resolver({ timeout: 1_500, tries: 2 });
  const [v4, v6] = await Promise.allSettled([
    resolver.resolve4(hostname),
    resolver.resolve6(hostname),
  ]);
  if (v4.status === 'rejected' && v6.status === 'rejected') throw v4.reason;
  const [ipv4, ipv6] = [v4, v6].map((one) => (one.status === 'fulfilled' ? one.value : []));
  return [
    ...(ipv4 ?? []).map((address) => ({ address, family: 4 as const })),
    ...(ipv6 ?? []).map((address) => ({ address, family: 6 as const })),
  ];
}

/**
 * Special-use names that a proxy may resolve: RFC 6761 §6.3, RFC 6762 §3, RFC 8375, ICANN's `internal`, and names of a
 * search domain.
 */
const INTERNAL_NAME = /^[^.:]+$|\.(localhost|local|home\.arpa|internal)$/i;

/** Share of a fetch's time limit for a lookup that a proxy does again. */
const PROXIED_LOOKUP_TIMEOUT_MS = 1_000;

/**
 * Before a proxy resolves a name and connects: rejects what can be known here. A name that this machine resolves has to
 * have public addresses only, since the proxy selects one of them. Where it resolves no names, the proxy decides.
 *
 * @throws ClientMetadataError `forbidden_address`
 */
export async function requirePublicName(
  hostname: string,
  network: AllowedNetwork | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (INTERNAL_NAME.test(hostname)) throw forbidden(hostname);
  if (isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0) return;
  const resolve = network?.resolve ?? resolveName;
  const unknown = (): readonly ResolvedAddress[] => [];
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(PROXIED_LOOKUP_TIMEOUT_MS)]);
  const late = new Promise<readonly ResolvedAddress[]>((done) => {
    timeout.addEventListener('abort', () => done([]), { once: true });
  });
  const found = await Promise.race([resolve(hostname).catch(unknown), late]);
  signal.throwIfAborted();
  if (!found.every(({ address }) => isAllowedIn(network, address))) throw forbidden(hostname);
}

function isAllowedIn(network: AllowedNetwork | undefined, address: string): boolean {
  return isPublicAddress(address) || network?.addresses.includes(address) === true;
}

function forbidden(host: string): ClientMetadataError {
  return new ClientMetadataError('forbidden_address', `${host} has no public address`);
}

/** RFC 4291 §2.4: the only range assigned for global unicast. */
const GLOBAL_UNICAST = '2000::/3';
/** RFC 6052. */
const NAT64 = '64:ff9b::/96';
/** Azure's host agent: it looks public and is reachable in every virtual machine there. */
const AZURE_HOST = '168.63.129.16';

/** Whether an address, in any notation, is on the public internet. False for anything unclear. */
export function isPublicAddress(text: string): boolean {
  const plain = text.includes(':') ? withoutDottedTail(text) : text;
  const { IPv6, isValid, parse } = ipaddr;
  if (plain === undefined || !isValid(plain)) return false;
  const address = parse(plain);
  return address instanceof IPv6 ? isPublicIPv6(address) : isPublicIPv4(address);
}

/** ipaddr.js reads `::8.8.8.8` as `::ffff:8.8.8.8`, so it gets the all-hex form only. */
function withoutDottedTail(text: string): string | undefined {
  const url = `http://[${text}]/`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : undefined;
}

function isPublicIPv4(address: ipaddr.IPv4): boolean {
  return address.range() === 'unicast' && address.toString() !== AZURE_HOST;
}

function isPublicIPv6(address: ipaddr.IPv6): boolean {
  const isIn = (range: string): boolean => address.match(ipaddr.IPv6.parseCIDR(range));
  // The packet goes to the IPv4 address inside. NAT64 is how a machine without IPv4 reaches any IPv4 host; 6to4 and
  // Teredo are not needed.
  if (address.isIPv4MappedAddress() || isIn(NAT64)) return isPublicIPv4(lastIPv4(address));
  if (address.range() !== 'unicast' || !isIn(GLOBAL_UNICAST)) return false;
  // RFC 5214 §6.1, ISATAP: an IPv4 address inside as well.
  const { parts } = address;
  const isIsatap = (parts[4] === 0 || parts[4] === 0x200) && parts[5] === 0x5efe;
  return !isIsatap || isPublicIPv4(lastIPv4(address));
}

function lastIPv4(address: ipaddr.IPv6): ipaddr.IPv4 {
  return new ipaddr.IPv4(address.toByteArray().slice(12));
}
