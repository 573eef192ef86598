import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import {
  createMetadataDocuments,
  type MetadataDocuments,
} from '../../../lib/clients/metadata-documents/metadata-documents.js';
import { reasonOf } from './failure.js';
import { json, startTlsHost, type TlsHost } from './tls-host.js';

const KEY = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'one' };

describe('keys of a client', () => {
  let host: TlsHost;
  let clock = 1_800_000_000;

  beforeAll(async () => {
    host = await startTlsHost();
  });
  afterAll(() => host.close());
  beforeEach(() => {
    host.requests.length = 0;
    host.answer = json({ keys: [KEY] });
  });

  function documents(allowedHosts?: string[]): MetadataDocuments {
    const log = () => undefined;
    return createMetadataDocuments({
      now: () => clock,
      log: { debug: log, info: log, warn: log, error: log },
      isAcceptableRedirectUri: () => true,
      allowedNetwork: host.network(),
      allowedHosts,
    });
  }
  const remote = () => ({ jwks: undefined, jwksUri: host.url('/jwks.json') });

  it('R-CI-5 are fetched once and cached', async () => {
    const { clientKeys } = documents();
    expect(await clientKeys(remote())).toEqual({ keys: [KEY] });
    expect(await clientKeys(remote())).toEqual({ keys: [KEY] });
    expect(host.requests).toEqual(['GET /jwks.json']);
  });

  it('R-CI-5 are fetched again on request, for a key that is not among them', async () => {
    const { clientKeys } = documents();
    await clientKeys(remote());
    clock += 30;
    host.answer = json({ keys: [{ ...KEY, kid: 'two' }] });
    const { keys } = await clientKeys(remote(), { isRenewal: true });
    expect(keys[0]).toMatchObject({ kid: 'two' });
  });

  it('R-CI-5 may stand in the document, and then nothing is fetched', async () => {
    const jwks = { keys: [KEY] };
    expect(await documents().clientKeys({ jwks, jwksUri: undefined })).toBe(jwks);
    expect(host.requests).toEqual([]);
  });

  it('R-CI-9 outlive an outage of their host', async () => {
    const { clientKeys } = documents();
    await clientKeys(remote());
    host.answer = (_req, res) => res.destroy();
    clock += 3_600;
    expect(await clientKeys(remote())).toEqual({ keys: [KEY] });
  });

  it.each([20_000, 60_000])('R-CI-12 may be larger than a document: %i bytes', async (size) => {
    const x5c = ['x'.repeat(size)];
    host.answer = json({ keys: [{ ...KEY, x5c }] });
    expect(await documents().clientKeys(remote())).toEqual({ keys: [{ ...KEY, x5c }] });
  });

  it.each([66_000, 1_000_000])('R-CI-12 have a limit of their own: not %i bytes', async (size) => {
    host.answer = json({ keys: [{ ...KEY, pad: 'x'.repeat(size) }] });
    expect(await reasonOf(() => documents().clientKeys(remote()))).toBe('too_large');
  });

  it('R-CI-5 obey the rules for fetching', async () => {
    const { clientKeys } = documents(['other.example']);
    expect(await reasonOf(() => clientKeys(remote()))).toBe('host_not_allowed');
    const inside = { jwks: undefined, jwksUri: 'https://10.0.0.1/jwks.json' };
    expect(await reasonOf(() => documents().clientKeys(inside))).toBe('forbidden_address');
    host.answer = (_req, res) => res.writeHead(302, { location: '/jwks2.json' }).end();
    expect(await reasonOf(() => documents().clientKeys(remote()))).toBe('bad_status');
    const none = { jwks: undefined, jwksUri: undefined };
    expect(await reasonOf(() => documents().clientKeys(none))).toBe('invalid_document');
  });

  it.each([
    [{ keys: [{ ...KEY, d: 'x' }] }],
    [{ keys: [{ kty: 'oct', k: 'x' }] }],
    [{ keys: [] }],
    [{ keys: {} }],
    [[KEY]],
    ['keys'],
  ])('R-CI-3 are refused when they are not public keys: %j', async (body) => {
    host.answer = json(body);
    expect(await reasonOf(() => documents().clientKeys(remote()))).toBe('invalid_document');
  });
});
