/** ChatGPT with a metadata document: may prove itself by a signed assertion, and does. */
import type { ClientFacts } from './client-facts.js';

/** Where `iss` is advertised, as here. */
export const chatgptDocument: ClientFacts = {
  name: 'ChatGPT (metadata document)',
  evidence: { kind: 'reported', date: '2026-11-30' },
  reportedIn: ['operately/operately#5164', 'Altinity/altinity-mcp#118'],
  introduction: {
    by: 'document',
    url: 'https://chatgpt.com/oauth/client.json',
    document: {
      client_name: 'ChatGPT',
      client_uri: 'https://chatgpt.com',
      redirect_uris: ['https://chatgpt.com/connector_platform_oauth_redirect'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
    },
  },
  redirectUri: 'https://chatgpt.com/connector_platform_oauth_redirect',
  scopes: 'resource metadata',
  resource: { authorize: 'origin with slash' },
  tokenAuth: 'private_key_jwt',
  assertionAlgorithm: 'RS256',
  insistsOn: 'the resource as audience of its token',
  strictAbout: ['iss'],
};

/** With an address for each connector. */
export const chatgptConnector: ClientFacts = {
  name: 'ChatGPT (metadata document of a connector)',
  evidence: { kind: 'reported', date: '2026-11-30' },
  reportedIn: ['operately/operately#5164', 'Altinity/altinity-mcp#118'],
  introduction: {
    by: 'document',
    url: 'https://chatgpt.com/oauth/abc123XYZ/client.json',
    document: {
      client_name: 'ChatGPT',
      redirect_uris: ['https://chatgpt.com/connector/oauth/abc123XYZ'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'private_key_jwt',
    },
  },
  redirectUri: 'https://chatgpt.com/connector/oauth/abc123XYZ',
  scopes: 'resource metadata',
  resource: { authorize: 'origin with slash' },
  tokenAuth: 'private_key_jwt',
  strictAbout: ['iss'],
};
