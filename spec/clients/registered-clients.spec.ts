import { randomBytes } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { createRegisteredClients } from '../../lib/clients/registered-clients.js';
import { createKeyRing } from '../../lib/keys/key-ring.js';
import { parseClientMetadata } from '../../lib/oauth/client-metadata.js';
import { InvalidClientMetadata } from '../../lib/oauth/errors.js';
import { REAL_REGISTRATIONS } from '../oauth/real-registrations.js';

const NOW = 1_700_000_000;
const [OLD, NEW] = [Buffer.alloc(32, 'o'), Buffer.alloc(32, 'n')];
const ISSUER = 'https://mcp.example';
const clientsOf = (...secrets: Buffer[]) => createRegisteredClients(createKeyRing(secrets), ISSUER);
const metadata = (fields: object = {}) =>
  parseClientMetadata({ redirect_uris: ['https://a.example/cb'], ...fields });
const CONFIDENTIAL = metadata({ token_endpoint_auth_method: 'client_secret_basic' });

describe('clients that register themselves', () => {
  it.each(REAL_REGISTRATIONS)('CLI-15 are found again as they said they are: %s', (_name, body) => {
    const clients = clientsOf(OLD);
    const registered = parseClientMetadata(body);
    const { clientId, clientSecret, issuedAt } = clients.register(registered, NOW);
    expect(issuedAt).toBe(NOW);
    // Conflict 11, CLI-11: a client that asks for none never gets a secret.
    expect(clientSecret === undefined).toBe(registered.authMethod === 'none');
    const { clientName: name, authMethod, ...rest } = registered;
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
    // R-AT-4, R-TK-3: never mistaken for a person's id, and the same raw and urlencoded.
    for (const text of [clientId, clientSecret ?? 'x']) expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it('R-RG-7 are known to every instance with the same key, and to no other', () => {
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
  ])(
    'FA-20: are unknown to the issuer %j with the same key, and so are their secrets',
    (issuer) => {
      const { clientId, clientSecret = '' } = clientsOf(OLD).register(CONFIDENTIAL, NOW);
      const other = createRegisteredClients(createKeyRing([OLD]), issuer);
      expect(other.find(clientId)).toBeUndefined();
      expect(other.isSecretOf(clientId, clientSecret)).toBe(false);
    },
  );

  it('CLI-25 stay known, and their secrets good, when a new key comes first', () => {
    const { clientId, clientSecret = '' } = clientsOf(OLD).register(CONFIDENTIAL, NOW);
    const rotated = clientsOf(NEW, OLD);
    expect(rotated.find(clientId)).toBeDefined();
    expect(rotated.isSecretOf(clientId, clientSecret)).toBe(true);
    expect(clientsOf(NEW).isSecretOf(clientId, clientSecret)).toBe(false);
  });

  it('have a secret that fits them alone', () => {
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

  it('R-RG-7 get no id of more than 2 kB', () => {
    // Random text, which no dictionary makes shorter.
    const redirect_uris = Array.from(
      { length: 20 },
      () => `https://a.example/${randomBytes(90).toString('base64url')}`,
    );
    expect(() => clientsOf(OLD).register(metadata({ redirect_uris }), NOW)).toThrow(
      InvalidClientMetadata,
    );
  });

  it('R-AT-4 are not found under the id of a person or of a document', () => {
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
