/** MCP Inspector: a page in the browser, so that everything is a cross-origin fetch. */
import type { ClientFixture } from './client-fixture.js';

export const inspector: ClientFixture = {
  name: 'MCP Inspector',
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
