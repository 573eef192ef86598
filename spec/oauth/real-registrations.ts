/**
 * Registration bodies as real clients send them, some seen on the wire, others reported.
 *
 * @module
 */
import type { ClientMetadata } from '../../lib/oauth/client-metadata.js';

/** The fields every one of them has, and whatever else it says. */
export type RegistrationBody = Readonly<Record<string, unknown>> & {
  readonly redirect_uris: readonly string[];
  readonly client_name?: string;
};

const BOTH_GRANTS = {
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
};

/** Client, body, and where its metadata differ from a public client's that may refresh. */
export const REAL_REGISTRATIONS: readonly [string, RegistrationBody, Partial<ClientMetadata>][] = [
  [
    'SDK 1.25, no scope, no method',
    { client_name: 'my-host', redirect_uris: ['http://localhost:3000/callback'] },
    {},
  ],
  [
    'SDK 1.32',
    {
      client_name: 'my-host',
      redirect_uris: ['http://localhost:3000/callback'],
      token_endpoint_auth_method: 'none',
      scope: 'openid read',
    },
    {},
  ],
  [
    'SDK 2.4',
    {
      client_name: 'my-host',
      redirect_uris: ['http://127.0.0.1:3000/callback'],
      application_type: 'native',
      scope: 'openid',
      ...BOTH_GRANTS,
    },
    {},
  ],
  [
    'Claude',
    {
      client_name: 'Claude',
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
      token_endpoint_auth_method: 'client_secret_post',
      scope: 'claudeai',
      ...BOTH_GRANTS,
    },
    { authMethod: 'client_secret_post' },
  ],
  [
    'Claude Code',
    {
      client_name: 'Claude Code (my-server)',
      redirect_uris: ['http://localhost:53118/callback'],
      token_endpoint_auth_method: 'none',
      ...BOTH_GRANTS,
    },
    {},
  ],
  [
    'ChatGPT',
    {
      client_name: 'ChatGPT',
      redirect_uris: ['https://chatgpt.com/connector/oauth/Ab3_x9Zk'],
      token_endpoint_auth_method: 'client_secret_post',
      ...BOTH_GRANTS,
    },
    { authMethod: 'client_secret_post' },
  ],
  [
    'Codex',
    {
      client_name: 'Codex',
      redirect_uris: ['http://127.0.0.1:1455/callback'],
      token_endpoint_auth_method: 'none',
      ...BOTH_GRANTS,
    },
    {},
  ],
  [
    'Cursor, three URIs, application_type web',
    {
      client_name: 'Cursor',
      application_type: 'web',
      redirect_uris: [
        'cursor://anysphere.cursor-mcp/oauth/callback',
        'https://www.cursor.com/agents/mcp/oauth/callback',
        'http://localhost:8787/callback',
      ],
      token_endpoint_auth_method: 'none',
      ...BOTH_GRANTS,
    },
    {},
  ],
  [
    'an older Cursor',
    {
      client_name: 'Cursor',
      redirect_uris: ['cursor://anysphere.cursor-retrieval/oauth/user-my_server/callback'],
    },
    {},
  ],
  [
    'VS Code, four URIs, no method',
    {
      client_name: 'Visual Studio Code',
      client_uri: 'https://code.visualstudio.com',
      redirect_uris: [
        'https://insiders.vscode.dev/redirect',
        'https://vscode.dev/redirect',
        'http://127.0.0.1/',
        'http://127.0.0.1:33418/',
      ],
      grant_types: [
        'authorization_code',
        'refresh_token',
        'urn:ietf:params:oauth:grant-type:device_code',
      ],
      response_types: ['code'],
    },
    {},
  ],
  [
    'Gemini CLI',
    {
      client_name: 'Gemini CLI MCP Client',
      redirect_uris: ['http://localhost:51203/oauth/callback'],
      token_endpoint_auth_method: 'none',
      code_challenge_method: ['S256'],
      ...BOTH_GRANTS,
    },
    {},
  ],
  [
    'mcp-remote',
    {
      client_name: 'MCP CLI Proxy',
      client_uri: 'https://github.com/modelcontextprotocol/mcp-cli',
      redirect_uris: ['http://localhost:3334/oauth/callback'],
      token_endpoint_auth_method: 'none',
      software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d',
      software_version: '0.1.38',
      scope: 'openid email profile',
      ...BOTH_GRANTS,
    },
    {},
  ],
  [
    'MCP Inspector 0.17, empty scope',
    {
      client_name: 'MCP Inspector',
      client_uri: 'https://github.com/modelcontextprotocol/inspector',
      redirect_uris: [
        'http://localhost:6274/oauth/callback',
        'http://localhost:6274/oauth/callback/debug',
      ],
      token_endpoint_auth_method: 'none',
      scope: '',
      ...BOTH_GRANTS,
    },
    {},
  ],
  [
    'Copilot Studio',
    {
      client_name: 'Microsoft Copilot Studio connector',
      redirect_uris: ['https://global.consent.azure-apim.net/redirect/cr5fa-5fnotes-2dserver'],
      token_endpoint_auth_method: 'client_secret_basic',
      ...BOTH_GRANTS,
    },
    { authMethod: 'client_secret_basic' },
  ],
  [
    'opencode',
    {
      client_name: 'OpenCode',
      client_uri: 'https://opencode.ai',
      redirect_uris: ['http://127.0.0.1:19876/mcp/oauth/callback'],
      token_endpoint_auth_method: 'none',
      ...BOTH_GRANTS,
    },
    {},
  ],
  [
    'a client that only takes codes',
    {
      client_name: 'short-lived',
      redirect_uris: ['https://app.customer.example/oauth/callback'],
      grant_types: ['authorization_code'],
    },
    { mayRefresh: false },
  ],
];
