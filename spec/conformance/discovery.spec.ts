import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { send } from '../support/raw-http.js';
import { startWorld, type World } from '../support/world.js';

const PRM = '/.well-known/oauth-protected-resource';
const ASM = '/.well-known/oauth-authorization-server';
const OIDC = '/.well-known/openid-configuration';

describe('discovery', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      options: {
        requiredScopes: ['openid', 'offline_access'],
        scopesSupported: ['read:notes'],
        toolScopes: { write_file: ['files:write'] },
      },
    });
  });
  afterAll(() => world.close());

  const documentAt = async (path: string): Promise<Record<string, unknown>> => {
    const response = await send(world.origin + path);
    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    return response.json();
  };

  describe('of the protected resource', () => {
    it('RS-5 RS-6 RS-7 R-PR-1 is one document at the path form, at the root, and with any query', async () => {
      const document = await documentAt(`${PRM}/mcp`);
      expect(document).toMatchObject({
        resource: world.mcp,
        authorization_servers: [world.origin],
      });
      expect(document.resource).not.toMatch(/[#?]|\/$/);
      for (const path of [PRM, `${PRM}/mcp?x=y`, `${PRM}?x=y`]) {
        expect(await documentAt(path)).toEqual(document);
      }
    });

    it('RS-8 RS-9 CLI-33 lists what a first login needs: no step-up scopes, no offline_access', async () => {
      expect((await documentAt(`${PRM}/mcp`)).scopes_supported).toEqual(['openid']);
      const challenge = (await send(world.mcp)).headers['www-authenticate'];
      expect(challenge).toContain('scope="openid"');
      expect(challenge).not.toContain('offline_access');
    });

    it('R-PR-2 R-PR-3 R-PR-7 states what the server supports, without null and empty lists', async () => {
      const document = await documentAt(`${PRM}/mcp`);
      expect(document.bearer_methods_supported).toEqual(['header']);
      expect(Object.keys(document).sort()).toEqual([
        'authorization_servers',
        'bearer_methods_supported',
        'resource',
        'scopes_supported',
      ]);
    });

    it('R-PR-4 is for GET and HEAD, cacheable, and readable from any page', async () => {
      const got = await send(`${world.origin}${PRM}/mcp`, {
        headers: { origin: 'https://x.example' },
      });
      expect(got.headers['access-control-allow-origin']).toBe('*');
      expect(got.headers['access-control-allow-credentials']).toBeUndefined();
      expect(got.headers['cache-control']).toMatch(/^public, max-age=\d+$/);
      expect((await send(`${world.origin}${PRM}/mcp`, { method: 'HEAD' })).status).toBe(200);
      const posted = await send(`${world.origin}${PRM}/mcp`, { method: 'POST' });
      expect(posted.status).toBe(405);
      expect(posted.headers.allow).toContain('GET');
      expect(posted.json().error).toBe('invalid_request');
    });

    it('R-PR-6 is the same with a trailing slash, without a redirect', async () => {
      expect(await documentAt(`${PRM}/mcp/`)).toEqual(await documentAt(`${PRM}/mcp`));
    });
  });

  describe('of the authorization server', () => {
    it('AS-2 AS-3 R-PR-8 is at the root, with the very issuer and resource of the other document', async () => {
      const resource = await documentAt(`${PRM}/mcp`);
      const server = await documentAt(ASM);
      expect([server.issuer]).toEqual(resource.authorization_servers);
      expect(server.protected_resources).toEqual([resource.resource]);
    });

    it('AS-4 AS-6 AS-21 advertises S256 alone, metadata documents and the issuer parameter', async () => {
      expect(await documentAt(ASM)).toMatchObject({
        code_challenge_methods_supported: ['S256'],
        client_id_metadata_document_supported: true,
        authorization_response_iss_parameter_supported: true,
      });
    });

    it('R-MD-2 spells out what would otherwise mean something else', async () => {
      expect(await documentAt(ASM)).toMatchObject({
        response_types_supported: ['code'],
        response_modes_supported: ['query'],
        grant_types_supported: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_methods_supported: [
          'none',
          'client_secret_basic',
          'client_secret_post',
          'private_key_jwt',
        ],
        scopes_supported: ['openid', 'read:notes', 'files:write'],
      });
    });

    it('R-MD-3 AS-30 every URL in it is served, the three of 2025-03-26 at the root', async () => {
      const server = await documentAt(ASM);
      expect(server.authorization_endpoint).toBe(`${world.origin}/authorize`);
      expect(server.token_endpoint).toBe(`${world.origin}/token`);
      expect(server.registration_endpoint).toBe(`${world.origin}/register`);
      const addresses = Object.entries(server).filter(([name]) => /_(?:endpoint|uri)$/.test(name));
      expect(addresses).toHaveLength(5);
      for (const [, address] of addresses) {
        expect((await send(String(address))).status).not.toBe(404);
      }
    });

    it('R-MD-1 R-MD-4 R-IN-1 EX-3 has valid URLs and no unsupported feature: no introspection, no DPoP', async () => {
      const server = await documentAt(ASM);
      expect(String(server.issuer)).not.toMatch(/[?#]|\/$/);
      for (const [name, value] of Object.entries(server)) {
        expect([name, value]).not.toEqual([name, null]);
        expect([name, value]).not.toEqual([name, '']);
        expect([name, value]).not.toEqual([name, []]);
        if (/_(?:endpoint|uri)$/.test(name)) expect(URL.canParse(String(value))).toBe(true);
      }
      expect(
        Object.keys(server).filter((name) => /introspection|dpop|mtls|par_/.test(name)),
      ).toEqual([]);
    });

    it('R-MD-5 is a complete OpenID document as well', async () => {
      const server = await documentAt(ASM);
      expect(await documentAt(OIDC)).toEqual({
        ...server,
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
      });
    });

    it('R-MD-6 AS-15 depends on the configuration only: a forged Host or forwarding header changes nothing', async () => {
      const forged = {
        host: 'evil.example',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'gopher',
        forwarded: 'host=evil.example',
      };
      for (const path of [ASM, OIDC, PRM]) {
        const response = await send(world.origin + path, { headers: forged });
        expect(response.json()).toEqual(await documentAt(path));
      }
      const { headers } = await send(world.mcp, { headers: forged });
      expect(headers['www-authenticate']).not.toContain('evil.example');
    });
  });

  it.each([undefined, '2024-11-05', '2026-07-28', '9999-01-01'])(
    'RS-27 is the same with the protocol version %s',
    async (version) => {
      const headers = version === undefined ? {} : { 'mcp-protocol-version': version };
      for (const path of [PRM, `${PRM}/mcp`, ASM, OIDC]) {
        const response = await send(world.origin + path, { headers });
        expect(response.status).toBe(200);
        expect(response.json()).toEqual(await documentAt(path));
      }
    },
  );

  it('CLI-54 is not compressed for a client that accepts no encoding', async () => {
    for (const path of [PRM, ASM]) {
      const response = await send(world.origin + path, {
        headers: { 'accept-encoding': 'identity' },
      });
      expect(response.headers['content-encoding']).toBeUndefined();
      expect(Number(response.headers['content-length'])).toBe(response.text.length);
    }
  });

  it('R-AT-6 publishes public keys only, cacheable', async () => {
    const jwks = await documentAt('/.well-known/jwks.json');
    for (const key of jwks.keys as Record<string, string>[]) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    }
  });
});

describe('discovery with a path in the base URL', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ basePath: '/api' });
  });
  afterAll(() => world.close());

  it('R-PR-5 is at the origin, with the path after the well-known part', async () => {
    expect(world.mcp).toBe(`${world.origin}/api/mcp`);
    for (const path of [`${PRM}/api/mcp`, PRM]) {
      expect((await send(world.origin + path)).json()).toMatchObject({
        resource: world.mcp,
        authorization_servers: [`${world.origin}/api`],
      });
    }
    const challenge = (await send(world.mcp)).headers['www-authenticate'];
    expect(challenge).toContain(`resource_metadata="${world.origin}${PRM}/api/mcp"`);
  });

  it('AS-2 R-MD-5 CLI-53 serves server metadata at every form a client derives, and at the root', async () => {
    for (const name of [ASM, OIDC]) {
      for (const path of [`${name}/api`, name, `/api${name}`]) {
        const response = await send(world.origin + path);
        expect([path, response.status]).toEqual([path, 200]);
        expect(response.json().issuer).toBe(`${world.origin}/api`);
      }
    }
  });
});

describe('what can be switched off', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      options: { clientRegistration: false, clientIdMetadataDocuments: false },
    });
  });
  afterAll(() => world.close());

  it('AS-5 CLI-14 is neither advertised nor there', async () => {
    const server = (await send(world.origin + ASM)).json();
    expect(server.registration_endpoint).toBeUndefined();
    expect(server.client_id_metadata_document_supported).toBeUndefined();
    expect(server.token_endpoint_auth_methods_supported).not.toContain('private_key_jwt');
    expect((await send(`${world.origin}/register`, { method: 'POST' })).status).toBe(404);
  });
});
