/**
 * Clients of SDK generations that people still have, back to the first with Streamable HTTP, which
 * knows the protocol of 2025-03-26 only: each in a process of its own, against this server.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ADA } from '../../lib/testing/options.js';
import { type ResourceWorld, startResourceWorld } from '../support/resource-world.js';
import { ROOT } from '../support/source-tree.js';
import { startWorld, type World } from '../support/world.js';

const SUPPORT = join(ROOT, 'spec/support');

/** Package, and what this generation sends as `resource`. */
const GENERATIONS = [
  ['sdk-1.10', undefined],
  ['sdk-1.12', undefined],
  ['sdk-1.17', '/mcp'],
  ['sdk-1.20', '/mcp'],
  ['sdk-1.25', '/mcp'],
  ['sdk-1.29', '/mcp'],
  ['@modelcontextprotocol/sdk', '/mcp'],
] as const;

/** What the client of a generation saw. */
async function run(sdk: string, mcp: string, ...further: string[]) {
  const program = [
    '--import',
    join(SUPPORT, 'run-typescript.js'),
    join(SUPPORT, 'old-sdk-client.ts'),
  ];
  const args = [...program, sdk, mcp, ...further];
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
}

describe.each(GENERATIONS)('the client of %s', (sdk, resource) => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('discovers, registers, logs in, calls a tool and refreshes', async () => {
    const { first, second, visits, authorize } = await run(sdk, world.mcp);
    expect(first).toMatchObject({ subject: ADA.sub, sameAsExtra: true });
    expect(second).toEqual(first);
    expect(visits).toBe(1);
    expect(authorize.resource).toBe(resource && world.origin + resource);
  }, 60_000);
});

describe.each(GENERATIONS)(
  'the client of %s, where Auth0 is the authorization server',
  (sdk, resource) => {
    let world: ResourceWorld;
    beforeAll(async () => {
      world = await startResourceWorld();
      // Whoever does not say what it wants a token for gets one for the Default Audience of the tenant.
      if (resource === undefined) world.tenant.configure({ defaultAudience: world.mcp });
    });
    afterAll(() => world.close());

    it('discovers the tenant, registers and logs in there, and calls a tool', async () => {
      const { first, second, visits, authorize } = await run(sdk, world.mcp, 'once');
      expect(first).toMatchObject({ subject: ADA.sub, sameAsExtra: true });
      expect(second).toEqual(first);
      expect(visits).toBe(1);
      expect(authorize.resource).toBe(resource && world.mcp);
    }, 60_000);
  },
);
