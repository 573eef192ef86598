/** Codex CLI: takes its scopes from the authorization server, refreshes from several processes. */
import type { ClientFacts } from './client-facts.js';

export const codex: ClientFacts = {
  name: 'Codex CLI',
  evidence: { kind: 'run', date: '2026-11-30', version: '0.171.0' },
  reportedIn: ['openai/codex#15643', 'openai/codex#35253', 'openai/codex#40928'],
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'Codex',
      redirect_uris: ['http://127.0.0.1:51703/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
  },
  redirectUri: 'http://127.0.0.1:51999/callback',
  scopes: 'server metadata',
  resource: { authorize: 'exact', token: 'exact' },
  tokenAuth: 'none',
  parallelRefreshes: 4,
  insistsOn: '`iss`, where it is advertised; no secret where it asked for none',
  strictAbout: ['iss', 'no secret'],
};
