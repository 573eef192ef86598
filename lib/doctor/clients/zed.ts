/** Zed: a metadata document without ports. */
import type { ClientFacts } from './client-facts.js';

export const zed: ClientFacts = {
  name: 'Zed',
  evidence: { kind: 'reported', date: '2026-11-30' },
  reportedIn: ['zed-industries/zed#56210'],
  introduction: {
    by: 'document',
    url: 'https://zed.dev/oauth/client-metadata.json',
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
