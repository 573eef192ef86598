/** mcp-remote: begins with GET, looks at /authorize before it opens a browser, names scopes again. */
import type { ClientFacts } from './client-facts.js';

export const mcpRemote: ClientFacts = {
  name: 'mcp-remote',
  evidence: { kind: 'run', date: '2026-11-30', version: '0.15.1' },
  reportedIn: [
    'geelen/mcp-remote 0.15, read and run',
    'punkpeye/mcp-remote#36',
    'punkpeye/mcp-remote#72',
  ],
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'MCP CLI Proxy',
      client_uri: 'https://github.com/geelen/mcp-remote',
      redirect_uris: ['http://localhost:3334/oauth/callback'],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d',
      software_version: '0.15.0',
      scope: 'openid',
    },
  },
  redirectUri: 'http://localhost:3335/oauth/callback',
  scopes: 'resource metadata',
  resource: { authorize: 'exact', token: 'exact' },
  tokenAuth: 'none',
  firstRequest: 'GET',
  hasPreflight: true,
  refreshesWithScope: true,
  insistsOn: 'a resource that is its URL or the origin',
};
