/** Scopes and permissions of Auth0's tokens at the guard, and what needs no token at all. */
import { readFile } from 'node:fs/promises';

import { afterEach, describe, expect, it } from '@jest/globals';
import express from 'express';

import { ADA, BOB } from '../../../lib/testing/options.js';
import { callTool, rpc } from '../../support/oauth-client.js';
import {
  type ResourceWorld,
  type ResourceWorldOptions,
  SCOPES,
  startResourceWorld,
} from '../../support/resource-world.js';
import { callJson, connect, HeadlessProvider } from '../../support/sdk-client.js';

let world: ResourceWorld;
afterEach(() => world.close());

async function start(options: ResourceWorldOptions['options'] = {}): Promise<void> {
  world = await startResourceWorld({ options });
}

const STEPS = { requiredScopes: ['read:notes'], toolScopes: { write_file: ['files:write'] } };

/** Status of a call of the tool, and the challenge where there is one. */
async function write(claims: Record<string, unknown>): Promise<[number, string | null]> {
  const token = await world.token({ claims });
  const { status, headers } = await callTool(world.mcp, token, 'write_file');
  return [status, headers.get('www-authenticate')];
}

describe('a permission of the user', () => {
  it('counts as a scope, requested or not', async () => {
    await start(STEPS);
    expect(await write({ scope: 'read:notes files:write' })).toEqual([200, null]);
    expect(await write({ scope: '', permissions: SCOPES })).toEqual([200, null]);
    expect(await write({ scope: undefined, permissions: SCOPES })).toEqual([200, null]);
    expect(await write({ scope: 'read:notes', permissions: ['files:write'] })).toEqual([200, null]);
  });

  it('counts only in a list of names', async () => {
    await start(STEPS);
    for (const permissions of ['files:write', { 'files:write': true }, [['files:write']], [null]]) {
      expect((await write({ scope: 'read:notes', permissions }))[0]).toBe(403);
    }
    for (const scope of [['read:notes', 'files:write'], 7, 'read:notesfiles:write']) {
      expect((await write({ scope }))[0]).toBe(403);
    }
  });

  it('adds no scope with the recommended setting: RBAC without permissions in the token', async () => {
    const page = await readFile('docs/auth0-as-authorization-server.md', 'utf8');
    const advice = [...page.matchAll(/\*\*Add Permissions in the\s+Access Token\*\*\s+(\w+)/g)];
    expect(page).toMatch(/switch on \*\*Enable RBAC\*\* on the Settings tab/);
    expect(advice[0]?.[1]).toBe('off');
    await start(STEPS);
    expect((await write({ scope: 'read:notes' }))[0]).toBe(403);
    expect((await write({ scope: 'read:notes files:write' }))[0]).toBe(200);
  });

  it('applies at a tenant with RBAC, with a real login', async () => {
    world = await startResourceWorld({ options: STEPS });
    const [api] = world.tenant.settings.apis;
    const permissions = { [world.mcp]: SCOPES };
    world.tenant.configure({
      apis: api === undefined ? [] : [{ ...api, rbac: true }],
      users: [
        { ...ADA, permissions },
        { ...BOB, permissions: { [world.mcp]: ['read:notes'] } },
      ],
    });
    const ada = await connect(world.mcp, new HeadlessProvider(ADA));
    expect(await callJson(ada.client, 'write_file')).toBe('written');
    const bob = new HeadlessProvider(BOB);
    const { client } = await connect(world.mcp, bob);
    const response = await callTool(world.mcp, bob.saved?.access_token, 'write_file');
    expect(response.status).toBe(403);
    await Promise.all([ada.client.close(), client.close()]);
  });
});

