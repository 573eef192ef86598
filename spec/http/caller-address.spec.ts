import { afterEach, describe, expect, it } from '@jest/globals';
import express, { type Request } from 'express';

import { createAddressOf, IPV6_SITE } from '../../lib/http/caller-address.js';

describe('the address a request counts for', () => {
  let warnings: string[] = [];
  afterEach(() => {
    warnings = [];
  });

  const quiet = (): void => {};
  const addressOf = createAddressOf({
    debug: quiet,
    info: quiet,
    warn: (_fields, message) => warnings.push(message),
    error: quiet,
  });

  function from(ip: string | undefined, trusted: unknown = 1): Request {
    const app = express().set('trust proxy', trusted);
    return Object.create({ app, ip, headers: { 'x-forwarded-for': String(ip) } });
  }

  it.each([
    ['2001:db8:aaaa:bb00::1', '2001:db8:aaaa:bbff::2', 'one /56, which one customer has'],
    ['::ffff:192.0.2.1', '192.0.2.1', 'one IPv4 address, mapped or not'],
  ])('R-DP-3 is the same for %s and %s: %s', (one, other) => {
    expect(addressOf(from(one))).toBe(addressOf(from(other)));
  });

  it('R-DP-3 is one for a site of 256 homes, where a site is asked for', () => {
    const [one, other] = ['2001:db8:aaaa:1::1', '2001:db8:aaaa:ff00::1'].map((ip) => from(ip));
    const [elsewhere, mapped, plain] = ['2001:db8:aaab::1', '::ffff:192.0.2.1', '192.0.2.1'].map(
      (ip) => from(ip),
    );
    const siteOf = (req: Request | undefined) => req && addressOf(req, IPV6_SITE);
    expect(siteOf(one)).toBe(siteOf(other));
    expect(siteOf(one)).not.toBe(siteOf(elsewhere));
    expect(siteOf(mapped)).toBe(siteOf(plain));
    expect(siteOf(plain)).toBe('192.0.2.1');
  });

  it.each([
    ['2001:db8:aaaa:bb00::1', '2001:db8:aaaa:bc00::1'],
    ['192.0.2.1', '192.0.2.2'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2'],
  ])('R-DP-3 is another for %s and %s', (one, other) => {
    expect(addressOf(from(one))).not.toBe(addressOf(from(other)));
  });

  it.each([
    ['a word', 'unknown'],
    ['something long', 'a'.repeat(5000)],
    ['an address with a port', '1.2.3.4:80'],
    ['nothing', ''],
    ['a closed connection', undefined],
  ])(
    'is one for everything that is no address, so that a made-up header gains nothing: %s',
    (_what, ip) => {
      expect(addressOf(from(ip))).toBe('unknown');
    },
  );

  it('R-DP-3 says once that a proxy is not trusted, and once that everybody is', () => {
    addressOf(from('192.0.2.1', false));
    addressOf(from('192.0.2.2', false));
    expect(warnings).toEqual([expect.stringContaining('trusts no proxy')]);
    addressOf(from('192.0.2.1', true));
    addressOf(from('192.0.2.2', true));
    expect(warnings).toEqual([
      expect.anything(),
      expect.stringContaining('Express trusts every proxy'),
    ]);
  });
});
