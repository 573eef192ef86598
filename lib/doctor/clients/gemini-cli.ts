/** Gemini CLI: a random port, and an exact comparison of `resource`. */
import type { ClientFacts } from './client-facts.js';

export const geminiCli: ClientFacts = {
  name: 'Gemini CLI',
  evidence: { kind: 'run', date: '2026-11-30', version: '0.61.0' },
  reportedIn: [
    'google-gemini/gemini-cli#25508',
    'google-gemini/gemini-cli#29117',
    'google-gemini/gemini-cli#12628',
  ],
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'Gemini CLI MCP Client',
      redirect_uris: ['http://localhost:7777/oauth/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
  },
  redirectUri: 'http://localhost:49211/oauth/callback',
  scopes: 'resource metadata',
  resource: { authorize: 'exact', token: 'exact' },
  tokenAuth: 'none',
  insistsOn: 'a `resource` in the metadata that is the URL it was given',
  strictAbout: ['resource'],
};
