import { afterEach, describe, expect, it } from '@jest/globals';
import express, { type Request } from 'express';

import { createAddressOf, IPV6_SITE } from '../../lib/http/caller-address.js';

describe('the address that a request counts for', () => {
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
    ['2001:db8:aaaa:bb00::1', '2001:db8:aaaa:bbff::2', 'one /56'],
    ['::ffff:192.0.2.1', '192.0.2.1', 'one IPv4 address, mapped or not'],
    ['::ffff:c000:201', '192.0.2.1', 'the same, mapped in hexadecimal'],
    ['192.0.2.1:5123', '192.0.2.1:80', 'one caller from two ports, as Azure and IIS write it'],
    ['192.0.2.1:5123', '192.0.2.1', 'with a port or without'],
    ['[2001:db8::1]:443', '2001:db8::1', 'in brackets, with a port'],
    ['[2001:db8::1]', '2001:DB8:0::1', 'in brackets, without'],
    ['[::ffff:192.0.2.1]:5123', '192.0.2.1', 'mapped, in brackets, with a port'],
    [
      '2001:db8:0:1:2:3:4:5:6789',
      '2001:db8:0:1:2:3:4:5',
      'all eight groups and a port, without brackets',
    ],
    ['fe80::1%eth0', 'fe80::1%wlan0', 'an address with its zone'],
    ['[fe80::1%25eth0]:443', 'fe80::1', 'a zone in brackets'],
  ])('R-DP-3 is the same for %s and %s: %s', (one, other) => {
    expect(addressOf(from(one))).toBe(addressOf(from(other)));
  });

  it('R-DP-3 is the same for a /48, where the site is requested', () => {
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
    ['192.0.2.1:80', '192.0.2.2:80'],
    ['[2001:db8:1::1]:443', '[2001:db8:2::1]:443'],
  ])('R-DP-3 differs for %s and %s', (one, other) => {
    expect(addressOf(from(one))).not.toBe(addressOf(from(other)));
  });

  it.each([
    ['a word', 'unknown'],
    ['an obfuscated name', '_hidden'],
    ['something long', 'a'.repeat(5000)],
    ['a long port', '192.0.2.1:123456'],
    ['an empty address in brackets', '[]:443'],
    ['brackets that do not close', '[2001:db8::1'],
    ['a form of the header Forwarded', 'for="[2001:db8::1]:4711"'],
    ['a host name', 'proxy.example:8080'],
    ['nothing', ''],
    ['a closed connection', undefined],
  ])(
    'is the same for everything that is not an address, so that a forged header avoids no limit: %s',
    (_what, ip) => {
      expect(addressOf(from(ip))).toBe('unknown');
    },
  );

  it('FA-28 is a req.ip that the app has set', () => {
    const app = express();
    const req: Request = Object.create({ app, ip: '192.0.2.1:80', headers: {} });
    expect(addressOf(req)).toBe('192.0.2.1');
  });

  it('FA-28 is shared by unreadable addresses, with one warning that has the received text, truncated', () => {
    const log: unknown[] = [];
    const note = (fields: object, message: string) => void log.push([fields, message]);
    const address = createAddressOf({ debug: quiet, info: quiet, warn: note, error: quiet });
    for (const ip of [`_${'x'.repeat(500)}`, 'unknown', '']) address(from(ip));
    expect(log).toEqual([
      [
        { setting: 'trust proxy', address: `_${'x'.repeat(59)}` },
        expect.stringContaining('all such callers share one rate limit'),
      ],
    ]);
  });

  it('R-DP-3 warns once of an untrusted proxy, and once of trust in every proxy', () => {
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
