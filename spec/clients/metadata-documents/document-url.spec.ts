import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  isHostAllowed,
  parseDocumentUrl,
} from '../../../lib/clients/metadata-documents/document-url.js';
import { expectAlways } from '../../fuzz/property.js';
import { failureOf, reasonOf } from './failure.js';
import { SPECIAL_ADDRESSES } from './special-addresses.js';

const ANY_HOST = { allowedHosts: undefined, allowedAddresses: [] };
const parse = (raw: string): URL => parseDocumentUrl(raw, ANY_HOST);

describe('URL of a client metadata document', () => {
  it.each([
    'https://client.example/client.json',
    'https://claude.ai/oauth/claude-code-client-metadata',
    'https://client.example:8443/c',
    // R-CI-13: valid since draft -02, though not recommended.
    'https://client.example/',
    'https://client.example:8443/',
    'https://client.example/a/',
    'https://client.example//c',
    'https://client.example/c?v=1',
    'https://client.example/%7Euser/c.json',
    'https://client.example/.well-known/...',
    'https://xn--bcher-kva.example/c',
    'https://8.8.8.8/c',
    'https://[2606:4700:4700::1111]/c',
  ])('R-CI-1 accepts %s', (raw) => {
    expect(parse(raw).protocol).toBe('https:');
  });

  it.each([
    ['http', 'http://client.example/c'],
    ['another scheme', 'ftp://client.example/c'],
    ['a scheme in capitals', 'HTTPS://client.example/c'],
    ['no path', 'https://client.example'],
    ['a query instead of a path', 'https://client.example?c'],
    ['a fragment', 'https://client.example/c#x'],
    ['an empty fragment', 'https://client.example/c#'],
    ['user information', 'https://user@client.example/c'],
    ['a password', 'https://user:pass@client.example/c'],
    ['an empty user', 'https://@client.example/c'],
    ['a dot segment', 'https://client.example/./c'],
    ['a double-dot segment', 'https://client.example/a/../c'],
    ['a dot segment at the end', 'https://client.example/a/..'],
    ['an encoded dot segment', 'https://client.example/a/%2e%2E/c'],
    ['a half-encoded dot segment', 'https://client.example/a/.%2e/c'],
    ['a backslash', 'https://client.example\\c'],
    ['a backslash in the path', 'https://client.example/a\\..\\c'],
    ['a tab', 'https://client.example/a/.\t./c'],
    ['a line feed', 'https://client.exa\nmple/c'],
    ['a space in front', ' https://client.example/c'],
    ['a space behind', 'https://client.example/c '],
    ['a null byte', 'https://client.example/c\0'],
    ['unencoded text', 'https://client.example/ü'],
    ['a fullwidth dot', 'https://client．example/c'],
    ['one slash', 'https:/client.example/c'],
    ['three slashes', 'https:///client.example/c'],
    ['no host', 'https://:443/c'],
    ['an impossible port', 'https://client.example:65536/c'],
    ['a trailing dot', 'https://client.example./c'],
    ['an open bracket', 'https://[::1/c'],
    ['an encoded host that is not one', 'https://client%00.example/c'],
    ['too many characters', `https://client.example/${'c'.repeat(2048)}`],
    ['nothing', ''],
  ])('R-CI-1 refuses %s', async (_what, raw) => {
    expect(await reasonOf(() => parse(raw))).toBe('invalid_url');
  });

  it.each(SPECIAL_ADDRESSES)('AS-12 refuses the host %s', async (address) => {
    const host = address.includes(':') ? `[${address}]` : address;
    expect(await reasonOf(() => parse(`https://${host}/c`))).toBe('forbidden_address');
  });

  it.each([
    '0177.0.0.1',
    '0x7f.1',
    '0x7f000001',
    '2130706433',
    '127.1',
    '017700000001',
    '0XA9.0376.0xa9.254',
    '%31%32%37.0.0.1',
  ])('AS-12 refuses the host %s, in any notation', async (host) => {
    const failure = await failureOf(() => parse(`https://${host}/c`));
    expect(failure.reason).toBe('forbidden_address');
    expect(failure.isTemporary).toBe(false);
  });

  it('R-CI-1 leaves a URL exactly as it was sent, whatever the text', () => {
    const piece = fc.string({ unit: fc.constantFrom(...'/.%2eE\\?#@:;a~|"<>[]{}\t \0é') });
    expectAlways(
      fc.property(piece, (path) => {
        const raw = `https://client.example/${path}`;
        let url: URL;
        try {
          url = parse(raw);
        } catch {
          return;
        }
        expect(url.href).toBe(raw);
      }),
    );
  });

  describe('host policy', () => {
    it.each([
      ['client.example', ['client.example'], true],
      ['client.example', ['CLIENT.example'], true],
      ['a.client.example', ['client.example'], false],
      ['a.client.example', ['*.client.example'], true],
      ['a.b.client.example', ['*.client.example'], true],
      ['client.example', ['*.client.example'], false],
      ['evilclient.example', ['*.client.example'], false],
      ['client.example.evil.example', ['client.example', '*.client.example'], false],
      ['client.example', [], false],
    ])('AS-33 %s against %j: %p', (host, patterns, isAllowed) => {
      expect(isHostAllowed(host, patterns)).toBe(isAllowed);
    });

    it('AS-33 refuses a host that is not listed', async () => {
      const policy = { ...ANY_HOST, allowedHosts: ['*.client.example'] };
      const call = (): URL => parseDocumentUrl('https://other.example/c', policy);
      expect(await reasonOf(call)).toBe('host_not_allowed');
      expect(parseDocumentUrl('https://a.client.example/c', policy).hostname).toBe(
        'a.client.example',
      );
    });
  });
});
