/** The fuzz specs, for any number of inputs. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isLong } from '../support/mode.js';
import { callTool, registerClient } from '../support/oauth-client.js';
import { HOSTS, type HostileWorld, startHostileWorld } from './hostile-world.js';
import { requests, type Target } from './inputs.js';
import { FUZZ_SEED } from './property.js';
import { type RawRequest, sendRaw } from './socket.js';

/** Requests generated, over all hosts and endpoints. */
const INPUTS = isLong ? 100_000 : 4000;

describe.each(Object.entries(HOSTS))('hostile input, sent to %s', (_name, host) => {
  let hostile: HostileWorld;
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  beforeAll(async () => {
    process.on('unhandledRejection', onRejection);
    hostile = await startHostileWorld(host);
  });
  afterAll(async () => {
    process.off('unhandledRejection', onRejection);
    await hostile.world.close();
  });

  // One spec for each: what a failure is about stands in its title.
  const endpoints = [
    'GET /authorize',
    'POST /authorize',
    'POST /consent',
    'GET /auth/callback',
    'POST /token',
    'POST /revoke',
    'POST /register',
    'POST /mcp',
    'GET /.well-known/oauth-protected-resource/mcp',
    'GET /.well-known/jwks.json',
    'GET /connected-apps',
    'POST /connected-apps/sign-in',
    'POST /connected-apps/disconnect',
    'POST /connected-apps/sign-out',
  ];
  const each = Math.ceil(INPUTS / (Object.keys(HOSTS).length * endpoints.length));

  it.each(endpoints)(
    'R-DP-5 R-AZ-3 R-AZ-17 R-RS-7 CLI-45 %s withstands generated requests',
    async (endpoint) => {
      const targets = hostile.targets.filter(
        ({ method, path }) => endpoint === `${method} ${path}`,
      );
      const logged = hostile.world.log.length;
      const numRuns = Math.ceil(each / targets.length);
      for (const target of targets) await attack(hostile, target, numRuns);
      expect(rejections).toEqual([]);
      const errors = hostile.world.log.slice(logged).filter(({ level }) => level === 'error');
      expect(errors).toEqual([]);
    },
    20_000 + INPUTS * 20,
  );

  it('still serves logins, tool calls and refreshes afterwards', async () => {
    const client = await registerClient(hostile.world.origin);
    const tokens = await client.tokens();
    const response = await callTool(hostile.world.mcp, tokens.access_token, 'whoami');
    expect(response.status).toBe(200);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
  });
});

async function attack(hostile: HostileWorld, target: Target, numRuns: number): Promise<void> {
  const { world, known, faultOf } = hostile;
  let sent = 0;
  await fc.assert(
    fc.asyncProperty(requests(target, known), async (request) => {
      sent += 1;
      const response = await sendRaw(world.origin, fromOwnAddress(request, sent));
      const fault = faultOf(target.path, response);
      if (fault === undefined) return;
      const { status, body } = response;
      throw new Error(`${fault}\n${shown(request)}\n-> ${status} ${body.slice(0, 300)}`);
    }),
    { seed: FUZZ_SEED, numRuns },
  );
}

/** So that none of them meets a rate limit. */
function fromOwnAddress(request: RawRequest, count: number): RawRequest {
  const address = [10, count >> 16, (count >> 8) & 255, count & 255].join('.');
  return { ...request, headers: [['X-Forwarded-For', address], ...(request.headers ?? [])] };
}

function shown({ method, target, headers, body, framing }: RawRequest): string {
  return JSON.stringify({
    method,
    target,
    headers,
    framing,
    body: String(body ?? '').slice(0, 400),
  });
}
