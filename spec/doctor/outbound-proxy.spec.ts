/** The doctor on a machine with an outbound proxy. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { startTenant, type Tenant } from '../../lib/testing/tenant.js';
import { type ForwardProxy, startForwardProxy } from '../support/forward-proxy.js';
import { tenantKeys } from '../support/tenant-keys.js';
import { environmentFor, failure, type Report, reportOf } from './run-checks.js';

const BASE_URL = 'http://127.0.0.1:9';

let tenant: Tenant;
let proxy: ForwardProxy;

beforeAll(async () => {
  tenant = await startTenant({ callbackUrls: [`${BASE_URL}/auth/callback`], keys: tenantKeys() });
});
afterAll(() => tenant.close());
beforeEach(async () => {
  proxy = await startForwardProxy();
});
afterEach(() => proxy.close());

function report(changes: Readonly<Record<string, string>> = {}): Promise<Report> {
  return reportOf({
    ...environmentFor({ configUrl: tenant.configUrl, baseUrl: BASE_URL }),
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: `http://user:s3cr3t@127.0.0.1:${proxy.port}`,
    ...changes,
  });
}

const host = (): string => new URL(tenant.configUrl).host;

describe('the doctor, on an outbound proxy', () => {
  it('says which one leads to Auth0, and makes every check of the tenant through it', async () => {
    const { all, ...found } = await report();
    expect(found['outbound-proxy']).toEqual({
      check: 'outbound-proxy',
      outcome: 'passed',
      message: `${host()} is reached through the proxy ${proxy.url} (HTTP_PROXY)`,
    });
    expect(all.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(found['client-authentication']?.outcome).toBe('passed');
    expect(new Set(proxy.targets)).toEqual(new Set([host()]));
    expect(JSON.stringify(all)).not.toMatch(/s3cr3t/);
  });

  it('says that NO_PROXY exempts Auth0', async () => {
    const found = await report({ NO_PROXY: '127.0.0.1' });
    expect(found['outbound-proxy']?.message).toBe(`${host()} is reached directly, by NO_PROXY`);
    expect(proxy.targets).toEqual([]);
  });

  it('warns of a proxy that is set but not used, and is silent if there is none', async () => {
    const unused = await report({ NODE_USE_ENV_PROXY: '' });
    expect(unused['outbound-proxy']).toMatchObject({
      outcome: 'warning',
      message: expect.stringContaining('HTTP_PROXY is set but not used'),
    });
    expect((await report({ HTTP_PROXY: '' }))['outbound-proxy']).toBeUndefined();
  });

  it('names the variable if the proxy is down, refuses the password or forbids the host', async () => {
    proxy.answer = 407;
    const { discovery } = await report();
    expect(discovery).toMatchObject(
      failure('(HTTP_PROXY) refused', 'user and password for the proxy'),
    );
    proxy.answer = 403;
    expect((await report()).discovery).toMatchObject(failure('status 403', 'rules of the proxy'));
    await proxy.close();
    const { all, ...found } = await report();
    expect(found.discovery).toMatchObject(failure('cannot be reached', 'Check HTTP_PROXY'));
    expect(JSON.stringify([all, discovery])).not.toMatch(/s3cr3t/);
  });

  it('reports a variable that is not the URL of a proxy, without its value', async () => {
    const { configuration } = await report({ HTTP_PROXY: 'user:s3cr3t@127.0.0.1:1' });
    expect(configuration).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching(/^HTTP_PROXY .*not the URL of a proxy/),
    });
    expect(JSON.stringify(configuration)).not.toContain('s3cr3t');
  });
});
