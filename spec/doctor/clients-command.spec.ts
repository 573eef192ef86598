/** `doctor --clients` as a command: its arguments, its output, its exit code, and a login. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { replayedClients } from '../../lib/doctor/clients/clients.js';
import { replay } from '../../lib/doctor/replay/replay.js';
import type { Verdict } from '../../lib/doctor/replay/verdict.js';
import { approve, createBrowser, deny, logIn } from '../../lib/testing/browser.js';
import { ADA } from '../../lib/testing/options.js';
import { runProgram } from '../cli/program.js';
import { printedBy } from '../cli/run-command.js';
import { freePort } from '../support/redis-server.js';
import { startWorld, type World } from '../support/world.js';
import {
  type Changes,
  type ForeignServer,
  registered,
  resourceMetadata,
  serverMetadata,
  startForeignServer,
} from './foreign-server.js';
import { environmentFor } from './run-checks.js';

const prm = '/.well-known/oauth-protected-resource';
const asm = '/.well-known/oauth-authorization-server';

let world: World;
let foreign: ForeignServer;

beforeAll(async () => {
  world = await startWorld({ options: { clientIdMetadataDocuments: false } });
  foreign = await startForeignServer(() => ({
    '/.well-known/oauth-protected-resource': undefined,
  }));
});

afterAll(async () => {
  await world.close();
  await foreign.close();
});

describe('doctor --clients', () => {
  it('prints a line for each client, and exits with 0 if none fails', async () => {
    const { code, out } = await printedBy(['doctor', '--clients', world.mcp]);
    expect(code).toBe(0);
    for (const { name } of replayedClients()) expect(out).toContain(`✓ ${name} (`);
    expect(out).toMatch(/\(run 2026-11-30, 0\.171\.0\): /);
    expect(out).toMatch(/\(reported, 2026-11-30\): /);
    expect(out).toMatch(/\n(\d+) of \1 clients passed\.\n$/);
  });

  it('needs no configuration with a URL, and takes the configured one without', async () => {
    const { configUrl } = world.tenant;
    const environment = environmentFor({ configUrl, baseUrl: world.origin });
    const { code, out } = await printedBy(['doctor', '--client', 'cursor'], environment);
    expect([code, out.split('\n')[0]]).toEqual([0, `✓ ${world.mcp}: requires a token`]);
  });

  it('says without either that no client was checked, and why', async () => {
    const { code, out } = await printedBy(['doctor', '--clients']);
    expect(code).toBe(1);
    expect(out).toMatch(/^✗ Configuration: configUrl /);
    expect(out).toContain('No client was checked for that reason.');
    expect(out).toContain('Or pass the URL of the MCP endpoint');
  });

  it('prints whose fault a failure is, and what to do', async () => {
    const { code, out } = await printedBy(['doctor', '--client', 'qwen', foreign.mcp]);
    expect(code).toBe(1);
    expect(out).toMatch(
      /✗ Qwen Code \(.*\): Resource metadata: .*\n {4}Fault: the client\n {4}→ .*\n\n0 of 1 clients passed\.\n$/,
    );
  });

  it('explains once what several clients have in common', async () => {
    const url = `${foreign.origin}/authorize`;
    const { out } = await printedBy(['doctor', '--clients', url]);
    expect(out).toContain('is no MCP endpoint');
    expect(out).not.toContain('Cursor');
    expect(out).toMatch(/\nNo client was checked\.\n$/);
    const broken = await startForeignServer(() => ({ '/register': undefined }));
    const { out: text } = await printedBy(['doctor', '--client', 'c', broken.mcp]);
    expect(text).toMatch(/^✗ Cursor \(.*\): Client id: the same as /m);
    await broken.close();
  });

  it('prints one JSON document with --json', async () => {
    const { code, out } = await printedBy(['doctor', '--clients', '--json', foreign.mcp]);
    const { ok, endpoint, clients } = JSON.parse(out);
    expect([code, ok]).toEqual([1, false]);
    expect(endpoint).toEqual({
      client: foreign.mcp,
      outcome: 'passed',
      message: 'requires a token',
    });
    for (const verdict of clients) {
      expect(verdict).toMatchObject({
        client: expect.any(String),
        outcome: expect.stringMatching(/^(passed|warning|failed|skipped)$/),
        message: expect.any(String),
        facts: { kind: expect.stringMatching(/^(run|reported)$/), date: expect.any(String) },
      });
    }
    expect(clients.find(({ client }: Verdict) => client === 'Qwen Code')).toMatchObject({
      outcome: 'failed',
      step: 'resource-metadata',
      fault: 'client',
      remedy: expect.any(String),
    });
  });

  it.each([
    [
      'an unknown client',
      ['--client', 'nobody', 'http://localhost/mcp'],
      /nobody\. Known are: .*Codex CLI/,
    ],
    [
      'a URL without a scheme',
      ['--clients', 'localhost:8000/mcp'],
      /is no URL.*https:\/\/host\/mcp/,
    ],
    ['two URLs', ['--clients', 'http://a/mcp', 'http://b/mcp'], /One URL/],
    ['a URL without --clients', ['http://localhost/mcp'], /doctor --clients URL/],
  ])('exits with 2 for %s', async (_what, args, message) => {
    const { code, out, aside } = await printedBy(['doctor', ...args]);
    expect([code, out]).toEqual([2, '']);
    expect(aside).toMatch(message);
    expect(aside).toContain('express-auth0-mcp doctor --help');
  });

  const evil = '\u001b]0;title\u0007\u009b2J\u202e\n✓ all is well';
  const HOSTILE: Readonly<Record<string, Changes>> = {
    'the registration endpoint': (origin) => ({
      [asm]: () => ({
        body: { ...serverMetadata(origin), registration_endpoint: `${origin}/none/${evil}` },
      }),
    }),
    'the authentication method': () => ({
      '/register': (_request, body) => ({
        body: { ...registered(body), token_endpoint_auth_method: evil },
      }),
    }),
    'the authorization server': (origin) => ({
      [`${prm}/mcp`]: () => ({
        body: { ...resourceMetadata(origin), authorization_servers: [`${origin}/none/${evil}`] },
      }),
    }),
    'the challenge': (origin) => ({
      '/mcp': () => ({
        status: 401,
        headers: { 'www-authenticate': `Bearer resource_metadata="${origin}/\u009b2J"` },
      }),
    }),
    'an error': () => ({
      '/register': () => ({ status: 400, body: { error: evil, error_description: evil } }),
    }),
  };
  it.each(Object.entries(HOSTILE))('prints no control characters of %s', async (_name, changes) => {
    const hostile = await startForeignServer(changes);
    for (const json of [[], ['--json']]) {
      const { out } = await printedBy(['doctor', '--clients', ...json, hostile.mcp]);
      expect(out).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
      expect(out).not.toMatch(/^\W*all is well/m);
    }
    await hostile.close();
  });

  it('works as a program', async () => {
    const { code, stdout } = await runProgram(['doctor', '--client', 'mcporter', foreign.mcp]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /✓ mcporter \(run 2026-11-30, .*\): 127\.0\.0\.1:\d+ shows the user a page/,
    );
  });
});

describe('doctor --clients --login', () => {
  /** Ada opens the URL. The client listens at a port of its own, since the known one may be taken here. */
  async function loggedIn(
    decide: typeof approve = approve,
    taken?: number,
  ): Promise<{ verdict: Verdict; prompts: string[] }> {
    const port = taken ?? (await freePort());
    const [codex] = replayedClients().filter(({ name }) => name === 'Codex CLI');
    if (codex?.introduction.by !== 'registration') throw new Error('Codex CLI registers');
    const redirectUri = `http://127.0.0.1:${port}/callback`;
    const metadata = { ...codex.introduction.metadata, redirect_uris: [redirectUri] };
    const client = {
      ...codex,
      redirectUri,
      introduction: { by: 'registration' as const, metadata },
    };
    const [cursor] = replayedClients().filter(({ name }) => name === 'Cursor');
    const prompts: string[] = [];
    let visit: Promise<unknown> = Promise.resolve();
    const verdicts: Verdict[] = [];
    const settings = {
      logIn: 'first' as const,
      promptLogin(name: string, url: string) {
        prompts.push(name);
        const browser = createBrowser();
        visit = browser.follow(url).then(async (page) => {
          const next = await decide(browser, page);
          if (next.body.includes('name="password"')) await logIn(browser, next, ADA);
        });
      },
    };
    const clients = cursor === undefined ? [client] : [cursor, client];
    for await (const verdict of replay(world.mcp, clients, settings)) verdicts.push(verdict);
    await visit;
    return { verdict: verdicts.at(-1) as Verdict, prompts };
  }

  it('logs in as a client that redirects to this machine, calls, refreshes and revokes', async () => {
    const { verdict, prompts } = await loggedIn();
    expect(verdict).toMatchObject({
      outcome: 'passed',
      message: 'a login, an MCP request and a refresh',
    });
    expect(prompts).toEqual(['Codex CLI']);
    expect(await world.auth.grants.list({ subject: ADA.sub })).toEqual([]);
  });

  it('survives what a page in the browser sends to the port of the code', async () => {
    const port = await freePort();
    const { verdict } = await loggedIn(async (...login) => {
      const socket = connect(port, '127.0.0.1').end('GET // HTTP/1.1\r\nHost: x\r\n\r\n');
      await once(socket.resume(), 'close');
      return approve(...login);
    }, port);
    expect(verdict).toMatchObject({ outcome: 'passed' });
  });

  it('reports a denial', async () => {
    const { verdict } = await loggedIn(deny);
    expect(verdict).toMatchObject({
      outcome: 'failed',
      step: 'login',
      message: expect.stringContaining('access_denied'),
    });
  });

  it('says so if another process listens where the client receives the code', async () => {
    const port = await freePort();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const { verdict, prompts } = await loggedIn(approve, port);
    other.close();
    expect(verdict).toMatchObject({ outcome: 'skipped', step: 'login' });
    expect(verdict.message).toContain(`another process listens at 127.0.0.1:${port}`);
    expect(prompts).toEqual([]);
  });
});
