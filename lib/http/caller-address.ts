/** The network address of a caller for rate limits, in every notation of servers and proxies. */
import { isIP, Server } from 'node:net';

import type { Request } from 'express';
import ipaddr from 'ipaddr.js';

import type { Logger } from '../config/logger.js';
import { trimOws } from '../oauth/optional-whitespace.js';

/** A home usually has a /56 (RFC 6177). */
const IPV6_SUBNET = 56;

/** The largest subnet that providers assign to one customer on request. */
export const IPV6_SITE = 48;

/**
 * The caller's address, or its subnet, as a key.
 *
 * @param ipv6Subnet bits of an IPv6 address in the key. Default: 56
 */
export type AddressOf = (req: Request, ipv6Subnet?: number) => string;

/**
 * Logs once each reason for which callers share a limit, or avoid it: a proxy that is not trusted, an unreadable
 * address, or trust in every proxy.
 */
export function createAddressOf(log: Logger): AddressOf {
  const logged = new Set<string>();
  function warnOnce(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (logged.has(message)) return;
    logged.add(message);
    log.warn({ setting: 'trust proxy', ...fields }, message);
  }
  return function addressOf(req, ipv6Subnet = IPV6_SUBNET) {
    const trusted: unknown = req.app.get('trust proxy');
    if (req.headers['x-forwarded-for'] !== undefined && !trusted) warnOnce(UNTRUSTED);
    if (trusted === true) warnOnce(TRUSTS_EVERY_PROXY);
    const received = callerOf(req);
    const address = addressIn(received);
    if (address === undefined) {
      if (received !== undefined || !isClosed(req)) {
        warnOnce(UNREADABLE, { address: received?.slice(0, MAX_LOGGED) });
      }
      return 'unknown';
    }
    if (isIP(address) === 4) return address;
    return subnetOf(address, ipv6Subnet);
  };
}

/** The network of an IPv6 address; IPv4 where it is mapped into IPv6 (RFC 4291 §2.5.5.2). */
function subnetOf(text: string, bits: number): string {
  const address = ipaddr.IPv6.parse(text);
  if (address.isIPv4MappedAddress()) return address.toIPv4Address().toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/${bits}`)}/${bits}`;
}

const UNTRUSTED =
  'a request has X-Forwarded-For but Express trusts no proxy: if there is a proxy in front, all callers share one rate limit, and the remedy is app.set("trust proxy", …) with the number of proxies; if there is none, the header is forged, and nothing is to be done';
const TRUSTS_EVERY_PROXY =
  'Express trusts every proxy, so that a caller can claim any address and avoids all rate limits: set app.set("trust proxy", …) to the number of proxies in front instead of true';
const UNREADABLE =
  'a caller has no readable address, and all such callers share one rate limit: let the proxy in front write the IP address of its caller into X-Forwarded-For (the header Forwarded is not read), and set app.set("trust proxy", …) to the number of proxies, or to "loopback" for a proxy on this machine or a Unix socket';

/** Longest part of an unreadable address in the log, in characters. */
const MAX_LOGGED = 60;

/**
 * `req.ip`. Express stops in `X-Forwarded-For` at an address with a port or in brackets, which it does not recognize
 * as a trusted proxy's, and at a Unix socket, which has no address: then the header is evaluated again, with the
 * addresses parsed.
 */
function callerOf(req: Request): string | undefined {
  const { ip } = req;
  const forwarded = String(req.headers['x-forwarded-for'] ?? '').split(',');
  const hops = forwarded.map(trimOws).filter((hop) => hop !== '');
  if (hops.length === 0 || (ip !== undefined && isIP(ip) !== 0)) return ip;
  if (!isFromTrustedProxy(req)) return req.socket?.remoteAddress;
  for (let index = hops.length - 1; index > 0; index -= 1) {
    const hop = hops[index] ?? '';
    if (!isTrusted(req, addressIn(hop) ?? hop, hops.length - index)) return hop;
  }
  return hops[0];
}

/** Whether the app trusts the peer of the connection as a proxy: the rule of Express for `X-Forwarded-…`. */
export function isFromTrustedProxy(req: Request): boolean {
  return isTrusted(req, peerAddress(req), 0);
}

function isTrusted(req: Request, address: string | undefined, index: number): boolean {
  const trusts: unknown = req.app.get('trust proxy fn');
  return typeof trusts === 'function' && trusts(address, index) === true;
}

/** The peer of a Unix socket is on this machine, like one at a loopback address. */
function peerAddress(req: Request): string | undefined {
  return isUnixSocket(req) ? '127.0.0.1' : req.socket?.remoteAddress;
}

/** By the listening server: a TCP connection that was just closed has no address either. */
function isUnixSocket(req: Request): boolean {
  return serverOf(req)?.listening === true && !isTcp(req);
}

/** The connection has ended, which is no reason for a warning. */
function isClosed(req: Request): boolean {
  return req.socket?.destroyed === true || isTcp(req);
}

function isTcp(req: Request): boolean {
  const address = serverOf(req)?.address();
  return typeof address === 'object' && address !== null;
}

/** Node's HTTP and HTTPS servers set it. */
function serverOf(req: Request): Pick<Server, 'listening' | 'address'> | undefined {
  const server: unknown = req.socket === undefined ? undefined : Reflect.get(req.socket, 'server');
  return server instanceof Server ? server : undefined;
}

/** The IP address in `203.0.113.7:5123`, `[2001:db8::1]:443`, `[2001:db8::1]` or `fe80::1%eth0`. */
function addressIn(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const inBrackets = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1];
  const whole = inBrackets ?? (isIP(text) === 0 ? text.replace(/:\d{1,5}$/, '') : text);
  const address = whole.replace(/%.*$/s, '');
  return isIP(address) === 0 ? undefined : address;
}
