/**
 * Is this IP address on the public internet? Everything else is where an attacker would like us to
 * go: this machine, its network, the cloud's metadata service.
 *
 * Spec: RFC 6890 and the IANA special-purpose registries, as kept by ipaddr.js; RFC 4291 §2.4
 * (global unicast); RFC 6052 (NAT64); RFC 5214 §6.1 (ISATAP).
 *
 * @module
 */
import type ipaddr from 'ipaddr.js';

import { loadPackage } from '../../load-package.js';

/** IANA has handed out nothing else for global unicast; `::/96` and the rest are not ours to call. */
const GLOBAL_UNICAST = '2000::/3';
const NAT64 = '64:ff9b::/96';
/** Azure's host agent: it looks public and answers inside every virtual machine there. */
const AZURE_HOST = '168.63.129.16';

/** Whether an address, in any notation, may be connected to. Anything unclear may not. */
export function isPublicAddress(text: string): boolean {
  const plain = text.includes(':') ? withoutDottedTail(text) : text;
  const { IPv6, isValid, parse } = ipaddrJs();
  if (plain === undefined || !isValid(plain)) return false;
  const address = parse(plain);
  return address instanceof IPv6 ? isPublicIPv6(address) : isPublicIPv4(address);
}

/** ipaddr.js reads `::8.8.8.8` as `::ffff:8.8.8.8`, so it only gets to see the all-hex form. */
function withoutDottedTail(text: string): string | undefined {
  const url = `http://[${text}]/`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : undefined;
}

function isPublicIPv4(address: ipaddr.IPv4): boolean {
  return address.range() === 'unicast' && address.toString() !== AZURE_HOST;
}

function isPublicIPv6(address: ipaddr.IPv6): boolean {
  // The IPv4 address inside is where the packet ends up. NAT64 is how a machine without IPv4
  // reaches any IPv4 host, so it is let through to public ones; 6to4 and Teredo serve nobody.
  if (address.isIPv4MappedAddress() || isIn(address, NAT64)) {
    return isPublicIPv4(lastIPv4(address));
  }
  if (address.range() !== 'unicast' || !isIn(address, GLOBAL_UNICAST)) return false;
  return !isIsatap(address) || isPublicIPv4(lastIPv4(address));
}

function isIn(address: ipaddr.IPv6, range: string): boolean {
  return address.match(ipaddrJs().IPv6.parseCIDR(range));
}

function lastIPv4(address: ipaddr.IPv6): ipaddr.IPv4 {
  return new (ipaddrJs().IPv4)(address.toByteArray().slice(12));
}

function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return (parts[4] === 0 || parts[4] === 0x200) && parts[5] === 0x5efe;
}

/** Loaded at the first address: most servers never fetch a document. */
function ipaddrJs(): typeof ipaddr {
  return loadPackage('ipaddr.js') as typeof ipaddr;
}
