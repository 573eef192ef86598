import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { parseKeySet } from '../../../lib/clients/metadata-documents/client-keys.js';
import {
  createMetadataDocuments,
  type MetadataDocuments,
} from '../../../lib/clients/metadata-documents/metadata-documents.js';
import { testCore } from '../../support/test-core.js';
import { reasonOf } from './failure.js';
import { json, startTlsHost, type TlsHost } from './tls-host.js';

const POINT = 'A'.repeat(43);
const KEY = { kty: 'EC', crv: 'P-256', x: POINT, y: POINT, kid: 'one' };
const rsa = (bytes: number, first = 0x80) =>
  Buffer.alloc(bytes, 'n').fill(first, 0, 1).toString('base64url');
const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
const RSA = { kty: 'RSA', n: rsa(256), e: 'AQAB' };

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

  function documents(
    allowedHosts?: string[],
    warn: (fields: object) => void = () => undefined,
  ): MetadataDocuments {
    const log = () => undefined;
    const config = {
      logger: { debug: log, info: log, warn, error: log },
      allowedClientMetadataHosts: allowedHosts,
    };
    return createMetadataDocuments(
      testCore({ config, now: () => clock, allowedNetwork: host.network() }),
    );
  }
  const remote = () => ({ jwks: undefined, jwksUri: host.url('/jwks.json') });

  it('R-CI-5 are fetched once and cached', async () => {
    const { findKeys } = documents();
    expect(await findKeys(remote())).toEqual({ keys: [KEY] });
    expect(await findKeys(remote())).toEqual({ keys: [KEY] });
    expect(host.requests).toEqual(['GET /jwks.json']);
  });

  it('R-CI-5 are fetched again for a key that is not among them', async () => {
    const { findKeys } = documents();
    await findKeys(remote());
    clock += 30;
    host.answer = json({ keys: [{ ...KEY, kid: 'two' }] });
    const { keys } = await findKeys(remote(), { isRenewal: true });
    expect(keys[0]).toMatchObject({ kid: 'two' });
  });

  it('R-CI-5 can be in the document, and then nothing is fetched', async () => {
    const jwks = { keys: [KEY] };
    expect(await documents().findKeys({ jwks, jwksUri: undefined })).toBe(jwks);
    expect(host.requests).toEqual([]);
  });

  it('R-CI-9 are cached during an outage of their host', async () => {
    const { findKeys } = documents();
    await findKeys(remote());
    host.answer = (_req, res) => res.destroy();
    clock += 3_600;
    expect(await findKeys(remote())).toEqual({ keys: [KEY] });
  });

  it.each([20_000, 60_000])('R-CI-12 can be larger than a document: %i bytes', async (size) => {
    const x5c = ['x'.repeat(size)];
    host.answer = json({ keys: [{ ...KEY, x5c }] });
    expect(await documents().findKeys(remote())).toEqual({ keys: [KEY] });
  });

  it.each([66_000, 1_000_000])('R-CI-12 have a limit of their own: not %i bytes', async (size) => {
    host.answer = json({ keys: [{ ...KEY, pad: 'x'.repeat(size) }] });
    expect(await reasonOf(() => documents().findKeys(remote()))).toBe('too_large');
  });

  it('R-CI-5 are fetched under the rules for documents', async () => {
    const { findKeys } = documents(['other.example']);
    expect(await reasonOf(() => findKeys(remote()))).toBe('host_not_allowed');
    const inside = { jwks: undefined, jwksUri: 'https://10.0.0.1/jwks.json' };
    expect(await reasonOf(() => documents().findKeys(inside))).toBe('forbidden_address');
    host.answer = (_req, res) => res.writeHead(302, { location: '/jwks2.json' }).end();
    expect(await reasonOf(() => documents().findKeys(remote()))).toBe('bad_status');
    const none = { jwks: undefined, jwksUri: undefined };
    expect(await reasonOf(() => documents().findKeys(none))).toBe('invalid_document');
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
    expect(await reasonOf(() => documents().findKeys(remote()))).toBe('invalid_document');
  });

  it.each<[string, object[]]>([
    ['a kid of 256 characters', [{ ...KEY, kid: 'k'.repeat(256) }]],
    ['a kid that is a number', [{ ...KEY, kid: 7 }]],
    ['a kid that is an object', [{ ...KEY, kid: { a: 1 } }]],
    ['an alg that is a list of objects', [{ ...KEY, alg: Array(5000).fill({}) }]],
    ['an alg that is deep', [{ ...KEY, alg: nested(5000) }]],
    ['an alg that is long', [{ ...RSA, alg: 'R'.repeat(33) }]],
    ['a use that is no text', [{ ...KEY, use: ['sig'] }]],
    ['a use that is long', [{ ...KEY, use: 'u'.repeat(33) }]],
    ['labels that are no text, on a key of another kind', [{ kty: 'AKP', kid: nested(3) }]],
    ['a coordinate of another size', [{ ...KEY, x: 'A'.repeat(44) }]],
    ['a coordinate that is no text', [{ ...KEY, y: [POINT] }]],
    ['a coordinate that is no base64url', [{ ...KEY, y: '!'.repeat(43) }]],
    ['a missing coordinate', [{ kty: 'EC', crv: 'P-256', x: POINT }]],
    ['an Ed25519 key of another size', [{ kty: 'OKP', crv: 'Ed25519', x: 'AAAA' }]],
    ['a modulus that is a list', [{ ...RSA, n: [RSA.n] }]],
    ['a missing exponent', [{ kty: 'RSA', n: RSA.n }]],
    ['more than 10 keys', Array.from({ length: 11 }, (_, n) => ({ ...KEY, kid: `${n}` }))],
    ['more than 10 equal keys', Array(11).fill(KEY)],
    ['a key that is no object', [KEY, [] as object]],
  ])('RFC 7517 §4 are refused with %s', async (_what, keys) => {
    expect(await reasonOf(async () => parseKeySet({ keys }))).toBe('invalid_document');
  });

  it('RFC 7517 §4 are refused when they are fetched, which is logged', async () => {
    const lines: unknown[] = [];
    host.answer = json({ keys: Array(11).fill(KEY) });
    const { findKeys } = documents(undefined, (fields) => lines.push(fields));
    expect(await reasonOf(() => findKeys(remote()))).toBe('invalid_document');
    const detail = 'the JWK Set contains more than 10 keys';
    expect(lines).toEqual([expect.objectContaining({ path: '/jwks.json', detail })]);
  });

  it.each<[string, object]>([
    ['an RSA key of 1024 bits', { ...RSA, n: rsa(128) }],
    ['an RSA key of 2047 bits', { ...RSA, n: rsa(256, 0x7f) }],
    ['an RSA key of 4104 bits', { ...RSA, n: rsa(513) }],
    ['an RSA key of 30 kB', { ...RSA, n: rsa(30_000) }],
    ['an RSA key that is mostly zeros', { ...RSA, n: rsa(512, 0) + rsa(256) }],
    ['an RSA key with an exponent of 5 bytes', { ...RSA, e: 'AQAAAAE' }],
    ['an RSA key with an exponent of 3072 bits', { ...RSA, e: rsa(384) }],
    ['a curve that is not supported', { kty: 'EC', crv: 'P-384', x: 'A', y: 'A' }],
    ['a kind that is unknown', { kty: 'AKP', pub: nested(5000) }],
    ['no kind', { x: POINT }],
    ['a kind that is an object', { kty: { a: 1 } }],
    ['a key for encryption', { ...KEY, kid: 'two', use: 'enc' }],
    ['a key for wrapping keys', { ...KEY, kid: 'two', key_ops: ['wrapKey'] }],
    ['a duplicate', KEY],
  ])('RFC 7517 §5 are used without %s', (_what, key) => {
    expect(parseKeySet({ keys: [key, KEY] })).toEqual({ keys: [KEY] });
  });

  it('are cached with their known members only', async () => {
    const keys = [
      { ...KEY, alg: 'ES256', use: 'sig', key_ops: ['verify'] },
      { ...RSA, kid: 'k'.repeat(255) },
      { ...RSA, n: rsa(512), e: 'Aw' },
      { ...RSA, n: `A${rsa(513, 0).slice(1)}` },
      { kty: 'OKP', crv: 'Ed25519', x: POINT },
    ];
    const more = { x5c: ['x'.repeat(300)], pad: nested(1000), __proto__: null };
    host.answer = json({ keys: keys.map((key) => ({ ...key, ...more })) });
    const { key_ops: _, ...first } = keys[0] as Record<string, unknown>;
    expect(await documents().findKeys(remote())).toEqual({ keys: [first, ...keys.slice(1)] });
  });
});
