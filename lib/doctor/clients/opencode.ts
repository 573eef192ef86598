/** opencode: a loopback address of its own; no scopes, no state. */
import type { ClientFacts } from './client-facts.js';

export const opencode: ClientFacts = {
  name: 'opencode',
  evidence: { kind: 'run', date: '2026-11-30', version: '1.18.33' },
  reportedIn: ['anomalyco/opencode#18955', 'anomalyco/opencode#47743'],
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'OpenCode',
      client_uri: 'https://opencode.ai',
      redirect_uris: ['http://127.0.0.1:19876/mcp/oauth/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
  },
  redirectUri: 'http://127.0.0.1:19876/mcp/oauth/callback',
  scopes: 'nowhere',
  isStateless: true,
  resource: { authorize: 'exact', token: 'exact' },
  tokenAuth: 'none',
};
