/** MCP Inspector: a page in the browser, so that everything is a cross-origin fetch. */
import type { ClientFacts } from './client-facts.js';

export const inspector: ClientFacts = {
  name: 'MCP Inspector',
  evidence: { kind: 'run', date: '2026-11-30', version: '0.22.0' },
  reportedIn: [
    'modelcontextprotocol/inspector 0.17, read and run',
    'modelcontextprotocol/inspector#816',
  ],
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'MCP Inspector',
      client_uri: 'https://github.com/modelcontextprotocol/inspector',
      redirect_uris: [
        'http://localhost:6274/oauth/callback',
        'http://localhost:6274/oauth/callback/debug',
      ],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      scope: '',
    },
  },
  redirectUri: 'http://localhost:6274/oauth/callback/debug',
  scopes: 'resource metadata',
  resource: { authorize: 'exact', token: 'exact' },
  tokenAuth: 'none',
  origin: 'http://localhost:6274',
  insistsOn: 'CORS everywhere, `WWW-Authenticate` exposed',
};
