/** VS Code: four redirect URIs, no authentication method, another port in the end. */
import type { ClientFacts } from './client-facts.js';

export const vsCode: ClientFacts = {
  name: 'VS Code',
  evidence: { kind: 'reported', date: '2026-11-30' },
  reportedIn: ['microsoft/vscode#278512', 'microsoft/vscode#256288'],
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'Visual Studio Code',
      client_uri: 'https://code.visualstudio.com',
      redirect_uris: [
        'https://insiders.vscode.dev/redirect',
        'https://vscode.dev/redirect',
        'http://127.0.0.1/',
        'http://127.0.0.1:33418/',
      ],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
  },
  redirectUri: 'http://127.0.0.1:52431/',
  scopes: 'resource metadata',
  extraScopes: ['profile', 'email'],
  resource: { authorize: 'exact', token: 'exact' },
  tokenAuth: 'none',
  insistsOn: 'a `resource` in the metadata that is the URL it was given',
  strictAbout: ['resource'],
};
