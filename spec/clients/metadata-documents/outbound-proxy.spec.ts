/** Documents through a forward proxy that resolves names itself. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import {
  createMetadataDocuments,
  type MetadataDocuments,
} from '../../../lib/clients/metadata-documents/metadata-documents.js';
import { resolveOutboundProxies } from '../../../lib/config/rules/outbound-proxies.js';
import type { AllowedNetwork, ResolveHost } from '../../../lib/core.js';
import { type ForwardProxy, startForwardProxy } from '../../support/forward-proxy.js';
import { testCore } from '../../support/test-core.js';
import { failureOf } from './failure.js';
import { SPECIAL_ADDRESSES } from './special-addresses.js';
import { documentFor, startTlsHost, type TlsHost } from './tls-host.js';

const NO_DNS: ResolveHost = () => Promise.reject(new Error('ENOTFOUND'));

describe('client metadata documents through a proxy', () => {
  let host: TlsHost;
  let proxy: ForwardProxy;
  let logged: unknown[] = [];

  beforeAll(async () => {
    host = await startTlsHost();
  });
  afterAll(() => host.close());
  beforeEach(async () => {
    proxy = await startForwardProxy();
    host.requests.length = 0;
    host.answer = documentFor();
    logged = [];
  });
  afterEach(() => proxy.close());

  function documents(
    environment: Record<string, string> = {},
    network: Partial<AllowedNetwork> | null = {},
  ): MetadataDocuments {
    const note = (...line: unknown[]): void => void logged.push(line);
    const outboundProxies = resolveOutboundProxies({
      NODE_USE_ENV_PROXY: '1',
      HTTPS_PROXY: `http://user:s3cr3t@127.0.0.1:${proxy.port}`,
      ...environment,
    });
    return createMetadataDocuments(
      testCore({
        config: { outboundProxies, logger: { debug: note, info: note, warn: note, error: note } },
        // No address is allowed: this machine must not connect by itself.
        ...(network && {
          allowedNetwork: host.network({ addresses: [], resolve: NO_DNS, ...network }),
        }),
      }),
    );
  }

  it('AS-7 are fetched by a tunnel to the name, with the credentials of the proxy', async () => {
    const id = host.url('/c.json');
    expect(await documents().find(id)).toMatchObject({ id, name: 'Example Client' });
    expect(proxy.targets).toEqual([`client.example:${host.port}`]);
    expect(proxy.authorization()).toBe(`Basic ${Buffer.from('user:s3cr3t').toString('base64')}`);
    expect(host.requests).toEqual(['GET /c.json']);
  });

  it('and keys of clients as well', async () => {
    host.answer = (_req, res) =>
      res.writeHead(200, { 'content-type': 'application/json' }).end(
        JSON.stringify({
          keys: [{ kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) }],
        }),
      );
    const { keys } = await documents().findKeys({
      jwks: undefined,
      jwksUri: host.url('/jwks.json'),
    });
    expect(keys).toHaveLength(1);
    expect(proxy.targets).toHaveLength(1);
  });

  it.each(SPECIAL_ADDRESSES)('AS-12 do not ask the proxy for %s', async (address) => {
    const literal = address.includes(':') ? `[${address}]` : address;
    await failureOf(() => documents({}, null).find(`https://${literal}/c.json`));
    expect(proxy.targets).toEqual([]);
  });

  it.each([
    'localhost',
    'app.localhost',
    'intranet',
    'printer.local',
    'metadata.google.internal',
    'router.home.arpa',
  ])('AS-12 do not ask it for %s, which only a network of its own can mean', async (name) => {
    const { reason } = await failureOf(() => documents().find(`https://${name}/c.json`));
    expect([reason, proxy.targets]).toEqual(['forbidden_address', []]);
  });

  it.each([
    ['a special-use address', [{ address: '10.0.0.5', family: 4 }]],
    [
      'a public and a special-use address, of which the proxy selects one',
      [
        { address: '8.8.8.8', family: 4 },
        { address: 'fd00::1', family: 6 },
      ],
    ],
  ] as const)('AS-12 do not ask it for a name that has here %s', async (_what, addresses) => {
    const resolve: ResolveHost = async () => addresses;
    const { reason } = await failureOf(() => documents({}, { resolve }).find(host.url('/c.json')));
    expect([reason, proxy.targets]).toEqual(['forbidden_address', []]);
  });

  it('FA-26: wait one second at most for the name servers of this machine', async () => {
    const resolve: ResolveHost = () => new Promise(() => undefined);
    expect(await documents({}, { resolve }).find(host.url('/c.json'))).toBeDefined();
  });

  it('AS-12 a host that the proxy finds at a private address gets no request without a certificate for the name', async () => {
    const rebound = `https://rebound.example:${host.port}/c.json`;
    const { reason } = await failureOf(() => documents().find(rebound));
    expect([reason, proxy.targets]).toEqual(['unreachable', [`rebound.example:${host.port}`]]);
    expect(host.requests).toEqual([]);
  });

  it('AS-12 follow no redirect, so the proxy is asked for one host only', async () => {
    host.answer = (_req, res) => res.writeHead(302, { location: 'https://10.0.0.1/' }).end();
    expect((await failureOf(() => documents().find(host.url('/c.json')))).reason).toBe(
      'bad_status',
    );
    expect(proxy.targets).toHaveLength(1);
  });

  it.each([
    ['refuses the password', 407],
    ['has a rule against the host', 403],
    ['cannot reach the host', 502],
  ])(
    'are unreachable if the proxy %s (%p), and the log names the variable, without credentials',
    async (_what, status) => {
      proxy.answer = status;
      const failure = await failureOf(() => documents().find(host.url('/c.json')));
      expect(failure).toMatchObject({ reason: 'unreachable', isTemporary: true });
      expect(failure.detail).toBe(
        `the proxy ${proxy.url} (HTTPS_PROXY) refused the connection to client.example:${host.port} (status ${status})`,
      );
      expect(failure.message).not.toContain('proxy');
      expect(JSON.stringify(logged)).toContain('HTTPS_PROXY');
      expect(JSON.stringify(logged)).not.toMatch(/s3cr3t|czNjcjN0/);
    },
  );

  it('are unreachable if the proxy is down', async () => {
    await proxy.close();
    const { reason, detail } = await failureOf(() => documents().find(host.url('/c.json')));
    expect([reason, detail]).toEqual([
      'unreachable',
      `the proxy ${proxy.url} (HTTPS_PROXY) cannot be reached (ECONNREFUSED)`,
    ]);
  });

  it('time out if the proxy does not respond, and leave no connection to it', async () => {
    proxy.answer = 'stalls';
    const all = documents({}, { timeoutMs: 200 });
    expect((await failureOf(() => all.find(host.url('/c.json')))).reason).toBe('timeout');
  });

  it('of a host in NO_PROXY are fetched directly, from public addresses only', async () => {
    const NO_PROXY = 'client.example';
    const network = host.network();
    expect(await documents({ NO_PROXY }, network).find(host.url('/c.json'))).toBeDefined();
    const resolve: ResolveHost = async () => [{ address: '10.0.0.5', family: 4 }];
    const { reason } = await failureOf(() =>
      documents({ NO_PROXY }, { resolve }).find(host.url('/c.json')),
    );
    expect([reason, proxy.targets]).toEqual(['forbidden_address', []]);
  });
});
