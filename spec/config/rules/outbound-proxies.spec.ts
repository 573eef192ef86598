import { describe, expect, it } from '@jest/globals';

import { resolveOutboundProxies } from '../../../lib/config/rules/outbound-proxies.js';
import { nameOfProxy, proxyFor } from '../../../lib/outbound-proxy.js';

const USED = { NODE_USE_ENV_PROXY: '1' };

const proxyOf = (environment: Record<string, string>, url: string): string | undefined =>
  proxyFor(resolveOutboundProxies({ ...USED, ...environment }), new URL(url))?.url;

describe('outbound proxies', () => {
  it.each([{}, { NODE_USE_ENV_PROXY: '0' }, { NODE_USE_ENV_PROXY: '' }])(
    'are not used unless NODE_USE_ENV_PROXY is 1: %p',
    (environment) => {
      const proxies = resolveOutboundProxies({ ...environment, https_proxy: 'http://p:1' });
      expect(proxyFor(proxies, new URL('https://a.example'))).toBeUndefined();
      expect(proxies.unusedVariable).toBe('https_proxy');
    },
  );

  it('are none if no variable is set', () => {
    expect(proxyOf({}, 'https://a.example')).toBeUndefined();
    expect(resolveOutboundProxies(USED).unusedVariable).toBeUndefined();
  });

  it('are chosen by scheme, the lower-case name first; https falls back to HTTP_PROXY', () => {
    const both = { HTTPS_PROXY: 'http://upper:1', https_proxy: 'http://lower:2', HTTP_PROXY: ' ' };
    expect(proxyOf(both, 'https://a.example')).toBe('http://lower:2');
    expect(proxyOf(both, 'http://a.example')).toBeUndefined();
    expect(proxyOf({ HTTP_PROXY: 'http://p:3' }, 'https://a.example')).toBe('http://p:3');
  });

  it.each([
    ['a.example', 'https://a.example', true],
    ['a.example', 'https://A.EXAMPLE:8443', true],
    ['a.example', 'https://b.a.example', true],
    ['a.example', 'https://notaa.example', false],
    ['a.example', 'https://a.example.evil.example', false],
    ['.a.example', 'https://b.a.example', true],
    ['*.A.example', 'https://b.a.example', true],
    ['a.example:8443', 'https://a.example:8443', true],
    ['a.example:8443', 'https://a.example', false],
    ['a.example:443', 'https://a.example', true],
    ['127.0.0.1', 'https://127.0.0.1:9', true],
    ['::1', 'https://[::1]:9', true],
    ['[::1]:9', 'https://[::1]:9', true],
    ['[::1]:8', 'https://[::1]:9', false],
    ['x.example, a.example  y.example', 'https://a.example', true],
    ['*', 'https://a.example', true],
    ['', 'https://a.example', false],
    [',', 'https://a.example', false],
  ])('NO_PROXY=%p reaches %s directly: %p', (NO_PROXY, url, isDirect) => {
    expect(proxyOf({ HTTPS_PROXY: 'http://p:1', NO_PROXY }, url) === undefined).toBe(isDirect);
  });

  it('keep credentials apart from the URL', () => {
    const { https } = resolveOutboundProxies({
      ...USED,
      HTTPS_PROXY: 'http://us%40er:p%3Aw@p:1/x',
    });
    expect(https && nameOfProxy(https)).toBe('the proxy http://p:1 (HTTPS_PROXY)');
    expect(https?.authorization).toBe(`Basic ${Buffer.from('us@er:p:w').toString('base64')}`);
  });

  it.each([
    's3cr3t@p:3128',
    'p:3128',
    'socks5://u:s3cr3t@p',
    'http://',
    'http://u:s3cr3t%@p',
    'http://s3cr3t:s3cr3t@:1',
    // Not percent-encoded: a URL parser takes the password for a port, or its end for the host.
    'http://user:1234/s3cr3t@p:3128',
    'http://user:1234#s3cr3t@p:3128',
    'http://user:a@s3cr3t?b@p:3128',
  ])(
    'are refused at start if the variable is not a URL of a proxy, without showing it: %p',
    (HTTPS_PROXY) => {
      const refused = (): unknown => resolveOutboundProxies({ ...USED, HTTPS_PROXY });
      expect(refused).toThrow(
        /^HTTPS_PROXY .*is not the URL of a proxy\. Write http:\/\/HOST:PORT/,
      );
      expect(refused).not.toThrow(/s3cr3t/);
    },
  );
});
