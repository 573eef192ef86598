/** `npx express-auth0-mcp tenant`, as a program: what it prints is enough for a login, also after a restart. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import express from 'express';

import { auth0Mcp } from '../../lib/auth0-mcp.js';
import { readEnvironment } from '../../lib/config/env.js';
import type { Auth0McpOptions } from '../../lib/config/options.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { reportOf } from '../doctor/run-checks.js';
import { close, listen } from '../support/listen.js';
import { mcpRoute } from '../support/mcp-route.js';
import { callTool, registerClient, toolResult } from '../support/oauth-client.js';
import { ROOT } from '../support/source-tree.js';
import { runProgram } from './program.js';

const parent = mkdtempSync(join(tmpdir(), 'tenant-command-'));
const running: ChildProcess[] = [];

afterEach(async () => {
  for (const child of running.splice(0)) await stop(child);
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

interface Started {
  readonly child: ChildProcess;
  /** Standard output. */
  readonly env: Record<string, string>;
  readonly stderr: string;
}

/** Runs it until it has printed everything. */
async function start(args: readonly string[]): Promise<Started> {
  const runner = ['--import', join(ROOT, 'spec/support/run-typescript.js')];
  const main = [join(ROOT, 'lib/cli/main.ts'), 'tenant', ...args];
  const child = spawn(process.execPath, [...runner, ...main], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: parent },
  });
  running.push(child);
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text;
    });
  }
  const ended = once(child, 'exit');
  while (!printed.stdout.includes('AUTH0_MCP_BASE_URL=')) {
    await Promise.race([once(child.stdout, 'data'), ended]);
    if (child.exitCode !== null) throw new Error(printed.stderr);
  }
  const env = parseEnv(printed.stdout) as Record<string, string>;
  return { child, env, stderr: printed.stderr };
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  return child.exitCode;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await close(server);
  return port;
}

describe('tenant', () => {
  it('prints the .env of an app whose users can log in then, and the doctor accepts it', async () => {
    const server = createServer();
    const baseUrl = `http://localhost:${await listen(server)}`;
    const port = await freePort();
    const { env, stderr } = await start(['--port', String(port), '--base-url', baseUrl]);
    expect(Object.keys(env).toSorted()).toEqual([
      'AUTH0_MCP_AUDIENCE',
      'AUTH0_MCP_BASE_URL',
      'AUTH0_MCP_CLIENT_ID',
      'AUTH0_MCP_CLIENT_SECRET',
      'AUTH0_MCP_CONFIG_URL',
    ]);
    expect(stderr).toContain('ada@example.com, password ada-demo-password');
    expect(stderr).toContain(`Callback URL  ${baseUrl}/auth/callback`);
    // Complete without the lines themselves, which "> .env" keeps off the terminal.
    expect(stderr).toContain('Standard output has the lines for .env.');

    const options = readEnvironment(env).options as Auth0McpOptions;
    const auth = auth0Mcp({ ...options, storage: memoryStorage() });
    const app = express();
    app.use(auth);
    app.post('/mcp', express.json(), mcpRoute);
    server.on('request', app);
    try {
      const client = await registerClient(baseUrl);
      const { access_token: token } = await client.tokens();
      const { name } = toolResult(await callTool(`${baseUrl}/mcp`, token, 'whoami'));
      expect(name).toBe('Ada Lovelace');
      const { all } = await reportOf(env);
      expect(all.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    } finally {
      await auth.close();
      await close(server);
    }
  });

  it('has the API, and the state, of its arguments', async () => {
    const port = String(await freePort());
    const args = ['--port', port, '--audience', 'https://api.example.com', '--scopes', 'a:b c:d'];
    const { child, env, stderr } = await start(args);
    expect(env['AUTH0_MCP_AUDIENCE']).toBe('https://api.example.com');
    expect(stderr).toContain(join(parent, '.local/share/express-auth0-mcp', `tenant-${port}`));
    const keys = async (): Promise<unknown> =>
      (await fetch(`http://127.0.0.1:${port}/.well-known/jwks.json`)).json();
    const before = await keys();
    expect(await stop(child)).toBe(0);
    await start(args);
    expect(await keys()).toEqual(before);
  });

  it('names a taken port, and a wrong argument, without a stack', async () => {
    const server = createServer();
    const port = await listen(server);
    for (const [args, says] of [
      [['--port', String(port)], `Port ${port} is taken. Choose another one: --port ${port + 10}`],
      [['--port', '0'], 'a number from 1 to 65535'],
      [['--base-url', 'localhost:8000'], 'baseUrl'],
    ] as const) {
      const { code, stderr } = await runProgram(['tenant', ...args]);
      expect([code, stderr]).toEqual([1, expect.stringContaining(says)]);
      expect(stderr).not.toMatch(/^ +at /m);
    }
    await close(server);
  });
});
