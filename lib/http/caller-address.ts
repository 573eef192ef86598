// The address that a request counts for, in every form in which servers and proxies write one.
import { isIP, Server } from 'node:net';

import type { Request } from 'express';

import type { Logger } from '../config/logger.js';
import { trimOws } from '../oauth/optional-whitespace.js';
import { expressRateLimit } from './express-rate-limit.js';

/** One home usually has a /56 (RFC 6177). */
const IPV6_SUBNET = 56;

/** The largest that one customer is given for the asking. */
export const IPV6_SITE = 48;

/**
 * The caller's address, or its subnet, as a key.
 *
 * @param ipv6Subnet bits of an IPv6 address that count. Default: 56, a home
 */
export type AddressOf = (req: Request, ipv6Subnet?: number) => string;

/**
 * Logs each cause once for which callers share a limit, or have none: a proxy that is not trusted, an address
 * that cannot be read, or trust in every proxy.
 */
export function createAddressOf(log: Logger): AddressOf {
  const told = new Set<string>();
  function tell(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (told.has(message)) return;
    told.add(message);
    log.warn({ setting: 'trust proxy', ...fields }, message);
  }
  return function addressOf(req, ipv6Subnet = IPV6_SUBNET) {
    const trusted: unknown = req.app.get('trust proxy');
    if (req.headers['x-forwarded-for'] !== undefined && !trusted) tell(UNTRUSTED);
    if (trusted === true) tell(TRUSTS_EVERYBODY);
    const written = callerOf(req);
    const address = addressIn(written);
    if (address === undefined) {
      if (written !== undefined || !isClosed(req)) {
        tell(UNREADABLE, { address: written?.slice(0, MAX_SHOWN) });
      }
      return 'unknown';
    }
    return isIP(address) === 4 ? address : expressRateLimit().ipKeyGenerator(address, ipv6Subnet);
  };
}

const UNTRUSTED =
  'a request came with X-Forwarded-For but Express trusts no proxy: if there is a proxy in front, all callers share one rate limit, and the remedy is app.set("trust proxy", …) with the number of proxies; if there is none, somebody made the header up, and nothing is to be done';
const TRUSTS_EVERYBODY =
  'Express trusts every proxy, so that a caller can claim any address and avoids all rate limits: set app.set("trust proxy", …) to the number of proxies in front instead of true';
const UNREADABLE =
  'a caller has no address that can be read, and all such callers share one rate limit: let the proxy in front write the IP address of its caller into X-Forwarded-For (the header Forwarded is not read), and set app.set("trust proxy", …) to the number of proxies, or to "loopback" for a proxy on this machine or a Unix socket';

/** Longest part of an unreadable address in the log, in characters. */
const MAX_SHOWN = 60;

/**
 * `req.ip`, unless Express stopped on its walk along `X-Forwarded-For` at an address with a port or in brackets,
 * which it does not recognise as a trusted proxy's, or at a Unix socket, which has none: then the walk is repeated
 * with what is really written there.
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

/** Whether the app trusts the proxy from which the request came: the rule of Express for `X-Forwarded-…`. */
export function isFromTrustedProxy(req: Request): boolean {
  return isTrusted(req, peerAddress(req), 0);
}

function isTrusted(req: Request, address: string | undefined, index: number): boolean {
  const trusts: unknown = req.app.get('trust proxy fn');
  return typeof trusts === 'function' && trusts(address, index) === true;
}

/** What connects to a Unix socket is on this machine, as what connects to a loopback address. */
function peerAddress(req: Request): string | undefined {
  return isUnixSocket(req) ? '127.0.0.1' : req.socket?.remoteAddress;
}

/** By the listening server: the address of a TCP connection that was just closed is missing, too. */
function isUnixSocket(req: Request): boolean {
  return serverOf(req)?.listening === true && !isTcp(req);
}

/** A connection that has ended meanwhile: nothing is wrong with the set-up. */
function isClosed(req: Request): boolean {
  return req.socket?.destroyed === true || isTcp(req);
}

function isTcp(req: Request): boolean {
  const address = serverOf(req)?.address();
  return typeof address === 'object' && address !== null;
}

/** Node's HTTP servers set it, also behind TLS. */
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
