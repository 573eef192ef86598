/** GitHub Copilot CLI: a document with one port, another at run time. */
import type { ClientFacts } from './client-facts.js';

export const copilotCli: ClientFacts = {
  name: 'GitHub Copilot CLI',
  evidence: { kind: 'run', date: '2026-11-30', version: '1.0.102' },
  reportedIn: ['github/copilot-cli#4606', 'github/copilot-cli#4793'],
  introduction: {
    by: 'document',
    url: 'https://github.com/copilot/cli/client-metadata.json',
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
  strictAbout: ['iss', 'issuer'],
};
