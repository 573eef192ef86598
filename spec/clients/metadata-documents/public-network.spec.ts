import { describe, expect, it } from '@jest/globals';

import { isPublicAddress } from '../../../lib/clients/metadata-documents/public-network.js';
import { SPECIAL_ADDRESSES } from './special-addresses.js';

describe('public addresses', () => {
  it.each(SPECIAL_ADDRESSES)('AS-12 refuses %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(['0177.0.0.1', '0x7f.1', '0x7f000001', '2130706433', '127.1', '012.0.0.1', '0xa9fea9fe'])(
    'AS-12 refuses %s, another notation of a special-use address',
    (address) => {
      expect(isPublicAddress(address)).toBe(false);
    },
  );

  it.each(['', 'localhost', 'example.com', '1.2.3.4.5', '8.8.8.8/32', '[2606:4700::1111]'])(
    'AS-12 refuses %p, which is not an address',
    (text) => {
      expect(isPublicAddress(text)).toBe(false);
    },
  );

  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '192.0.1.1',
    '2606:4700:4700::1111',
    '2a00:1450:4001:80b::200e',
  ])('accepts %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it('accepts the NAT64 form of a public IPv4 address, and of no other', () => {
    expect(isPublicAddress('64:ff9b::8.8.8.8')).toBe(true);
    expect(isPublicAddress('64:ff9b::10.0.0.1')).toBe(false);
  });
});
