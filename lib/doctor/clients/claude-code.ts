/** Claude Code: a metadata document without ports, and a port of its own at run time. */
import type { ClientFacts } from './client-facts.js';

export const claudeCode: ClientFacts = {
  name: 'Claude Code',
  evidence: { kind: 'run', date: '2026-11-30', version: '2.1.332' },
  reportedIn: [
    'anthropics/claude-code#37767',
    'anthropics/claude-code#52871',
    'anthropics/claude-code#84614',
  ],
  introduction: {
    by: 'document',
    url: 'https://claude.ai/oauth/claude-code-client-metadata',
    document: {
      client_name: 'Claude Code',
      redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
  },
  redirectUri: 'http://localhost:3118/callback',
  scopes: 'challenge',
  resource: { authorize: 'origin with slash', token: 'origin with slash' },
  tokenAuth: 'none',
  parallelRefreshes: 3,
  insistsOn: '`iss` equal to the issuer of the metadata',
  strictAbout: ['iss'],
};
