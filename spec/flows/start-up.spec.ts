/** The log at start-up, and what is loaded by then. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { afterEach, describe, expect, it } from '@jest/globals';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { DEMO_AUDIENCE, DEMO_CLIENT_SECRET } from '../../lib/testing/options.js';
import { ROOT } from '../support/source-tree.js';
import { SPEC_SIGNING_KEY, startWorld, type World, type WorldOptions } from '../support/world.js';

const worlds: World[] = [];

afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
});

async function start(setup: WorldOptions = {}): Promise<World> {
  const world = await startWorld(setup);
  worlds.push(world);
  return world;
}

describe('start-up', () => {
  it('logs once the callback URL to register, and where data is stored', async () => {
    const { log, origin, tenant } = await start({ basePath: '/api' });
    const [summary, ...more] = log.filter(({ level }) => level === 'info');
    expect(more).toEqual([]);
    expect(summary?.fields).toEqual({
      issuer: `${origin}/api`,
      resource: `${origin}/api/mcp`,
      auth0: tenant.issuer,
      audience: DEMO_AUDIENCE,
      callbackUrl: `${origin}/api/auth/callback`,
      backchannelLogoutUrl: `${origin}/api/backchannel-logout`,
      consent: 'always',
      storage: expect.stringContaining('memory'),
    });
    expect(summary?.message).toContain('callbackUrl under Allowed Callback URLs');
  });

  it('warns of external consent, and of a directory that is not durable', async () => {
    const warning = 'the data directory /tmp/x is in memory';
    const storage = { ...memoryStorage(), warning };
    const { log } = await start({ options: { consent: 'external', storage } });
    const warnings = log.filter(({ level }) => level === 'warn').map(({ message }) => message);
    expect(warnings).toEqual([expect.stringContaining("consent is 'external'"), warning]);
  });

  it('logs no secret', async () => {
    const { log } = await start();
    for (const secret of [SPEC_SIGNING_KEY, DEMO_CLIENT_SECRET]) {
      expect(JSON.stringify(log)).not.toContain(secret);
    }
  });

  it('FA-26: after ready() the first request opens no file: a flood that takes them all ends no later login', async () => {
    const { tenant } = await start();
    tenant.configure({ loopbackCallbacks: true });
    const program = `ulimit -n 150 && exec "$0" --import ./spec/support/run-typescript.js ./spec/support/out-of-files.ts "$1"`;
    const { stdout } = await promisify(execFile)(
      'sh',
      ['-c', program, process.execPath, tenant.configUrl],
      { cwd: ROOT },
    );
    expect(JSON.parse(stdout)).toEqual([201, 201]);
  });
});
