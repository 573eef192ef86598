/** Libraries, and pages that use them: the app decides name and redirect URI. */
import { type ClientFacts, PUBLIC_METADATA, USUAL_HABITS } from './client-facts.js';

const useMcp: ClientFacts = {
  name: 'use-mcp',
  evidence: { kind: 'run', date: '2026-11-30', version: '0.0.21' },
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'my-app',
      client_uri: 'http://localhost:5173',
      redirect_uris: ['http://localhost:5173/oauth/callback'],
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://localhost:5173/oauth/callback',
  scopes: 'nowhere',
  resource: { authorize: 'exact', token: 'exact' },
  tokenAuth: 'none',
  origin: 'http://localhost:5173',
  insistsOn: 'CORS; pages that keep `window.opener`',
  note: 'login in a popup; its refresh was not tried',
  stepUp: { kind: 'unknown', note: 'not tried' },
};

const sdkPage: ClientFacts = {
  name: 'A page with MCP SDK 1.32',
  evidence: { kind: 'run', date: '2026-11-30', version: '1.32.2' },
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'my-app',
      redirect_uris: ['http://localhost:5173/callback'],
      scope: 'openid',
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://localhost:5173/callback',
  ...USUAL_HABITS,
  origin: 'http://localhost:5173',
  insistsOn: 'CORS; an origin off loopback has to be allowed',
  stepUp: { kind: 'manual', note: 'starts a login; the call succeeds if the app completes it' },
};

const aiSdk: ClientFacts = {
  name: '@ai-sdk/mcp',
  evidence: { kind: 'run', date: '2026-11-30', version: '2.0.99' },
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'my-app',
      redirect_uris: ['http://localhost:3000/callback'],
      application_type: 'native',
      scope: 'openid',
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://localhost:3000/callback',
  ...USUAL_HABITS,
  userAgent: 'ai-sdk/2.0.99',
  stepUp: { kind: 'manual', note: 'an error for the app; request the scope at the login' },
};

const langchain: ClientFacts = {
  name: '@langchain/mcp-adapters',
  evidence: { kind: 'run', date: '2026-11-30', version: '1.1.4' },
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'my-app',
      redirect_uris: ['http://localhost:3000/callback'],
      scope: 'openid',
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://localhost:3000/callback',
  ...USUAL_HABITS,

  stepUp: { kind: 'manual', note: 'starts a login; the call succeeds if the app completes it' },
};

const openaiAgents: ClientFacts = {
  name: '@openai/agents',
  evidence: { kind: 'run', date: '2026-11-30', version: '0.20.0' },
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'my-app',
      redirect_uris: ['http://localhost:3000/callback'],
      application_type: 'native',
      scope: 'openid',
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://localhost:3000/callback',
  ...USUAL_HABITS,

  stepUp: {
    kind: 'automatic',
    note: 'requests both scopes; the call succeeds if the app completes the login',
  },
};

const mastra: ClientFacts = {
  name: '@mastra/mcp',
  evidence: { kind: 'run', date: '2026-11-30', version: '2.0.0' },
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'my-app',
      redirect_uris: ['http://localhost:3000/callback'],
      application_type: 'native',
      scope: 'openid',
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://localhost:3000/callback',
  ...USUAL_HABITS,
  note: 'was run with a pre-registered client',
  stepUp: {
    kind: 'automatic',
    note: 'requests both scopes; its `authenticate()` did not complete the login, exchanging the code by hand did',
  },
};

const mcpUse: ClientFacts = {
  name: 'mcp-use',
  evidence: { kind: 'run', date: '2026-11-30', version: '1.34.6' },
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'my-app',
      client_uri: '',
      logo_uri: 'https://mcp-use.com/logo.png',
      redirect_uris: ['http://127.0.0.1:3000/callback'],
      scope: 'openid',
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://127.0.0.1:3000/callback',
  ...USUAL_HABITS,

  stepUp: { kind: 'manual', note: 'starts a login; the call succeeds if the app completes it' },
};

export const LIBRARIES: readonly ClientFacts[] = [
  useMcp,
  sdkPage,
  aiSdk,
  langchain,
  openaiAgents,
  mastra,
  mcpUse,
];
