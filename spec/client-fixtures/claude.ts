/**
 * claude.ai and Claude Desktop: registers from a server, again at nearly every connect.
 *
 * @module
 */
import type { ClientFixture } from './client-fixture.js';

export const claude: ClientFixture = {
  name: 'Claude (claude.ai, Desktop)',
  reportedIn: [
    'anthropics/claude-ai-mcp#124',
    'anthropics/claude-ai-mcp#313',
    'samanhappy/mcphub#1174',
  ],
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'Claude',
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_post',
      scope: 'claudeai',
    },
  },
  redirectUri: 'https://claude.ai/api/mcp/auth_callback',
  scopes: 'resource metadata',
  extraScopes: ['claudeai'],
  resource: { authorize: 'exact', token: 'exact' },
  tokenAuth: 'client_secret_post',
  userAgent: 'python-httpx/0.27.0',
  insistsOn: 'absolute metadata URLs; a token whose audience is the resource',
};
