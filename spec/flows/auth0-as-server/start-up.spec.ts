/** What is said at the start, where Auth0 is the authorization server, and what telemetry sees. */
import { afterEach, describe, expect, it } from '@jest/globals';

import { callTool } from '../../support/oauth-client.js';
import { type ResourceWorld, startResourceWorld } from '../../support/resource-world.js';
import { secretsIn } from '../../support/secret-scan.js';
import { collect } from '../../telemetry/collector.js';

const collector = collect();
let world: ResourceWorld;
afterEach(() => world.close());

describe('the start', () => {
  it('logs once what to create and enable in the dashboard', async () => {
    world = await startResourceWorld({ options: { requiredScopes: ['read:notes'] } });
    expect(world.log).toEqual([
      {
        level: 'info',
        fields: {
          resource: world.mcp,
          audience: world.mcp,
          auth0: world.tenant.issuer,
          scopes: ['read:notes'],
        },
        message: expect.stringMatching(
          /an API whose Identifier is audience.*RS256.*Permissions.*Resource Parameter Compatibility Profile/,
        ),
      },
    ]);
    expect(world.tenant.requests).toEqual([]);
  });

  it('warns of an audience that no client requests', async () => {
    world = await startResourceWorld({ options: { audience: 'https://api.example.com' } });
    expect(world.log.map(({ level }) => level)).toEqual(['warn', 'info']);
  });
});

describe('telemetry', () => {
  it('counts every check and measures every request to Auth0, without tokens', async () => {
    world = await startResourceWorld({});
    const token = await world.token();
    const foreign = await world.token({ signer: 'foreign' });
    for (const one of [token, token, foreign]) await callTool(world.mcp, one, 'whoami');
    expect(await collector.points('auth0_mcp.bearer.checks')).toEqual([
      { attributes: { 'auth0_mcp.outcome': 'ok' }, value: 2 },
      {
        attributes: { 'auth0_mcp.outcome': 'invalid_token', 'error.type': 'invalid_token' },
        value: 1,
      },
    ]);
    const operations = collector
      .named('auth0_mcp.upstream')
      .map(({ attributes }) => attributes['auth0_mcp.operation']);
    expect(operations).toEqual(['discovery_document', 'signing_keys']);
    expect(secretsIn(await collector.everything(), { token, foreign })).toEqual([]);
  });
});
