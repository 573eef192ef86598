/**
 * Connects to public addresses only, and decides at the moment of connecting.
 *
 * Looking a name up, judging it and then connecting by name would ask the name server twice, and an
 * attacker's answers differently the second time (DNS rebinding). Here the socket gets
 * its addresses from the very lookup that is judged.
 *
 * @module
 */
import { Resolver } from 'node:dns/promises';
import { isIP, type LookupFunction, Socket } from 'node:net';

import type { buildConnector } from 'undici';

import type { AllowedNetwork, ResolvedAddress, ResolveHost } from '../../core.js';
import { loadPackage } from '../../load-package.js';
import { ClientMetadataError } from './client-metadata-error.js';
import { isPublicAddress } from './public-address.js';

/** Time for one address before the next is tried. Node's 250 ms is too short across an ocean. */
const ATTEMPT_TIMEOUT_MS = 1_500;

/**
 * A connector for undici that refuses special-use addresses.
 *
 * @param signal its abort ends a connection that is being made, and none is begun any more
 */
export function guardedConnector(
  network: AllowedNetwork | undefined,
  signal: AbortSignal,
): buildConnector.connector {
  const isAllowed = (address: string): boolean =>
    isPublicAddress(address) || network?.addresses.includes(address) === true;
  // Loaded here and not at the top: most servers never fetch a document.
  const undici = loadPackage('undici') as typeof import('undici');
  const connect = undici.buildConnector({
    lookup: guardedLookup(network?.resolve ?? resolvePublicName, isAllowed, signal),
    // The signal is the limit: this timer would run out while the event loop is blocked.
    timeout: 0,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
    maxCachedSessions: 0,
    ...(network && { ca: network.ca }),
  });
  return function connectToPublicAddress(options, callback) {
    // Node looks up names only: an address goes straight to the socket, past the lookup.
    if (isIP(options.hostname) !== 0 && !isAllowed(options.hostname)) {
      callback(forbidden(options.hostname), null);
    } else {
      // undici returns the socket; its types do not say so.
      const socket: unknown = connect(options, callback);
      if (socket instanceof Socket) {
        signal.addEventListener('abort', () => socket.destroy(signal.reason), { once: true });
      }
    }
  };
}

function guardedLookup(
  resolve: ResolveHost,
  isAllowed: (address: string) => boolean,
  signal: AbortSignal,
): LookupFunction {
  return function lookupPublic(hostname, options, callback) {
    const answer = async (): Promise<ResolvedAddress[]> => {
      const found = await resolve(hostname);
      signal.throwIfAborted();
      const allowed = found.filter(({ address }) => isAllowed(address));
      if (allowed.length === 0) throw forbidden(hostname);
      return allowed;
    };
    answer().then(
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
 * Asks the name servers directly. `dns.lookup` would do it on a libuv thread, of which there are
 * four: a few slow name servers of an attacker would hold up everybody's file and crypto work.
 */
async function resolvePublicName(hostname: string): Promise<readonly ResolvedAddress[]> {
  const resolver = new Resolver({ timeout: 1_500, tries: 2 });
  const [v4, v6] = await Promise.allSettled([
    resolver.resolve4(hostname),
    resolver.resolve6(hostname),
  ]);
  if (v4.status === 'rejected' && v6.status === 'rejected') throw v4.reason;
  return [
    ...(v4.status === 'fulfilled' ? v4.value : []).map((address) => ({
      address,
      family: 4 as const,
    })),
    ...(v6.status === 'fulfilled' ? v6.value : []).map((address) => ({
      address,
      family: 6 as const,
    })),
  ];
}

function forbidden(host: string): ClientMetadataError {
  return new ClientMetadataError('forbidden_address', `${host} has no public address`);
}
