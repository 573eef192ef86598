/**
 * Whom a request counts for: the caller's address, as far as it can be known.
 *
 * @module
 */
import { isIP } from 'node:net';

import type { Request } from 'express';

import type { Logger } from '../config/logger.js';
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
 * Says once if `trust proxy` does not fit what is seen: behind a proxy that is not trusted everybody
 * shares one limit, and where everything is trusted nobody has one (R-DP-3).
 */
export function createAddressOf(log: Logger): AddressOf {
  const told = new Set<string>();
  function tell(message: string): void {
    if (told.has(message)) return;
    told.add(message);
    log.warn({ setting: 'trust proxy' }, message);
  }
  return function addressOf(req, ipv6Subnet = IPV6_SUBNET) {
    const trusted: unknown = req.app.get('trust proxy');
    if (req.headers['x-forwarded-for'] !== undefined && !trusted) tell(UNTRUSTED);
    if (trusted === true) tell(TRUSTS_EVERYBODY);
    // Where a proxy is trusted, this is what a header says: it may be anything, and of any length.
    const ip = req.ip ?? '';
    const version = isIP(ip);
    if (version === 0) return 'unknown';
    return version === 4 ? ip : expressRateLimit().ipKeyGenerator(ip, ipv6Subnet);
  };
}

const UNTRUSTED =
  'a request came with X-Forwarded-For but Express trusts no proxy: if there is a proxy in front, all callers share one rate limit, and the remedy is app.set("trust proxy", …) with the number of proxies; if there is none, somebody made the header up, and nothing is to be done';
const TRUSTS_EVERYBODY =
  'Express trusts every proxy, so that a caller can claim any address and avoids all rate limits: set app.set("trust proxy", …) to the number of proxies in front instead of true';
