/** Zed: a metadata document without ports. */
import type { ClientFixture } from './client-fixture.js';

export const zed: ClientFixture = {
  name: 'Zed',
  reportedIn: ['zed-industries/zed#56210'],
  introduction: {
    by: 'document',
    path: '/oauth/client-metadata.json',
    document: {
      client_name: 'Zed',
      client_uri: 'https://zed.dev',
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
  },
  redirectUri: 'http://127.0.0.1:27523/callback',
  scopes: 'challenge',
  resource: { authorize: 'exact', token: 'exact' },
  tokenAuth: 'none',
};
