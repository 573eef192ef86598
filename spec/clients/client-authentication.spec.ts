import { describe, expect, it } from '@jest/globals';

import { type AuthMethods, SECRET_METHODS } from '../../lib/clients/client.js';
import { ClientAssertionError } from '../../lib/clients/client-assertion.js';
import { createClientAuthentication } from '../../lib/clients/client-authentication.js';
import type { ClientDirectory } from '../../lib/clients/client-directory.js';
import { ClientMetadataError } from '../../lib/clients/metadata-documents/client-metadata-error.js';
import type { ClientAuthMethod, ClientCredentials } from '../../lib/oauth/client-credentials.js';
import { InvalidClientError } from '../../lib/oauth/errors.js';

const URL_ID = 'https://a.example/client.json';
const SECRET = 'right';

const neverAsked = async (): Promise<never> => {
  throw new Error('no client here is an application of Auth0');
};

/** One client of one method; `id` says whether a document stands behind it. */
function authentication(authMethod: ClientAuthMethod | 'unknown', failure?: unknown) {
  const authMethods: AuthMethods = authMethod.startsWith('client_secret_')
    ? SECRET_METHODS
    : [authMethod === 'unknown' ? 'none' : (authMethod as ClientAuthMethod)];
  const fetched: string[] = [];
  const asserted: unknown[] = [];
  const clients: Omit<ClientDirectory, 'requireCommonMethod'> = {
    isMetadataDocumentId: (id) => id.startsWith('https://'),
    checkMetadataDocumentId: () => {},
    async find(id) {
      fetched.push(id);
      if (authMethod === 'unknown') return undefined;
      return {
        id,
        kind: 'registered',
        name: undefined,
        redirectUris: ['https://a.example/cb'],
        authMethods,
        mayRefresh: true,
        verifiedHost: undefined,
        jwks: undefined,
        jwksUri: undefined,
      };
    },
    isSecretOf: (_id, secret) => secret === SECRET,
  };
  const authenticate = createClientAuthentication(
    clients,
    async (assertion, { id }) => {
      asserted.push([assertion, id]);
      if (failure !== undefined) throw failure;
      return async () => void asserted.push('used');
    },
    neverAsked,
  );
  return { authenticate, fetched, asserted };
}

const credentials = (
  method: ClientAuthMethod,
  proof: string | undefined,
  clientId = 'id',
): ClientCredentials => ({ clientId, method, proof });

describe('client authentication', () => {
  it.each<[string, ClientAuthMethod, ClientCredentials, boolean]>([
    ['R-TK-6 a public client by its id', 'none', credentials('none', undefined), false],
    [
      'CLI-11 a public client with an empty secret',
      'none',
      credentials('client_secret_basic', ''),
      false,
    ],
    [
      'R-TK-3 Basic, as registered',
      'client_secret_basic',
      credentials('client_secret_basic', SECRET),
      true,
    ],
    [
      'CLI-11 post, though registered for Basic',
      'client_secret_basic',
      credentials('client_secret_post', SECRET),
      true,
    ],
    [
      'R-TK-3 post, as registered',
      'client_secret_post',
      credentials('client_secret_post', SECRET),
      true,
    ],
    [
      'CLI-11 Basic, though registered for post',
      'client_secret_post',
      credentials('client_secret_basic', SECRET),
      true,
    ],
    ['R-CI-5 an assertion', 'private_key_jwt', credentials('private_key_jwt', 'a.b.c'), true],
  ])('accepts: %s', async (_what, authMethod, sent, isAuthenticated) => {
    const { authenticate } = authentication(authMethod);
    expect(await authenticate(sent)).toMatchObject({
      id: 'id',
      isAuthenticated,
    });
  });

  it.each<[string, ClientAuthMethod | 'unknown', ClientCredentials]>([
    ['CLI-23 an unknown client', 'unknown', credentials('none', undefined)],
    ['R-TK-5 a secret of an unknown client', 'unknown', credentials('client_secret_basic', SECRET)],
    ['R-TK-5 a wrong secret', 'client_secret_basic', credentials('client_secret_basic', 'wrong')],
    [
      'R-TK-5 a wrong secret in the body',
      'client_secret_post',
      credentials('client_secret_post', 'wrong'),
    ],
    ['R-TK-5 an empty secret', 'client_secret_basic', credentials('client_secret_basic', '')],
    ['R-TK-5 no secret where one is due', 'client_secret_post', credentials('none', undefined)],
    [
      'R-TK-5 an assertion in place of the secret',
      'client_secret_basic',
      credentials('private_key_jwt', SECRET),
    ],
    ['CLI-11 a secret where none was issued', 'none', credentials('client_secret_post', 'made up')],
    ['CLI-11 an assertion where none is due', 'none', credentials('private_key_jwt', 'a.b.c')],
    ['R-CI-5 no assertion where one is due', 'private_key_jwt', credentials('none', undefined)],
    [
      'R-CI-5 a secret where an assertion is due',
      'private_key_jwt',
      credentials('client_secret_post', SECRET),
    ],
    [
      'R-CI-5 the assertion as a secret',
      'private_key_jwt',
      credentials('client_secret_basic', 'a.b.c'),
    ],
  ])('refuses, with the same error: %s', async (_what, authMethod, sent) => {
    const attempt = authentication(authMethod).authenticate(sent);
    await expect(attempt).rejects.toBeInstanceOf(InvalidClientError);
    await expect(attempt).rejects.toMatchObject({ description: 'Client authentication failed' });
  });

  it('R-CI-9 accepts a public document client without fetching its document', async () => {
    const { authenticate, fetched } = authentication('private_key_jwt');
    expect(await authenticate(credentials('none', undefined, URL_ID))).toEqual({
      id: URL_ID,
      authMethod: 'none',
      // What its grant remembers decides whether a proof was due.
      isAuthenticated: false,
    });
    expect(fetched).toEqual([]);
  });

  it('R-TK-16 FA-25: verifies an assertion against this issuer and clock, and does not use it up', async () => {
    const { authenticate, asserted } = authentication('private_key_jwt');
    const client = await authenticate(credentials('private_key_jwt', 'a.b.c', URL_ID));
    expect(asserted).toEqual([['a.b.c', URL_ID]]);
    await client.useAssertion?.('grant');
    expect(asserted).toHaveLength(2);
  });

  it('fetches no document for a secret, which no such client has', async () => {
    const { authenticate, fetched } = authentication('none');
    for (const method of ['client_secret_basic', 'client_secret_post'] as const) {
      const attempt = authenticate(credentials(method, 'guess', URL_ID));
      await expect(attempt).rejects.toBeInstanceOf(InvalidClientError);
    }
    expect(fetched).toEqual([]);
  });

  it('R-CI-5 logs what was wrong with an assertion, and does not tell the client', async () => {
    const failure = new ClientAssertionError('jti was used before');
    const { authenticate } = authentication('private_key_jwt', failure);
    await expect(authenticate(credentials('private_key_jwt', 'a.b.c'))).rejects.toMatchObject({
      code: 'invalid_client',
      description: 'Client authentication failed',
      detail: 'jti was used before',
      cause: failure,
    });
  });

  it('R-CI-9 passes the error of an outage of the key host on', async () => {
    const failure = new ClientMetadataError('unreachable', 'down');
    const { authenticate } = authentication('private_key_jwt', failure);
    await expect(authenticate(credentials('private_key_jwt', 'a.b.c'))).rejects.toBe(failure);
  });
});
