import { describe, expect, it } from '@jest/globals';

import {
  isRedirectUriPattern,
  matchesRedirectUriPattern,
} from '../../lib/oauth/redirect-uri-pattern.js';

describe('an allow-list of redirect URIs', () => {
  it.each([
    ['the same text', 'https://a.example/cb', 'https://a.example/cb'],
    ['scheme and host in any case', 'HTTPS://A.Example/cb', 'https://a.example/cb'],
    ['a sub-domain', 'https://*.example.com/*', 'https://x.example.com/cb'],
    ['a sub-domain of a sub-domain', 'https://*.example.com', 'https://y.x.example.com/'],
    ['any path for a pattern without one', 'https://a.example', 'https://a.example/x/y'],
    ['any path for a pattern with / alone', 'https://a.example/', 'https://a.example/x/y'],
    [
      'a path glob across slashes',
      'https://a.example/oauth/*/cb',
      'https://a.example/oauth/x/y/cb',
    ],
    ['several stars in order', 'https://a.example/*/b/*/d', 'https://a.example/1/b/2/d'],
    ['a star for nothing', 'https://a.example/cb*', 'https://a.example/cb'],
    ['the default port, written', 'https://a.example:443/cb', 'https://a.example/cb'],
    ['the default port, sent', 'https://a.example/cb', 'https://a.example:443/cb'],
    ['any port', 'https://a.example:*/cb', 'https://a.example:8443/cb'],
    ['any loopback port', 'http://localhost/cb', 'http://localhost:51234/cb'],
    ['any loopback port, written', 'http://127.0.0.1:*', 'http://127.0.0.1:51234/cb'],
    ['any loopback port of IPv6', 'http://[::1]', 'http://[::1]:51234/cb'],
    ['one loopback port', 'http://localhost:3118/*', 'http://localhost:3118/callback'],
    ['a query, which is not compared', 'https://a.example/cb', 'https://a.example/cb?x=1'],
    ['an app scheme', 'cursor://anysphere.cursor-mcp/*', 'cursor://anysphere.cursor-mcp/oauth/cb'],
    ['an app scheme without a host', 'com.example.app:///cb', 'com.example.app:/cb'],
  ])('allows %s', (_what, pattern, uri) => {
    expect(isRedirectUriPattern(pattern)).toBe(true);
    expect(matchesRedirectUriPattern(uri, ['https://other.example', pattern])).toBe(true);
  });

  it.each([
    ['the apex of a sub-domain pattern', 'https://*.example.com', 'https://example.com/'],
    ['a host that only ends alike', 'https://*.example.com', 'https://evilexample.com/'],
    ['a host that goes on', 'https://a.example', 'https://a.example.evil.test/'],
    ['another scheme', 'https://localhost', 'http://localhost/'],
    ['another port', 'https://a.example', 'https://a.example:8443/'],
    ['another loopback port', 'http://localhost:3118', 'http://localhost:3119/'],
    ['localhost for 127.0.0.1', 'http://127.0.0.1', 'http://localhost/'],
    ['a path in another case', 'https://a.example/cb', 'https://a.example/CB'],
    ['a longer path', 'https://a.example/cb', 'https://a.example/cb/x'],
    ['a shorter path', 'https://a.example/cb/*', 'https://a.example/cb'],
    ['one text for both ends of a glob', 'https://a.example/aba*ba', 'https://a.example/aba'],
    ['the middle of a glob missing', 'https://a.example/a*x*c', 'https://a.example/abc'],
    ['the middle of a glob inside its end', 'https://a.example/a*xc*xc', 'https://a.example/axc'],
    ['another app scheme', 'cursor://*.x', 'cursr://a.x/'],
    // A URI that must never be used matches nothing, whatever a pattern makes of its parts.
    ['user info that looks like a host', 'https://claude.ai', 'https://claude.ai:443@evil.test/'],
    ['user info before a fitting host', 'https://*.example.com', 'https://a@x.example.com/'],
    ['a dot segment', 'https://a.example/ok/*', 'https://a.example/ok/../evil'],
    ['an encoded dot segment', 'https://a.example/ok/*', 'https://a.example/ok/%2e%2e/evil'],
    ['a backslash', 'https://a.example/*', 'https://a.example/\\evil'],
    ['a fragment', 'https://a.example/*', 'https://a.example/#x'],
    ['a dangerous scheme', 'javascript://a.example', 'javascript://a.example/%0aalert(1)'],
    ['an encoded dot in the host', 'https://*.example.com', 'https://evil%2eexample.com/'],
    ['no URI at all', 'https://a.example', ''],
    ['a pattern that is none', 'a.example', 'https://a.example/'],
  ])('rejects %s', (_what, pattern, uri) => {
    expect(matchesRedirectUriPattern(uri, [pattern])).toBe(false);
  });

  it('rejects everything if empty', () => {
    expect(matchesRedirectUriPattern('https://a.example/', [])).toBe(false);
  });

  it.each(['', '*', 'a.example', '//a.example', 'https:', 'https://a.example/?x', 'https://a:b'])(
    'has no pattern of the form %p',
    (pattern) => {
      expect(isRedirectUriPattern(pattern)).toBe(false);
    },
  );
});
