import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';

import { ADA, DEMO_AUDIENCE } from '../../lib/testing/options.js';
import { callTool, registerClient, rpc, toolResult } from '../support/oauth-client.js';
import { startWorld, type World } from '../support/world.js';

describe('a first login, request by request', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('RS-1 RS-3 RS-4 R-RS-1 starts with a 401 that names the metadata and the scopes, and no error', async () => {
    const { status, headers } = await rpc(world.mcp, undefined, { method: 'initialize' });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe(
      `Bearer resource_metadata="${world.origin}/.well-known/oauth-protected-resource/mcp", scope="openid"`,
    );
  });

  it('ends with a tool that sees the user', async () => {
    const client = await registerClient(world.origin);
    const tokens = await client.tokens();
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'openid' });

    const info = await callTool(world.mcp, tokens.access_token, 'get_token_info');
    expect(info.status).toBe(200);
    expect(toolResult(info)).toMatchObject({ issuer: world.tenant.issuer });
    expect(toolResult(info).audience).toContain(DEMO_AUDIENCE);

    const me = await callTool(world.mcp, tokens.access_token, 'whoami');
    expect(toolResult(me)).toEqual({
      subject: ADA.sub,
      name: 'Ada Lovelace',
      email: 'ada@example.com',
      clientId: client.id,
      sameAsExtra: true,
    });
  });

  it('R-AT-1 R-AT-2 R-AT-5 issues an access token of RFC 9068 with one audience and no personal data', async () => {
    const client = await registerClient(world.origin);
    const { access_token: token } = await client.tokens();
    expect(decodeProtectedHeader(String(token))).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    const claims = decodeJwt(String(token));
    expect(claims).toMatchObject({
      iss: world.origin,
      aud: world.mcp,
      sub: ADA.sub,
      client_id: client.id,
      scope: 'openid',
    });
    expect(Object.keys(claims).sort()).toEqual(
      ['aud', 'client_id', 'exp', 'iat', 'iss', 'jti', 'scope', 'sub'].sort(),
    );
  });

  it('AS-20 AS-22 redirects to the client with code, state and our issuer', async () => {
    const client = await registerClient(world.origin);
    const response = await client.logIn({ parameters: { state: 'a b+c/%=ü' } });
    expect([...response.keys()].sort()).toEqual(['code', 'iss', 'state']);
    expect(response.get('iss')).toBe(world.origin);
    expect(response.get('state')).toBe('a b+c/%=ü');
  });
});
