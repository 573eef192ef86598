/** Registration bodies as clients send them. */
import { CLIENTS } from '../../lib/doctor/clients/clients.js';
import type { ClientMetadata } from '../../lib/oauth/client-metadata.js';

/** The fields every one of them has, and whatever else it says. */
export type RegistrationBody = Readonly<Record<string, unknown>> & {
  readonly redirect_uris: readonly string[];
  readonly client_name?: string;
};

/** Client, body, and where its metadata differ from a public client's that may refresh. */
type Registration = [string, RegistrationBody, Partial<ClientMetadata>];

const BOTH_GRANTS = {
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
};

/** Of SDKs, and earlier versions. */
const FURTHER: readonly Registration[] = [
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
    'a client that only takes codes',
    {
      client_name: 'short-lived',
      redirect_uris: ['https://app.customer.example/oauth/callback'],
      grant_types: ['authorization_code'],
    },
    { mayRefresh: false },
  ],
];

const OF_CLIENTS = CLIENTS.flatMap(({ name, introduction, tokenAuth }): Registration[] => {
  if (introduction.by !== 'registration' || tokenAuth === 'private_key_jwt') return [];
  const body = introduction.metadata as RegistrationBody;
  return [[name, body, tokenAuth === 'none' ? {} : { authMethod: tokenAuth }]];
});

export const REAL_REGISTRATIONS: readonly Registration[] = [...OF_CLIENTS, ...FURTHER];
