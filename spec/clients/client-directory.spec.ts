import { describe, expect, it } from '@jest/globals';

import type { Client } from '../../lib/clients/client.js';
import { createClientDirectory } from '../../lib/clients/client-directory.js';
import { createRegisteredClients } from '../../lib/clients/registered-clients.js';
import { createKeyRing } from '../../lib/keys/key-ring.js';
import { parseClientMetadata } from '../../lib/oauth/client-metadata.js';

const registered = createRegisteredClients(
  createKeyRing([Buffer.alloc(32, 'k')]),
  'https://mcp.example',
  undefined,
);
const URL_ID = 'https://a.example/client.json';
const SECRET = 'a secret of thirty-two characters';
const CODE_CLIENT = {
  grants: ['authorization_code' as const],
  scopes: undefined,
  jwks: undefined,
  jwksUri: undefined,
  isAuth0Application: false,
};
const PRE_REGISTERED = [
  {
    ...CODE_CLIENT,
    clientId: 'desk',
    clientSecret: SECRET,
    redirectUris: ['https://desk.example/cb'],
    name: 'Desk',
  },
  {
    ...CODE_CLIENT,
    clientId: 'kiosk',
    clientSecret: undefined,
    redirectUris: ['http://localhost/cb'],
    name: 'Kiosk',
  },
  {
    ...CODE_CLIENT,
    clientId: '__proto__',
    clientSecret: undefined,
    redirectUris: ['http://localhost/'],
    name: 'x',
  },
];
const DOCUMENT_CLIENT: Client = {
  id: URL_ID,
  kind: 'metadata_document',
  name: 'Documented',
  redirectUris: ['http://localhost/callback'],
  authMethods: ['none'],
  mayRefresh: true,
  verifiedHost: 'a.example',
  jwks: undefined,
  jwksUri: undefined,
};

function directory({ withDocuments = true, preRegistered = PRE_REGISTERED } = {}) {
  const fetched: string[] = [];
  const documents = {
    isMetadataDocumentId: (id: string) => id.startsWith('https://'),
    check: () => {},
    async find(id: string) {
      fetched.push(id);
      return { ...DOCUMENT_CLIENT, id };
    },
  };
  const enabled = withDocuments ? documents : undefined;
  return { clients: createClientDirectory(preRegistered, registered, enabled), fetched };
}

describe('the directory of clients', () => {
  it('finds a registered client', async () => {
    const metadata = parseClientMetadata({ redirect_uris: ['https://a.example/cb'] });
    const { clientId } = registered.register(metadata, 0);
    const { clients } = directory();
    expect(await clients.find(clientId)).toMatchObject({ id: clientId, kind: 'registered' });
    expect(clients.isMetadataDocumentId(clientId)).toBe(false);
  });

  it('AS-7 fetches the document of a URL, once for each call', async () => {
    const { clients, fetched } = directory();
    expect(clients.isMetadataDocumentId(URL_ID)).toBe(true);
    expect(await clients.find(URL_ID)).toEqual(DOCUMENT_CLIENT);
    expect(fetched).toEqual([URL_ID]);
  });

  it('AS-7 fetches nothing where documents are disabled', async () => {
    const { clients } = directory({ withDocuments: false });
    expect(clients.isMetadataDocumentId(URL_ID)).toBe(false);
    expect(await clients.find(URL_ID)).toBeUndefined();
  });

  it('AS-1 finds pre-registered clients, with and without a secret', async () => {
    const { clients } = directory();
    expect(await clients.find('desk')).toMatchObject({
      kind: 'preregistered',
      name: 'Desk',
      authMethods: ['client_secret_basic', 'client_secret_post'],
      mayRefresh: true,
      redirectUris: ['https://desk.example/cb'],
    });
    expect(await clients.find('kiosk')).toMatchObject({ authMethods: ['none'] });
    expect(await clients.find('__proto__')).toMatchObject({ name: 'x' });
  });

  it('prefers a pre-registered client to a document of that id', async () => {
    const preRegistered = [
      { ...CODE_CLIENT, clientId: URL_ID, clientSecret: SECRET, redirectUris: ['a:/b'], name: 'x' },
    ];
    const { clients, fetched } = directory({ preRegistered });
    expect(clients.isMetadataDocumentId(URL_ID)).toBe(false);
    expect((await clients.find(URL_ID))?.kind).toBe('preregistered');
    expect(fetched).toEqual([]);
  });

  it.each(['', 'Desk', 'desk ', 'constructor', 'toString', 'auth0|1', 'x'.repeat(9000)])(
    'AS-28 finds no client for %.20j',
    async (id) => {
      expect(await directory({ preRegistered: [] }).clients.find(id)).toBeUndefined();
    },
  );

  it('accepts the secret of a pre-registered client, and no other', () => {
    const { clients } = directory();
    expect(clients.isSecretOf('desk', SECRET)).toBe(true);
    for (const wrong of ['', SECRET.slice(1), `${SECRET} `, SECRET.toUpperCase()]) {
      expect(clients.isSecretOf('desk', wrong)).toBe(false);
    }
    expect(clients.isSecretOf('kiosk', '')).toBe(false);
    expect(clients.isSecretOf('unknown', SECRET)).toBe(false);
  });

  it('accepts the secret of a registered client', () => {
    const metadata = parseClientMetadata({
      redirect_uris: ['https://a.example/cb'],
      token_endpoint_auth_method: 'client_secret_post',
    });
    const { clientId, clientSecret = '' } = registered.register(metadata, 0);
    expect(directory().clients.isSecretOf(clientId, clientSecret)).toBe(true);
    expect(directory().clients.isSecretOf(clientId, SECRET)).toBe(false);
  });

  it.each([
    ['jwks', { jwks: { keys: [] } }],
    ['jwks', { jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'secret-part' }] } }],
    ['jwks', { jwks: { keys: [{ kty: 'oct', k: 'secret-part' }] } }],
    ['jwks', { jwks: { keys: [{ kty: 'EC', crv: 'P-521', x: 'x', y: 'y' }] } }],
    ['jwksUri', { jwksUri: 'http://keys.example/jwks.json' }],
    ['jwksUri', { jwksUri: 'https://10.0.0.1/jwks.json' }],
    ['jwksUri', { jwksUri: 'https://169.254.169.254/latest' }],
  ])('refuses a pre-registered client with %s that cannot be used: %j', (field, change) => {
    const [client] = PRE_REGISTERED;
    if (client === undefined) throw new Error('no client');
    const preRegistered = [{ ...client, clientSecret: undefined, ...change }] as never;
    const error = thrownBy(() => directory({ preRegistered }));
    expect(error).toMatchObject({ name: 'Auth0McpConfigError', option: `clients[0].${field}` });
    expect(String(error)).not.toContain('secret-part');
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
