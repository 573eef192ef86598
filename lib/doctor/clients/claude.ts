/** claude.ai and Claude Desktop: from a server, by document or else by registration at nearly every connect. */
import type { ClientFacts } from './client-facts.js';

const USER_AGENT = 'python-httpx/0.27.0';
const INSISTS_ON = 'absolute metadata URLs; a token whose audience is the resource';

/** Where documents and public clients are advertised; the grant types are those of its document. */
export const claudeDocument: ClientFacts = {
  name: 'Claude (claude.ai, Desktop)',
  evidence: { kind: 'reported', date: '2026-11-30' },
  reportedIn: ['anthropics/claude-ai-mcp#487'],
  introduction: {
    by: 'document',
    url: 'https://claude.ai/oauth/mcp-oauth-client-metadata',
    document: {
      client_name: 'Claude',
      client_uri: 'https://claude.ai',
      redirect_uris: [
        'https://claude.ai/api/mcp/auth_callback',
        'https://claude.com/api/mcp/auth_callback',
      ],
      grant_types: [
        'authorization_code',
        'refresh_token',
        'urn:ietf:params:oauth:grant-type:jwt-bearer',
      ],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
  },
  redirectUri: 'https://claude.ai/api/mcp/auth_callback',
  scopes: 'resource metadata',
  resource: { authorize: 'exact', token: 'exact' },
  tokenAuth: 'none',
  userAgent: USER_AGENT,
  insistsOn: INSISTS_ON,
};

/** Elsewhere. */
export const claudeRegistered: ClientFacts = {
  name: 'Claude (by registration)',
  evidence: { kind: 'reported', date: '2026-11-30' },
  reportedIn: ['anthropics/claude-ai-mcp#487', 'anthropics/claude-ai-mcp#313'],
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'Claude',
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
  },
  redirectUri: 'https://claude.ai/api/mcp/auth_callback',
  scopes: 'resource metadata',
  resource: { authorize: 'exact', token: 'exact' },
  tokenAuth: 'none',
  userAgent: USER_AGENT,
  insistsOn: INSISTS_ON,
};

/** As it was before. */
export const claudeWithSecret: ClientFacts = {
  name: 'Claude (with a secret, earlier)',
  evidence: { kind: 'reported', date: '2026-11-30' },
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
  userAgent: USER_AGENT,
  insistsOn: INSISTS_ON,
};
