/** Copilot Studio: registers for a secret, redirects to a path of each tool. */
import type { ClientFacts } from './client-facts.js';

export const copilotStudio: ClientFacts = {
  name: 'Copilot Studio',
  evidence: { kind: 'reported', date: '2026-11-30' },
  reportedIn: ['pantalytics/odoo-mcp-pro#57', 'Teamwork/mcp#67', 'tableau/tableau-mcp#772'],
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'Microsoft Copilot Studio',
      redirect_uris: ['https://global.consent.azure-apim.net/redirect/cr123-5fmcp-20tool-5f4d2'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
    },
  },
  redirectUri: 'https://global.consent.azure-apim.net/redirect/cr123-5fmcp-20tool-5f4d2',
  scopes: 'server metadata',
  resource: {},
  tokenAuth: 'client_secret_basic',
  insistsOn: 'a secret',
};
