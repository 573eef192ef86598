/** The providers of both SDKs for clients without a user, over real HTTP. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ClientCredentialsProvider as ClientCredentialsProviderV2,
  Client as ClientV2,
  PrivateKeyJwtProvider as PrivateKeyJwtProviderV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import {
  ClientCredentialsProvider,
  PrivateKeyJwtProvider,
} from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { exportJWK, exportPKCS8, generateKeyPair } from 'jose';

import { DEMO_AUDIENCE } from '../../../lib/testing/options.js';
import { callJson } from '../../support/sdk-client.js';
import { callJsonV2 } from '../../support/sdk-v2.js';
import { startWorld, type World } from '../../support/world.js';

const SECRET = 'a-secret-of-a-machine-0123456789abcdef';
/** The one with a key first: its assertions have the real time, and the clock here is set forward. */
const ID = { byKey: 'by-key', bySecret: 'by-secret', atAuth0: 'at-auth0' } as const;
const machine = { name: 'Nightly', grants: ['client_credentials' as const] };

/** A connected client of either SDK. */
interface Connected {
  call(tool: string): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

interface Credentials {
  readonly clientId: string;
  readonly privateKey?: string;
  readonly scope?: string;
}

type Connect = (mcp: string, credentials: Credentials) => Promise<Connected>;

const connectV1: Connect = async (mcp, { clientId, privateKey, scope }) => {
  const common = { clientId, expectedIssuer: new URL(mcp).origin, ...(scope && { scope }) };
  const authProvider =
    privateKey === undefined
      ? new ClientCredentialsProvider({ ...common, clientSecret: SECRET })
      : new PrivateKeyJwtProvider({ ...common, privateKey, algorithm: 'ES256' });
  const client = new Client({ name: 'machine', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(mcp), { authProvider });
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return { call: (tool) => callJson(client, tool), close: () => client.close() };
};

const connectV2: Connect = async (mcp, { clientId, privateKey, scope }) => {
  const common = { clientId, expectedIssuer: new URL(mcp).origin, ...(scope && { scope }) };
  const authProvider =
    privateKey === undefined
      ? new ClientCredentialsProviderV2({ ...common, clientSecret: SECRET })
      : new PrivateKeyJwtProviderV2({ ...common, privateKey, algorithm: 'ES256' });
  const client = new ClientV2({ name: 'machine', version: '1.0.0' });
  await client.connect(new TransportV2(new URL(mcp), { authProvider }));
  return { call: (tool) => callJsonV2(client, tool), close: () => client.close() };
};

describe.each([
  ['SDK v1', connectV1],
  ['SDK v2', connectV2],
])('a client without a user on %s', (_sdk, connect) => {
  let world: World;
  let privateKey: string;

  beforeAll(async () => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    privateKey = await exportPKCS8(pair.privateKey);
    const jwks = { keys: [(await exportJWK(pair.publicKey)) as never] };
    world = await startWorld({
      options: {
        clients: [
          { ...machine, clientId: ID.bySecret, scopes: ['files:write'], clientSecret: SECRET },
          { ...machine, clientId: ID.byKey, scopes: ['files:write'], jwks },
          { ...machine, clientId: ID.atAuth0, auth0Application: true },
        ],
        defaultScopes: ['files:read'],
        toolScopes: { write_file: ['files:write'] },
      },
    });
    const [own] = world.tenant.settings.applications;
    const clientGrants = { [DEMO_AUDIENCE]: ['files:write'] };
    const application = { clientId: ID.atAuth0, clientSecret: SECRET, clientGrants };
    world.tenant.configure({ applications: own === undefined ? [] : [own, application] });
  });
  afterAll(() => world.close());

  it.each(Object.values(ID))(
    'EX-2 calls a tool, and the same again after an hour (%s)',
    async (clientId) => {
      const credentials = {
        clientId,
        scope: 'files:write',
        ...(clientId === ID.byKey && { privateKey }),
      };
      const client = await connect(world.mcp, credentials);
      expect(await client.call('whoami')).toMatchObject({ subject: clientId });
      expect(await client.call('write_file')).toBe('written');
      if (clientId !== ID.byKey) {
        // The SDKs have no refresh token here, and ask for a new token at the 401.
        world.advance(3600 + 31);
        expect(await client.call('whoami')).toMatchObject({ subject: clientId });
      }
      await client.close();
    },
  );
});
