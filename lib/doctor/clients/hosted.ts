/** Clients that run at their vendor: Claude, ChatGPT, Copilot Studio. From reports: none runs without an account. */
import { type ClientFacts, PUBLIC_METADATA, type StepUp } from './client-facts.js';

const REPORTED_ON = '2026-11-30';

const CLAUDE = {
  redirectUri: 'https://claude.ai/api/mcp/auth_callback',
  scopes: 'resource metadata',
  resource: { authorize: 'exact', token: 'exact' },
  userAgent: 'python-httpx/0.27.0',
  mcpUserAgent: 'Claude-User',
  insistsOn: 'absolute metadata URLs; a token whose audience is the resource',
  stepUp: {
    kind: 'manual',
    note: 'asks to reconnect, and requests its first scopes again: select the missing scope on the consent page',
  },
} as const satisfies Partial<ClientFacts>;

/** At other servers, at nearly every connect. */
const claudeRegistered: ClientFacts = {
  ...CLAUDE,
  name: 'Claude (by registration)',
  evidence: {
    kind: 'reported',
    date: REPORTED_ON,
  },
  reportedIn: ['anthropics/claude-ai-mcp#487', 'anthropics/claude-ai-mcp#313'],
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'Claude',
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
      ...PUBLIC_METADATA,
    },
  },
  tokenAuth: 'none',
};

/** Where the server supports metadata documents and public clients. */
const claudeDocument: ClientFacts = {
  ...CLAUDE,
  name: 'Claude (claude.ai, Desktop)',
  otherwise: claudeRegistered,
  evidence: {
    kind: 'reported',
    date: REPORTED_ON,
  },
  reportedIn: [
    'anthropics/claude-ai-mcp#487',
    'anthropics/claude-ai-mcp#931',
    'anthropics/claude-ai-mcp#218',
  ],
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
  tokenAuth: 'none',
};

const claudeWithSecret: ClientFacts = {
  ...CLAUDE,
  name: 'Claude (with a secret, earlier)',
  isVariant: true,
  evidence: {
    kind: 'reported',
    date: REPORTED_ON,
  },
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
  extraScopes: ['claudeai'],
  tokenAuth: 'client_secret_post',
};

const CHATGPT_STEP_UP: StepUp = {
  kind: 'manual',
  note: 'reported to follow a challenge in the result of the tool only: reconnect, and select the missing scope on the consent page',
};

/** With a secret. */
const chatgpt: ClientFacts = {
  name: 'ChatGPT (by registration)',
  evidence: {
    kind: 'reported',
    date: REPORTED_ON,
  },
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
  insistsOn: 'its authentication method in the registration response',
  strictAbout: ['iss', 'authentication method'],
  stepUp: CHATGPT_STEP_UP,
};

const CHATGPT_DOCUMENT = {
  evidence: {
    kind: 'reported',
    date: REPORTED_ON,
  },
  reportedIn: ['operately/operately#5164', 'Altinity/altinity-mcp#118'],
  scopes: 'resource metadata',
  resource: { authorize: 'origin with slash' },
  tokenAuth: 'private_key_jwt',
  assertionAlgorithm: 'RS256',
  insistsOn: 'the resource as the audience of its token',
  strictAbout: ['iss'],
  stepUp: CHATGPT_STEP_UP,
} as const satisfies Partial<ClientFacts>;

/** Where the server sends `iss`. */
const chatgptDocument: ClientFacts = {
  ...CHATGPT_DOCUMENT,
  name: 'ChatGPT (metadata document)',
  otherwise: chatgpt,
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
};

/** A document for each connector. */
const chatgptConnector: ClientFacts = {
  ...CHATGPT_DOCUMENT,
  name: 'ChatGPT (metadata document of a connector)',
  isVariant: true,
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
};

const copilotStudio: ClientFacts = {
  name: 'Copilot Studio',
  evidence: {
    kind: 'reported',
    date: REPORTED_ON,
  },
  reportedIn: ['pantalytics/odoo-mcp-pro#57', 'Teamwork/mcp#67', 'tableau/tableau-mcp#772'],
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'Microsoft Copilot Studio',
      // A path for each tool.
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
  stepUp: { kind: 'unknown', note: 'not known' },
};

export const HOSTED: readonly ClientFacts[] = [
  claudeDocument,
  claudeRegistered,
  claudeWithSecret,
  chatgptDocument,
  chatgptConnector,
  chatgpt,
  copilotStudio,
];
