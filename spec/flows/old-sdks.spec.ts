/**
 * Clients of SDK generations that people still have, back to the first with Streamable HTTP, which
 * knows the protocol of 2025-03-26 only: each in a process of its own, against this server.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ADA } from '../../demo/tenant/options.js';
import { ROOT } from '../support/source-tree.js';
import { startWorld, type World } from '../support/world.js';

const SUPPORT = join(ROOT, 'spec/support');

describe.each([
  // Package, and what this generation sends as `resource`.
  ['sdk-1.10', undefined],
  ['sdk-1.12', undefined],
  ['sdk-1.17', '/mcp'],
  ['sdk-1.20', '/mcp'],
  ['sdk-1.25', '/mcp'],
  ['sdk-1.29', '/mcp'],
  ['@modelcontextprotocol/sdk', '/mcp'],
])('the client of %s', (sdk, resource) => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('discovers, registers, logs in, calls a tool and refreshes', async () => {
    const program = [
      '--import',
      join(SUPPORT, 'run-typescript.js'),
      join(SUPPORT, 'old-sdk-client.ts'),
    ];
    const { stdout } = await promisify(execFile)(process.execPath, [...program, sdk, world.mcp]);
    const { first, second, visits, authorize } = JSON.parse(stdout);
    expect(first).toMatchObject({ subject: ADA.sub, sameAsExtra: true });
    expect(second).toEqual(first);
    expect(visits).toBe(1);
    expect(authorize.resource).toBe(resource && world.origin + resource);
  }, 60_000);
});
