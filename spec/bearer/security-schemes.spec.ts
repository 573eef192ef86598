/** The declaration of a tool's needs says what the guard does. */
import { afterEach, describe, expect, it } from '@jest/globals';

import type { Auth0McpOptions } from '../../lib/config/options.js';
import { callTool, registerClient } from '../support/oauth-client.js';
import { startResourceWorld } from '../support/resource-world.js';
import { startWorld, type World } from '../support/world.js';

let world: World;
afterEach(() => world?.close());

const start = async (options: Partial<Auth0McpOptions>): Promise<void> => {
  world = await startWorld({ options });
};

describe('auth.securitySchemes()', () => {
  it('names the scopes that every call needs, and those of the tool', async () => {
    await start({
      requiredScopes: ['openid'],
      toolScopes: { write_file: ['files:write', 'openid'] },
    });
    expect(world.auth.securitySchemes('write_file')).toEqual([
      { type: 'oauth2', scopes: ['openid', 'files:write'] },
    ]);
    expect(world.auth.securitySchemes('whoami')).toEqual([{ type: 'oauth2', scopes: ['openid'] }]);
    expect(world.auth.securitySchemes('__proto__')).toEqual([
      { type: 'oauth2', scopes: ['openid'] },
    ]);
  });

  it('declares a tool of anonymous for callers with and without a login', async () => {
    await start({ anonymous: { tools: ['public_tool'] } });
    expect(world.auth.securitySchemes('public_tool')).toEqual([
      { type: 'noauth' },
      { type: 'oauth2', scopes: ['openid'] },
    ]);
  });

  it('returns a list that the caller may change', async () => {
    await start({ toolScopes: { write_file: ['files:write'] } });
    const [first] = world.auth.securitySchemes('write_file');
    if (first?.type === 'oauth2') first.scopes.push('admin');
    expect(JSON.stringify(world.auth.securitySchemes('write_file'))).not.toContain('admin');
  });

  it('agrees with the guard for each tool', async () => {
    await start({
      toolScopes: { write_file: ['files:write'] },
      anonymous: { methods: ['initialize', 'tools/list'], tools: ['public_tool'] },
    });
    const client = await registerClient(world.origin);
    for (const tool of ['public_tool', 'whoami', 'write_file']) {
      const schemes = world.auth.securitySchemes(tool);
      const isOpen = schemes.some(({ type }) => type === 'noauth');
      expect((await callTool(world.mcp, undefined, tool)).status).toBe(isOpen ? 200 : 401);
      const scopes = schemes.flatMap((scheme) => (scheme.type === 'oauth2' ? scheme.scopes : []));
      const tokens = await client.tokens({ parameters: { scope: scopes.join(' ') } });
      expect((await callTool(world.mcp, tokens['access_token'], tool)).status).toBe(200);
    }
  });

  it('works with Auth0 as the authorization server', async () => {
    const resource = await startResourceWorld({
      options: { requiredScopes: ['read:notes'], toolScopes: { write_file: ['files:write'] } },
    });
    expect(resource.auth.securitySchemes('write_file')).toEqual([
      { type: 'oauth2', scopes: ['read:notes', 'files:write'] },
    ]);
    await resource.close();
  });
});
