import { randomBytes } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { parseDocumentUrl } from '../../lib/clients/metadata-documents/document-url.js';
import { createRegisteredClients } from '../../lib/clients/registered-clients.js';
import { createKeyRing } from '../../lib/keys/key-ring.js';
import { parseClientMetadata } from '../../lib/oauth/client-metadata.js';
import { InvalidClientMetadataError } from '../../lib/oauth/errors.js';
import { REAL_REGISTRATIONS } from '../oauth/real-registrations.js';

const NOW = 1_700_000_000;
const [OLD, NEW] = [Buffer.alloc(32, 'o'), Buffer.alloc(32, 'n')];
const ISSUER = 'https://mcp.example';
const checkUrl = (url: string): URL =>
  parseDocumentUrl(url, { allowedHosts: undefined, allowedAddresses: [] });
const clientsOf = (...secrets: Buffer[]) =>
  createRegisteredClients(createKeyRing(secrets), ISSUER, checkUrl);
const metadata = (fields: object = {}) =>
  parseClientMetadata({ redirect_uris: ['https://a.example/cb'], ...fields });
const CONFIDENTIAL = metadata({ token_endpoint_auth_method: 'client_secret_basic' });

describe('registered clients', () => {
  it.each(REAL_REGISTRATIONS)('CLI-15 are found again as they said they are: %s', (_name, body) => {
    const clients = clientsOf(OLD);
    const registered = parseClientMetadata(body);
    const { clientId, clientSecret, issuedAt } = clients.register(registered, NOW);
    expect(issuedAt).toBe(NOW);
    // Conflict 11, CLI-11: a client that asks for none never gets a secret.
    expect(clientSecret === undefined).toBe(registered.authMethod === 'none');
    const { clientName: name, authMethod, applicationType: _inferred, ...rest } = registered;
    expect(clients.find(clientId)).toEqual({
      id: clientId,
      kind: 'registered',
      name,
      ...rest,
      authMethods: authMethod === 'none' ? ['none'] : ['client_secret_basic', 'client_secret_post'],
      verifiedHost: undefined,
      jwks: undefined,
      jwksUri: undefined,
    });
    // R-AT-4, R-TK-3: never mistaken for a user's id, and the same raw and urlencoded.
    for (const text of [clientId, clientSecret ?? 'x']) expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it('R-RG-7 are valid on every instance with the same key, and on no other', () => {
    const { clientId } = clientsOf(OLD).register(metadata(), NOW);
    expect(clientsOf(OLD).find(clientId)).toBeDefined();
    expect(clientsOf(NEW).find(clientId)).toBeUndefined();
  });

  it.each([
    `${ISSUER}/`,
    'https://mcp.example:8443',
    'https://mcp.example/api',
    'http://mcp.example',
    '',
  ])('FA-20: are unknown to the issuer %j with the same key, as are their secrets', (issuer) => {
    const { clientId, clientSecret = '' } = clientsOf(OLD).register(CONFIDENTIAL, NOW);
    const other = createRegisteredClients(createKeyRing([OLD]), issuer, checkUrl);
    expect(other.find(clientId)).toBeUndefined();
    expect(other.isSecretOf(clientId, clientSecret)).toBe(false);
  });

  it('CLI-25 stay valid, as do their secrets, when a new key comes first', () => {
    const { clientId, clientSecret = '' } = clientsOf(OLD).register(CONFIDENTIAL, NOW);
    const rotated = clientsOf(NEW, OLD);
    expect(rotated.find(clientId)).toBeDefined();
    expect(rotated.isSecretOf(clientId, clientSecret)).toBe(true);
    expect(clientsOf(NEW).isSecretOf(clientId, clientSecret)).toBe(false);
  });

  const RSA = { kty: 'RSA', n: 'n'.repeat(342), e: 'AQAB', kid: 'one', alg: 'RS256', use: 'sig' };
  const EC = { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) };
  const signing = (keys: object) =>
    metadata({ token_endpoint_auth_method: 'private_key_jwt', ...keys });

  it.each([
    ['a set of keys', { jwks: { keys: [RSA, EC] } }, { keys: [RSA, EC] }],
    [
      'keys with more than is needed',
      { jwks: { keys: [{ ...EC, x5c: ['long'] }] } },
      { keys: [EC] },
    ],
    ['an address', { jwks_uri: 'https://a.example/jwks.json' }, undefined],
  ])('FA-19: contain their authentication keys, and have no secret: %s', (_what, keys, jwks) => {
    const clients = clientsOf(OLD);
    const { clientId, clientSecret } = clients.register(signing(keys), NOW);
    expect(clientSecret).toBeUndefined();
    expect(clientId.length).toBeLessThan(1000);
    expect(clientsOf(NEW, OLD).find(clientId)).toMatchObject({
      authMethods: ['private_key_jwt'],
      redirectUris: ['https://a.example/cb'],
      jwks,
      jwksUri: 'jwks_uri' in keys ? keys.jwks_uri : undefined,
    });
  });

  it.each([
    {},
    { jwks: { keys: [EC] }, jwks_uri: 'https://a.example/jwks.json' },
    { jwks: { keys: [] } },
    { jwks: { keys: [{ ...EC, d: 'private' }] } },
    { jwks: { keys: [{ kty: 'oct', k: 'shared' }] } },
    { jwks: [EC] },
    { jwks: { keys: Array(11).fill(EC) } },
    { jwks: { keys: [{ ...EC, kid: 'k'.repeat(256) }] } },
    { jwks: { keys: [{ ...EC, alg: [{}] }] } },
    { jwks: { keys: [{ kty: 'EC', crv: 'P-384', x: 'x', y: 'y' }] } },
    { jwks: 'text' },
    { jwks_uri: 7 },
    { jwks_uri: 'http://a.example/jwks.json' },
    { jwks_uri: 'https://10.0.0.1/jwks.json' },
    { jwks_uri: 'https://a.example/jwks.json\nhttps://b.example/cb' },
    {
      jwks: {
        keys: Array.from({ length: 9 }, () => ({ ...RSA, n: randomBytes(256).toString('hex') })),
      },
    },
  ])('FA-19: are refused with keys that cannot be used: %j', (keys) => {
    expect(() => clientsOf(OLD).register(signing(keys), NOW)).toThrow(InvalidClientMetadataError);
  });

  it('FA-19: need their keys in the registration where nothing is fetched, also those registered with a jwks_uri', () => {
    const remote = signing({ jwks_uri: 'https://a.example/jwks.json' });
    const { clientId } = clientsOf(OLD).register(remote, NOW);
    const quiet = createRegisteredClients(createKeyRing([OLD]), ISSUER, undefined);
    expect(() => quiet.register(remote, NOW)).toThrow(InvalidClientMetadataError);
    expect(quiet.find(clientId)).toBeUndefined();
    const own = quiet.register(signing({ jwks: { keys: [EC] } }), NOW);
    expect(quiet.find(own.clientId)?.jwks).toEqual({ keys: [EC] });
  });

  it('FA-21: are two for the same registration twice within a second', () => {
    const clients = clientsOf(OLD);
    const [one, other] = [clients.register(CONFIDENTIAL, NOW), clients.register(CONFIDENTIAL, NOW)];
    expect(one.clientId).not.toBe(other.clientId);
    expect(clients.isSecretOf(one.clientId, other.clientSecret ?? '')).toBe(false);
  });

  it('have a secret of their own', () => {
    const clients = clientsOf(OLD);
    const { clientId, clientSecret = '' } = clients.register(CONFIDENTIAL, NOW);
    const other = clients.register(CONFIDENTIAL, NOW + 1);
    expect(clientSecret).toHaveLength(43);
    expect(clients.isSecretOf(clientId, clientSecret)).toBe(true);
    for (const wrong of ['', clientSecret.slice(1), `${clientSecret}x`, other.clientSecret ?? '']) {
      expect(clients.isSecretOf(clientId, wrong)).toBe(false);
    }
    for (let at = 0; at < clientSecret.length - 1; at += 1) {
      const flipped = clientSecret[at] === 'A' ? 'B' : 'A';
      const wrong = clientSecret.slice(0, at) + flipped + clientSecret.slice(at + 1);
      expect(clients.isSecretOf(clientId, wrong)).toBe(false);
    }
  });

  it('R-RG-7 have no id of more than 2 kB', () => {
    // Random text, which no dictionary makes shorter.
    const redirect_uris = Array.from(
      { length: 20 },
      () => `https://a.example/${randomBytes(90).toString('base64url')}`,
    );
    expect(() => clientsOf(OLD).register(metadata({ redirect_uris }), NOW)).toThrow(
      InvalidClientMetadataError,
    );
  });

  it('R-AT-4 are not found by the id of a user or of a document', () => {
    for (const id of [
      'auth0|123',
      'google-oauth2|1',
      'https://a.example/c.json',
      '',
      'x'.repeat(5000),
    ]) {
      expect(clientsOf(OLD).find(id)).toBeUndefined();
    }
  });
});
