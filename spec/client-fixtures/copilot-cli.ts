/** GitHub Copilot CLI: a document with one port, another at run time. */
import type { ClientFixture } from './client-fixture.js';

export const copilotCli: ClientFixture = {
  name: 'GitHub Copilot CLI',
  reportedIn: ['github/copilot-cli#4606', 'github/copilot-cli#4793'],
  introduction: {
    by: 'document',
    path: '/copilot-cli/oauth-client.json',
    document: {
      client_name: 'GitHub Copilot CLI',
      redirect_uris: ['http://127.0.0.1:33418/'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
  },
  redirectUri: 'http://127.0.0.1:40117/',
  scopes: 'challenge',
  resource: { authorize: 'exact', token: 'exact' },
  tokenAuth: 'none',
  insistsOn: '`iss`; an issuer equal to the one the resource names',
};
