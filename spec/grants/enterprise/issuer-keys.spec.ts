import { createServer, type RequestListener } from 'node:http';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair } from 'jose';

import type { Config, EnterpriseIssuer } from '../../../lib/config/config.js';
import { createIssuerKeys, type IssuerKeys } from '../../../lib/grants/enterprise/issuer-keys.js';
import { TemporarilyUnavailableError } from '../../../lib/oauth/errors.js';
import { json, startTlsHost, type TlsHost } from '../../clients/metadata-documents/tls-host.js';
import { close, listen } from '../../support/listen.js';
import { testCore } from '../../support/test-core.js';

const { publicKey } = await generateKeyPair('ES256', { extractable: true });
const jwk = { ...(await exportJWK(publicKey)), kid: 'one', use: 'sig' };

const entry = (issuer: string, jwksUri?: string): EnterpriseIssuer => ({
  issuer,
  clients: ['agent'],
  subject: ({ sub }) => sub,
  scopes: undefined,
  jwksUri,
});

/** Responds to each path with its JSON document. */
function site(documents: Readonly<Record<string, unknown>>): RequestListener {
  return (req, res) => {
    const body = documents[req.url ?? ''];
    if (body === undefined) res.writeHead(404).end();
    else json(body)(req, res);
  };
}

describe('keys of an enterprise issuer', () => {
  let host: TlsHost;
  let clock = 1_800_000_000;
  const opened: IssuerKeys[] = [];
  const warnings: string[] = [];

  beforeEach(async () => {
    host = await startTlsHost();
    warnings.length = 0;
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((keys) => keys.close()));
    await host.close();
  });

  function keysOf(...enterprise: EnterpriseIssuer[]): IssuerKeys {
    const { config: defaults } = testCore();
    const warn = (_fields: object, message: string): void => void warnings.push(message);
    const config: Partial<Config> = { enterprise, logger: { ...defaults.logger, warn } };
    const core = testCore({ config, now: () => clock, allowedNetwork: host.network() });
    const keys = createIssuerKeys(core);
    opened.push(keys);
    return keys;
  }

  it.each(['', '/', '/oauth2/default'])(
    'are where the discovery document below %p says, and cached',
    async (path) => {
      const issuer = entry(host.url(path));
      host.answer = site({
        [`${path.replace(/\/$/, '')}/.well-known/openid-configuration`]: {
          issuer: issuer.issuer,
          jwks_uri: host.url('/keys', 'cdn'),
        },
        '/keys': { keys: [jwk] },
      });
      const keys = keysOf(issuer);
      expect((await keys.find(issuer)).keys).toMatchObject([{ kid: 'one', kty: 'EC' }]);
      await keys.find(issuer);
      expect(host.requests).toHaveLength(2);
    },
  );

  it('are at jwksUri where that is set: no discovery document is fetched', async () => {
    const issuer = entry('https://acme.example', host.url('/keys?v=1'));
    host.answer = site({ '/keys?v=1': { keys: [jwk] } });
    expect((await keysOf(issuer).find(issuer)).keys).toHaveLength(1);
    expect(host.requests).toEqual(['GET /keys?v=1']);
  });

  it('are fetched again for an unknown kid, at most every half minute', async () => {
    const issuer = entry('https://acme.example', host.url('/keys'));
    host.answer = site({ '/keys': { keys: [jwk] } });
    const keys = keysOf(issuer);
    await keys.find(issuer);
    await keys.find(issuer, { isRenewal: true });
    expect(host.requests).toHaveLength(1);
    clock += 30;
    host.answer = site({ '/keys': { keys: [jwk, { ...jwk, kid: 'two' }] } });
    expect((await keys.find(issuer, { isRenewal: true })).keys).toHaveLength(2);
  });

  it.each(['no-store', 'no-cache', 'max-age=0'])(
    'attack: are not fetched at each request where the issuer sends %s',
    async (directive) => {
      const issuer = entry(host.url(''));
      const headers = { 'cache-control': directive };
      host.answer = (req, res) => {
        const document = { issuer: issuer.issuer, jwks_uri: host.url('/keys') };
        json(req.url === '/keys' ? { keys: [jwk] } : document, headers)(req, res);
      };
      const keys = keysOf(issuer);
      for (let count = 0; count < 5; count += 1) await keys.find(issuer);
      expect(host.requests).toHaveLength(2);
      host.answer = (_req, res) => res.writeHead(503).end();
      clock += 61;
      expect((await keys.find(issuer)).keys).toHaveLength(1);
    },
  );

  it('stay in use during an outage of the issuer, with a warning', async () => {
    const issuer = entry('https://acme.example', host.url('/keys'));
    host.answer = site({ '/keys': { keys: [jwk] } });
    const keys = keysOf(issuer);
    await keys.find(issuer);
    clock += 3600;
    host.answer = (_req, res) => res.writeHead(503).end();
    expect((await keys.find(issuer)).keys).toHaveLength(1);
    expect(warnings).toEqual([expect.stringContaining('the last good copy is used')]);
  });

  it.each<[string, RequestListener]>([
    ['an outage', (_req, res) => res.writeHead(503).end()],
    ['no document', (_req, res) => res.writeHead(404).end()],
    ['a redirect', (_req, res) => res.writeHead(302, { location: '/elsewhere' }).end()],
    ['a page', (_req, res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<p>')],
    ['a document of another issuer', json({ issuer: 'https://evil.example', jwks_uri: 'x' })],
    ['a list', json([])],
  ])('%s is an outage: a client tries again', async (_what, answer) => {
    const issuer = entry(host.url(''));
    host.answer = answer;
    const error: unknown = await keysOf(issuer)
      .find(issuer)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TemporarilyUnavailableError);
    expect(error).toMatchObject({ detail: expect.stringContaining(issuer.issuer) });
  });

  it('attack: a discovery document leads to no address of this network', async () => {
    const issuer = entry(host.url(''));
    const inside = createServer((_req, res) => res.end('{}'));
    const port = await listen(inside);
    for (const jwksUri of [
      `http://127.0.0.1:${port}/keys`,
      `https://10.0.0.1/keys`,
      `https://169.254.169.254/latest`,
      'file:///etc/passwd',
      7,
    ]) {
      host.answer = json({ issuer: issuer.issuer, jwks_uri: jwksUri });
      await expect(keysOf(issuer).find(issuer)).rejects.toThrow(TemporarilyUnavailableError);
    }
    await close(inside);
  });

  it('of an issuer on this machine may come by http, from its own origin only', async () => {
    const server = createServer();
    const origin = `http://localhost:${await listen(server)}`;
    const other = createServer((req, res) => json({ keys: [jwk] })(req, res));
    const elsewhere = `http://localhost:${await listen(other)}/keys`;
    const issuer = entry(origin);
    let jwksUri = `${origin}/keys`;
    server.on('request', (req, res) => {
      const document = { issuer: origin, jwks_uri: jwksUri };
      json(req.url === '/keys' ? { keys: [jwk] } : document)(req, res);
    });
    expect((await keysOf(issuer).find(issuer)).keys).toHaveLength(1);
    jwksUri = elsewhere;
    await expect(keysOf(issuer).find(issuer)).rejects.toThrow(TemporarilyUnavailableError);
    await close(server);
    await close(other);
  });
});
