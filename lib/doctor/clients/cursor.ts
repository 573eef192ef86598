/** Cursor: three redirect URIs at once, one of them of its own scheme. */
import type { ClientFacts } from './client-facts.js';

export const cursor: ClientFacts = {
  name: 'Cursor',
  evidence: { kind: 'reported', date: '2026-11-30' },
  reportedIn: [
    'makeplane/plane-mcp-server#159',
    'cartesia-ai/cartesia-mcp#73',
    'better-auth/better-auth#10956',
  ],
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'Cursor',
      redirect_uris: [
        'cursor://anysphere.cursor-mcp/oauth/callback',
        'https://www.cursor.com/agents/mcp/oauth/callback',
        'http://localhost:8787/callback',
      ],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
  },
  redirectUri: 'cursor://anysphere.cursor-mcp/oauth/callback',
  scopes: 'challenge',
  resource: { authorize: 'exact', token: 'exact' },
  tokenAuth: 'none',
  insistsOn: 'a redirect to its own scheme',
};
