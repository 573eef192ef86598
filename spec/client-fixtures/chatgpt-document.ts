/**
 * ChatGPT with a metadata document: proves itself by a signed assertion.
 *
 * @module
 */
import type { ClientFixture } from './client-fixture.js';

export const chatgptDocument: ClientFixture = {
  name: 'ChatGPT (metadata document)',
  reportedIn: ['operately/operately#5164', 'Altinity/altinity-mcp#118'],
  introduction: {
    by: 'document',
    path: '/oauth/abc123XYZ/client.json',
    document: {
      client_name: 'ChatGPT',
      redirect_uris: ['https://chatgpt.com/connector/oauth/abc123XYZ'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'private_key_jwt',
    },
  },
  redirectUri: 'https://chatgpt.com/connector/oauth/abc123XYZ',
  scopes: 'resource metadata',
  resource: { authorize: 'origin with slash' },
  tokenAuth: 'private_key_jwt',
};
