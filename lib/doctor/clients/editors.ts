/** Editors. From reports: they need a screen. */
import { type ClientFacts, PUBLIC_METADATA, USUAL_HABITS } from './client-facts.js';

const REPORTED_ON = '2026-11-30';

const cursor: ClientFacts = {
  name: 'Cursor',
  evidence: {
    kind: 'reported',
    date: REPORTED_ON,
  },
  reportedIn: [
    'makeplane/plane-mcp-server#159',
    'cartesia-ai/cartesia-mcp#73',
    'better-auth/better-auth#10956',
  ],
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'Cursor',
      redirect_uris: [
        'cursor://anysphere.cursor-mcp/oauth/callback',
        'https://www.cursor.com/agents/mcp/oauth/callback',
        'http://localhost:8787/callback',
      ],
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'cursor://anysphere.cursor-mcp/oauth/callback',
  ...USUAL_HABITS,
  insistsOn: 'a redirect to its own scheme',
  stepUp: { kind: 'unknown', note: 'not known' },
};

const vsCode: ClientFacts = {
  name: 'VS Code',
  evidence: {
    kind: 'reported',
    date: REPORTED_ON,
  },
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
  stepUp: { kind: 'unknown', note: 'not known' },
};

const zed: ClientFacts = {
  name: 'Zed',
  evidence: { kind: 'reported', date: REPORTED_ON },
  reportedIn: ['zed-industries/zed#56210'],
  introduction: {
    by: 'document',
    url: 'https://zed.dev/oauth/client-metadata.json',
    document: {
      client_name: 'Zed',
      client_uri: 'https://zed.dev',
      redirect_uris: ['http://127.0.0.1/callback'],
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://127.0.0.1:27523/callback',
  ...USUAL_HABITS,
  stepUp: { kind: 'unknown', note: 'not known' },
};

export const EDITORS: readonly ClientFacts[] = [cursor, vsCode, zed];
