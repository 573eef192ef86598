/** FA-23: a refresh right after a 403 makes clients with SDK v1 ask the user for the missing scope. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, describe, expect, it } from '@jest/globals';

import { memoryStorage } from '../../../lib/storage/memory-storage.js';
import { callTool, type OAuthClient, registerClient } from '../../support/oauth-client.js';
import { ROOT } from '../../support/source-tree.js';
import { watchStorage } from '../../support/watched-storage.js';
import { startWorld, type World, type WorldOptions } from '../../support/world.js';

const TOOL_SCOPES = { toolScopes: { write_file: ['files:write'] } };

let world: World;
let client: OAuthClient;

afterEach(() => world.close());

async function start(options: WorldOptions = {}): Promise<void> {
  world = await startWorld({ options: TOOL_SCOPES, ...options });
  client = await registerClient(world.origin);
}

type Tokens = Record<string, unknown>;

const logIn = (): Promise<Tokens> => client.tokens({ parameters: { scope: 'openid' } });

async function challenged({ access_token: token }: Tokens): Promise<void> {
  expect((await callTool(world.mcp, token, 'write_file')).status).toBe(403);
}

async function refresh(tokens: Tokens, more: Record<string, string> = {}): Promise<string> {
  const { status, body } = await client.refresh(tokens.refresh_token, more);
  return status === 200 ? 'tokens' : `${status} ${body.error}`;
}

const REJECTED = '400 server_error';

describe('FA-23: a refresh of a fresh token after its 403', () => {
  it('FA-23: is rejected with server_error once, and uses nothing up', async () => {
    await start();
    const tokens = await logIn();
    await challenged(tokens);
    expect(await refresh(tokens)).toBe(REJECTED);
    expect(await refresh(tokens)).toBe('tokens');
    // It was the current generation still: its successor was issued once, without a reuse.
    expect(world.events.map(({ type }) => type)).not.toContain('refresh_token_reused');
    expect(world.events.filter(({ type }) => type === 'tokens_refreshed')).toHaveLength(1);
    expect((await callTool(world.mcp, tokens.access_token, 'whoami')).status).toBe(200);
  });

  it('FA-23: is rejected on any instance, and of parallel ones exactly once', async () => {
    await start({ instances: 3 });
    const tokens = await logIn();
    await challenged(tokens);
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => refresh(tokens)));
    expect(outcomes.filter((outcome) => outcome === REJECTED)).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'tokens')).toHaveLength(5);
  });

  it('FA-23: starts one login for parallel calls, and no loop: the next 403 counts after ten seconds', async () => {
    await start();
    const tokens = await logIn();
    await Promise.all([challenged(tokens), challenged(tokens)]);
    expect(await refresh(tokens)).toBe(REJECTED);
    await challenged(tokens);
    expect(await refresh(tokens)).toBe('tokens');
    world.advance(11);
    await challenged(tokens);
    expect(await refresh(tokens)).toBe(REJECTED);
  });

  it('FA-23: cannot be used up by others: forged tokens, and tokens of another client', async () => {
    await start();
    const tokens = await logIn();
    const other = await registerClient(world.origin, { client_name: 'Another' });
    await challenged(tokens);
    expect(await refresh({ refresh_token: `${tokens.refresh_token}x` })).toBe('400 invalid_grant');
    expect((await other.refresh(tokens.refresh_token)).body.error).toBe('invalid_grant');
    expect(await refresh(tokens)).toBe(REJECTED);
  });
});

describe('FA-23: a refresh succeeds', () => {
  it.each<[string, (tokens: Tokens) => unknown]>([
    ['without a 403', () => undefined],
    [
      'when the 403 was long ago',
      async (tokens) => {
        await challenged(tokens);
        world.advance(11);
      },
    ],
    [
      'near the end of the token, 403 or not',
      async (tokens) => {
        world.advance(3_600 - 299);
        await challenged(tokens);
      },
    ],
    ['after the 403 of another login', async () => challenged(await logIn())],
    ['after a 401', async () => callTool(world.mcp, 'a-token', 'write_file')],
  ])('FA-23: %s', async (_when, before) => {
    await start();
    const tokens = await logIn();
    await before(tokens);
    expect(await refresh(tokens)).toBe('tokens');
  });

  it('FA-23: for a client that names its scopes: it knows which ones it has', async () => {
    await start();
    const tokens = await logIn();
    await challenged(tokens);
    expect(await refresh(tokens, { scope: 'openid' })).toBe('tokens');
  });

  it('FA-23: for mcp-remote, which would open a login for its first scopes and lose the code', async () => {
    await start();
    client = await registerClient(world.origin, { client_name: 'MCP CLI Proxy' });
    const tokens = await logIn();
    await challenged(tokens);
    expect(await refresh(tokens)).toBe('tokens');
  });

  it('FA-23: after half of a short life', async () => {
    await start({ options: { ...TOOL_SCOPES, accessTokenTtlSeconds: 120 } });
    const tokens = await logIn();
    world.advance(61);
    await challenged(tokens);
    expect(await refresh(tokens)).toBe('tokens');
  });

  it('FA-23: with the tokens of a login for the scopes of the challenge', async () => {
    await start();
    await challenged(await logIn());
    const tokens = await client.tokens({ parameters: { scope: 'openid files:write' } });
    expect((await callTool(world.mcp, tokens.access_token, 'write_file')).status).toBe(200);
    expect(await refresh(tokens)).toBe('tokens');
  });
});

describe('FA-23: the 403', () => {
  it('FA-23: is sent although the store fails', async () => {
    let isDown = false;
    const storage = watchStorage(memoryStorage(), {
      before() {
        if (isDown) throw new Error('the store is down');
      },
    });
    await start({ storages: [storage] });
    const tokens = await logIn();
    expect((await callTool(world.mcp, tokens.access_token, 'whoami')).status).toBe(200);
    isDown = true;
    await challenged(tokens);
    isDown = false;
  });

  it('FA-23: writes to the store once in ten seconds, however many calls are rejected', async () => {
    let writes = 0;
    const storage = watchStorage(memoryStorage(), {
      before(verb) {
        if (verb === 'update' || verb === 'set') writes += 1;
      },
    });
    await start({ storages: [storage] });
    const tokens = await logIn();
    await callTool(world.mcp, tokens.access_token, 'whoami');
    writes = 0;
    for (let n = 0; n < 5; n += 1) await challenged(tokens);
    expect(writes).toBe(1);
  });
});

describe.each(['sdk-1.25', 'sdk-1.29', '@modelcontextprotocol/sdk'])(
  'FA-23: the client of %s, unmodified',
  (sdk) => {
    it('FA-23: logs in once more after a 403, for the scopes of the challenge, and the call succeeds', async () => {
      const requests: string[] = [];
      await start({
        before: (app) =>
          app.use((req, res, next) => {
            res.once(
              'finish',
              () => void requests.push(`${req.method} ${req.path} ${res.statusCode}`),
            );
            next();
          }),
      });
      const support = join(ROOT, 'spec/support');
      const program = [
        '--import',
        join(support, 'run-typescript.js'),
        join(support, 'old-sdk-client.ts'),
      ];
      const args = [...program, sdk, world.mcp, 'step-up'];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const { second, scopes } = JSON.parse(stdout);
      expect(second).toBe('written');
      expect(scopes).toEqual(['openid', 'openid files:write']);
      const afterChallenge = requests.slice(requests.indexOf('POST /mcp 403'));
      const calls = afterChallenge.filter((line) => / \/(mcp|token|authorize|consent) /.test(line));
      expect(calls.slice(0, 6)).toEqual([
        'POST /mcp 403',
        'POST /token 400',
        'GET /authorize 200',
        'POST /consent 303',
        'POST /token 200',
        'POST /mcp 200',
      ]);
    }, 60_000);
  },
);
