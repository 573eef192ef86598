/** What a client id is good for: at one issuer, and as long as the configuration admits its kind. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { Auth0McpOptions } from '../../lib/config/options.js';
import { documentFor, startTlsHost, type TlsHost } from '../clients/metadata-documents/tls-host.js';
import {
  callTool,
  type OAuthClient,
  oauthClient,
  registerClient,
} from '../support/oauth-client.js';
import { send } from '../support/raw-http.js';
import { startWorld, type World } from '../support/world.js';

const DESK = {
  clientId: 'desk',
  clientSecret: 'the-secret-of-the-desk-0123456789abcdef',
  redirectUris: ['https://desk.example/cb'],
  name: 'Desk',
};

describe('a client id', () => {
  let host: TlsHost;
  let world: World;
  let other: World;

  beforeAll(async () => {
    host = await startTlsHost();
    host.answer = documentFor();
    world = await startWorld({ host: { allowedNetwork: host.network() } });
    // Another issuer (its port differs) with the same signing key.
    other = await startWorld();
  });
  afterAll(async () => {
    await world.close();
    await other.close();
    await host.close();
  });
  beforeEach(() => world.restart({}));

  /** CLI-20, CLI-23: what every unknown client meets. */
  async function expectUnknown(client: OAuthClient, refreshToken: unknown = 'x'): Promise<void> {
    const headers = { accept: 'application/json' };
    const program = await send(client.authorizeUrl(), { headers });
    expect([program.status, program.json().error]).toEqual([401, 'invalid_client']);
    const page = await send(client.authorizeUrl());
    expect([page.status, page.headers.location]).toEqual([400, undefined]);
    const posted = { client_id: client.id, client_secret: client.secret };
    for (const response of [
      await client.refresh(refreshToken),
      await client.redeem('x'),
      await client.post('/revoke', { ...posted, token: String(refreshToken) }),
    ]) {
      expect([response.status, response.body.error]).toEqual([401, 'invalid_client']);
    }
  }

  const KINDS: [string, Record<string, unknown>][] = [
    ['public', {}],
    ['with a secret by Basic', { token_endpoint_auth_method: 'client_secret_basic' }],
    ['with a secret in the body', { token_endpoint_auth_method: 'client_secret_post' }],
    ['of an app', { redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback'] }],
    ['without a name', { client_name: '' }],
  ];

  it.each(KINDS)(
    'FA-20: of another issuer with the same key is unknown: %s',
    async (_kind, metadata) => {
      const client = await registerClient(other.origin, metadata);
      const tokens = await client.tokens();
      await expectUnknown(oauthClient(world.origin, client), tokens.refresh_token);
      expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
    },
  );

  it.each(KINDS)(
    'FA-20 CLI-22: is unknown while registration is off, and valid again when it is on: %s',
    async (_kind, metadata) => {
      const client = await registerClient(world.origin, metadata);
      const tokens = await client.tokens();
      world.restart({ clientRegistration: false });
      await expectUnknown(client, tokens.refresh_token);
      world.restart({});
      const refreshed = await client.refresh(tokens.refresh_token);
      expect(refreshed.status).toBe(200);
      expect((await callTool(world.mcp, refreshed.body.access_token, 'whoami')).status).toBe(200);
      expect((await client.tokens()).access_token).toBeDefined();
    },
  );

  it('FA-20: of a registered client is unknown while registration is off, although pre-registered clients exist', async () => {
    const client = await registerClient(world.origin);
    world.restart({ clientRegistration: false, clients: [DESK] });
    await expectUnknown(client);
    const desk = oauthClient(world.origin, {
      id: DESK.clientId,
      secret: DESK.clientSecret,
      redirectUri: 'https://desk.example/cb',
    });
    expect((await desk.tokens()).access_token).toBeDefined();
  });

  it('FA-20: of a metadata document outside the allowed hosts gets no tokens, also for an earlier login', async () => {
    const client = oauthClient(world.origin, {
      id: host.url('/c.json'),
      secret: undefined,
      redirectUri: 'http://127.0.0.1:51234/callback',
    });
    const tokens = await client.tokens();
    const code = (await client.logIn()).get('code') ?? '';
    const changes: Partial<Auth0McpOptions>[] = [
      { allowedClientMetadataHosts: ['elsewhere.example'] },
      { allowedClientMetadataHosts: ['*.client.example'] },
      { allowedClientMetadataHosts: [] },
      { clientIdMetadataDocuments: false },
    ];
    const connections = host.connections();
    for (const options of changes) {
      world.restart(options);
      await expectUnknown(client, tokens.refresh_token);
      const redeemed = await client.redeem(code);
      expect([redeemed.status, redeemed.body.error]).toEqual([401, 'invalid_client']);
    }
    expect(host.connections()).toBe(connections);
    world.restart({ allowedClientMetadataHosts: ['client.example'] });
    expect((await client.redeem(code)).status).toBe(200);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
  });

  it('FA-20: of a pre-registered client is unknown without its entry, and invalid with its former secret', async () => {
    const desk = oauthClient(world.origin, {
      id: DESK.clientId,
      secret: DESK.clientSecret,
      redirectUri: 'https://desk.example/cb',
    });
    world.restart({ clients: [DESK] });
    const tokens = await desk.tokens();
    world.restart({ clients: [] });
    await expectUnknown(desk, tokens.refresh_token);
    world.restart({
      clients: [{ ...DESK, clientSecret: 'another-secret-0123456789abcdef012345' }],
    });
    expect((await desk.refresh(tokens.refresh_token)).body.error).toBe('invalid_client');
    world.restart({ clients: [{ ...DESK, clientSecret: undefined }] });
    // The login was one of a client with a secret: without one it does not go on.
    const without = { client_secret: undefined };
    expect((await desk.refresh(tokens.refresh_token, without)).body.error).toBe('invalid_client');
    world.restart({ clients: [DESK] });
    expect((await desk.refresh(tokens.refresh_token)).status).toBe(200);
  });
});