describe('a token that lacks a scope', () => {
  it('RS-13 RS-14 gets a 403 that names granted and needed scopes, the same each time', async () => {
    await start(STEPS);
    const challenge =
      `Bearer resource_metadata="${world.origin}/.well-known/oauth-protected-resource/mcp", ` +
      'scope="read:notes files:write", error="insufficient_scope", ' +
      'error_description="The access token does not cover this operation"';
    for (const _round of [1, 2]) {
      expect(await write({ scope: 'read:notes' })).toEqual([403, challenge]);
    }
    const without = await callTool(
      world.mcp,
      await world.token({ claims: { scope: '' } }),
      'whoami',
    );
    expect([without.status, without.headers.get('www-authenticate')]).toEqual([
      403,
      challenge.replace(' files:write', ''),
    ]);
  });

  it('RS-8 is never challenged for offline_access, although Auth0 lists it as granted', async () => {
    await start(STEPS);
    const [status, challenge] = await write({ scope: 'read:notes offline_access' });
    expect(status).toBe(403);
    expect(challenge).not.toContain('offline_access');
  });

  it('is not challenged for all permissions of the user', async () => {
    await start(STEPS);
    const permissions = Array.from({ length: 200 }, (_, n) => `permission:${n}`);
    const [status, challenge] = await write({ scope: 'read:notes', permissions });
    expect([status, challenge]).toEqual([403, expect.stringContaining('"read:notes files:write"')]);
  });

  it('RS-15 is admitted if one of its scopes includes it', async () => {
    await start({ ...STEPS, impliedScopes: { 'files:write': ['read:notes'] } });
    expect((await write({ scope: 'files:write' }))[0]).toBe(200);
  });

  it('RS-25 is rejected for every element of a batch', async () => {
    await start(STEPS);
    const { status } = await rpc(world.mcp, await world.token(), [
      { method: 'tools/call', params: { name: 'whoami', arguments: {} } },
      { method: 'tools/call', params: { name: 'write_file', arguments: {} } },
    ]);
    expect(status).toBe(403);
  });

  it('is checked by the same guard at a route of the app', async () => {
    world = await startResourceWorld({
      mount(app, auth) {
        app.use(auth.metadata);
        app.get('/reports', auth.bearer({ scopes: ['files:write'] }), (req, res) => {
          res.json({ subject: req.auth?.extra?.['subject'], token: req.auth?.token });
        });
        app.use('/mcp', auth.bearer(), express.json());
      },
    });
    const get = async (scope: string) => {
      const token = await world.token({ claims: { scope } });
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`${world.origin}/reports`, { headers });
      return { status: response.status, body: await response.json(), token };
    };
    expect((await get('read:notes')).status).toBe(403);
    const { status, body, token } = await get('files:write');
    expect([status, body]).toEqual([200, { subject: ADA.sub, token }]);
  });
});

describe('an open tool', () => {
  const OPEN = { anonymous: { methods: ['initialize', 'tools/list'], tools: ['public_tool'] } };

  it('is called with and without a token; other tools are challenged', async () => {
    await start(OPEN);
    expect((await callTool(world.mcp, undefined, 'public_tool')).status).toBe(200);
    expect((await rpc(world.mcp, undefined, { method: 'tools/list' })).status).toBe(200);
    expect((await callTool(world.mcp, undefined, 'whoami')).status).toBe(401);
    expect((await callTool(world.mcp, await world.token(), 'whoami')).status).toBe(200);
    expect((await callTool(world.mcp, 'garbage', 'public_tool')).status).toBe(401);
  });

  it('is limited by address', async () => {
    await start(OPEN);
    let status = 200;
    for (let calls = 0; calls < 1300 && status === 200; calls += 50) {
      const responses = await Promise.all(
        Array.from({ length: 50 }, () => callTool(world.mcp, undefined, 'public_tool')),
      );
      status = responses.find((response) => response.status !== 200)?.status ?? 200;
    }
    expect(status).toBe(429);
    expect((await callTool(world.mcp, await world.token(), 'public_tool')).status).toBe(200);
    // More than a thousand calls, each with a server of its own.
  }, 90_000);
});
