/** The client credentials grant with a signed assertion, `private_key_jwt`. */
import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

import { redisStorage } from '../../../lib/storage/redis/redis-storage.js';
import { json, startTlsHost, type TlsHost } from '../../clients/metadata-documents/tls-host.js';
import { type Answer, callTool, oauthClient } from '../../support/oauth-client.js';
import { type RedisServer, startRedis } from '../../support/redis-server.js';
import { ASSERTION_TYPE } from '../../support/signing-client.js';
import { startWorld, type World } from '../../support/world.js';

const INSTANCES = 3;
const machine = {
  name: 'Nightly',
  grants: ['client_credentials' as const],
  scopes: ['files:read'],
};

describe('a client with keys', () => {
  let world: World;
  let host: TlsHost;
  let redis: RedisServer;
  const keys = new Map<string, { privateKey: Parameters<SignJWT['sign']>[0]; jwk: JWK }>();

  beforeAll(async () => {
    for (const name of ['inline', 'fetched', 'stranger']) {
      const { privateKey, publicKey } = await generateKeyPair('ES256');
      keys.set(name, { privateKey, jwk: await exportJWK(publicKey) });
    }
    host = await startTlsHost();
    host.answer = json({ keys: [keys.get('fetched')?.jwk] });
    redis = await startRedis();
    world = await startWorld({
      options: {
        // A limit for documents, not for what the operator has configured.
        allowedClientMetadataHosts: ['claude.ai'],
        clientIdMetadataDocuments: false,
        clients: [
          { ...machine, clientId: 'inline', jwks: { keys: [keys.get('inline')?.jwk as never] } },
          { ...machine, clientId: 'fetched', jwksUri: host.url('/jwks.json', 'keys') },
        ],
      },
      instances: INSTANCES,
      storages: Array.from({ length: INSTANCES }, () => redisStorage({ url: redis.url })),
      host: { allowedNetwork: host.network() },
    });
  });
  afterAll(async () => {
    await world.close();
    await redis.remove();
    await host.close();
  });

  async function assertionOf(
    name: string,
    claims: Readonly<Record<string, unknown>> = {},
    signer = name,
  ): Promise<string> {
    const key = keys.get(signer);
    if (key === undefined) throw new Error(`no key ${signer}`);
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({
      iss: name,
      sub: name,
      aud: world.origin,
      jti: randomUUID(),
      iat: now,
      exp: now + 300,
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT' })
      .sign(key.privateKey);
  }
  const send = (assertion: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    oauthClient(world.origin, { id: '', secret: undefined, redirectUri: '' }).post('/token', {
      grant_type: 'client_credentials',
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: assertion,
      ...more,
    });
  const errorOf = ({ status, body }: Answer): unknown[] => [status, body.error];
  const INVALID = [401, 'invalid_client'];

  it.each(['inline', 'fetched'])(
    'EX-2 EX-12 gets a token for an assertion alone (%s)',
    async (name) => {
      const { status, body } = await send(await assertionOf(name));
      expect(status).toBe(200);
      expect(body).not.toHaveProperty('refresh_token');
      expect((await callTool(world.mcp, body.access_token, 'whoami')).status).toBe(200);
    },
  );

  it('R-TK-16 is rejected with an assertion for another audience, of another client or key', async () => {
    for (const assertion of [
      await assertionOf('inline', { aud: `${world.origin}/token` }),
      await assertionOf('inline', { aud: `${world.origin}/` }),
      await assertionOf('inline', { aud: [world.origin, 'https://other.example'] }),
      await assertionOf('inline', { aud: world.tenant.issuer }),
      await assertionOf('inline', {}, 'stranger'),
      await assertionOf('inline', {}, 'fetched'),
      await assertionOf('inline', { sub: 'fetched', iss: 'fetched' }),
      await assertionOf('inline', { iss: 'fetched' }),
      await assertionOf('inline', { jti: undefined }),
      await assertionOf('inline', { exp: Math.floor(Date.now() / 1000) + 3600 }),
    ]) {
      expect(errorOf(await send(assertion))).toEqual(INVALID);
    }
  });

  it('needs the assertion: its id alone, or a secret, is nothing', async () => {
    for (const form of [{}, { client_secret: '' }, { client_secret: 'inline' }]) {
      const client = oauthClient(world.origin, {
        id: 'inline',
        secret: undefined,
        redirectUri: '',
      });
      const request = { grant_type: 'client_credentials', client_id: 'inline', ...form };
      expect(errorOf(await client.post('/token', request))).toEqual(INVALID);
    }
    const both = await send(await assertionOf('inline'), { client_secret: 'x' });
    expect(errorOf(both)).toEqual([400, 'invalid_request']);
  });

  it(`R-TK-17 uses an assertion once: of 50 parallel requests at ${INSTANCES} instances one succeeds`, async () => {
    const assertion = await assertionOf('inline');
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(assertion)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(49);
    expect(errorOf(await send(assertion))).toEqual(INVALID);
  });

  it('does not use the assertion up with a request that fails', async () => {
    const assertion = await assertionOf('inline');
    expect(errorOf(await send(assertion, { scope: 'nonsense' }))).toEqual([400, 'invalid_scope']);
    expect((await send(assertion)).status).toBe(200);
  });
});
