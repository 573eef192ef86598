/** ChatGPT: registers with a secret; names the origin as the resource, and only at first. */
import type { ClientFacts } from './client-facts.js';

export const chatgpt: ClientFacts = {
  name: 'ChatGPT',
  evidence: { kind: 'reported', date: '2026-11-30' },
  reportedIn: ['operately/operately#5164', 'Altinity/altinity-mcp#118'],
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'ChatGPT',
      redirect_uris: ['https://chatgpt.com/connector/oauth/abc123XYZ'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_post',
    },
  },
  redirectUri: 'https://chatgpt.com/connector/oauth/abc123XYZ',
  scopes: 'resource metadata',
  resource: { authorize: 'origin with slash' },
  tokenAuth: 'client_secret_post',
  insistsOn: 'its authentication method echoed by the registration',
  strictAbout: ['iss', 'authentication method'],
};
