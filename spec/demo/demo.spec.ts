/** The demo as users start it: built, in processes of its own, the client against the server. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';

import { approve, createBrowser } from '../../lib/testing/browser.js';
import { DEMO_AUDIENCE, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET } from '../../lib/testing/options.js';
import { startTenant } from '../../lib/testing/tenant.js';
import { codeBlocks, pageAt, section } from '../docs/markdown.js';
import { connect } from '../support/connected-accounts.js';
import { disconnect, signIn } from '../support/connected-apps.js';
import { close, listen } from '../support/listen.js';
import { mcpRoute } from '../support/mcp-route.js';
import { callTool, registerClient, rpc, toolResult } from '../support/oauth-client.js';
import { ROOT } from '../support/source-tree.js';
import { tenantKeys } from '../support/tenant-keys.js';

const BUILD_TIMEOUT_MS = 120_000;
const RUN_TIMEOUT_MS = 60_000;

/** Built outside of the repository, so that a stale `dist/` is never tested. */
const work = mkdtempSync(join(tmpdir(), 'express-auth0-mcp-demo-'));
const home = join(work, 'home');
let environment: NodeJS.ProcessEnv;
let baseUrl: string;
let server: Program;

beforeAll(async () => {
  buildDemo();
  const [port, tenantPort] = await freePorts();
  baseUrl = `http://localhost:${port}`;
  environment = {
    PATH: process.env['PATH'],
    HOME: home,
    PORT: String(port),
    TENANT_PORT: String(tenantPort),
  };
  server = start('server.js');
  await server.says('Ctrl+C ends the demo.');
}, BUILD_TIMEOUT_MS);

afterAll(async () => {
  await server?.stop();
  rmSync(work, { recursive: true, force: true });
});

describe('the demo server without a tenant', () => {
  it('prints its URLs, the account for the login, and the next steps', () => {
    for (const line of [
      `MCP endpoint   ${baseUrl}/mcp`,
      `Connected apps ${baseUrl}/connected-apps`,
      'Log in as      ada@example.com',
      `npm run demo:client -- ${baseUrl}/mcp`,
      `claude mcp add --transport http auth0-demo ${baseUrl}/mcp`,
      'npx @modelcontextprotocol/inspector',
    ]) {
      expect(server.output()).toContain(line);
    }
  });

  it('shows on its web page that it is ready, and how to connect clients', async () => {
    const response = await fetch(baseUrl);
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(page).toContain('Ready: Auth0 and the storage respond.');
    for (const client of ['Claude Code', 'Cursor', 'VS Code', 'mcp-remote', 'MCP Inspector']) {
      expect(page).toContain(`<h3>${client}</h3>`);
    }
  });

  it('responds to a tool call without a token with 401', async () => {
    const response = await fetch(`${baseUrl}/mcp`, { method: 'POST' });
    expect(response.status).toBe(401);
  });

  it('declares what each tool needs, in both places where ChatGPT reads it', async () => {
    const client = await registerClient(baseUrl, { client_name: 'Another client' });
    const { access_token: token } = await client.tokens();
    const { body } = await rpc(`${baseUrl}/mcp`, token, { method: 'tools/list' });
    const { tools } = body['result'] as { tools: Record<string, unknown>[] };
    const declared = Object.fromEntries(
      tools.map((tool) => [tool['name'], tool['securitySchemes']]),
    );
    const basic = [{ type: 'oauth2', scopes: ['openid'] }];
    expect(declared).toEqual({
      get_token_info: basic,
      whoami: basic,
      write_file: [{ type: 'oauth2', scopes: ['openid', 'files:write'] }],
      delete_files: [{ type: 'oauth2', scopes: ['openid', 'files:delete'] }],
      call_api: basic,
      call_other_api: basic,
      google_account: basic,
      manage_apps: basic,
    });
    for (const tool of tools) {
      expect(tool['_meta']).toEqual({ securitySchemes: tool['securitySchemes'] });
    }
  });

  it('deletes files only after a recent login, which the login for its scope is', async () => {
    const client = await registerClient(baseUrl, { client_name: 'Another client' });
    const { access_token: token } = await client.tokens();
    const rejected = await callTool(`${baseUrl}/mcp`, token, 'delete_files');
    expect(rejected.headers.get('www-authenticate')).toContain('max_age="300"');
    const scope = 'openid files:delete';
    const { access_token: recent } = await client.tokens({ parameters: { scope } });
    const result = await callTool(`${baseUrl}/mcp`, recent, 'delete_files');
    expect(toolResult(result)).toEqual({ deleted: 0 });
  });

  it('gets a token for another API of the tenant', async () => {
    const client = await registerClient(baseUrl, { client_name: 'Another client' });
    const { access_token: token } = await client.tokens();
    const result = toolResult(await callTool(`${baseUrl}/mcp`, token, 'call_other_api'));
    expect(result).toEqual({ audience: 'https://billing.example.test', scope: 'read:bills' });
  });

  it('returns a link that connects an account of the user, and has its token afterwards', async () => {
    const client = await registerClient(baseUrl, { client_name: 'Another client' });
    const { access_token: token } = await client.tokens();
    const first = await callTool(`${baseUrl}/mcp`, token, 'google_account');
    const [link = ''] =
      /http[^"\s]*connected-accounts[^"\s\\]*/.exec(JSON.stringify(first.body)) ?? [];
    await connect(link, { email: 'ada@example.com', password: 'ada-demo-password' });
    const second = await callTool(`${baseUrl}/mcp`, token, 'google_account');
    expect(toolResult(second)).toEqual({ connected: true });
  });

  it('returns the URL of the connected apps by manage_apps, where the user disconnects the client', async () => {
    const client = await registerClient(baseUrl, { client_name: 'Spec client' });
    const { access_token: token } = await client.tokens();
    const { url } = toolResult(await callTool(`${baseUrl}/mcp`, token, 'manage_apps'));
    expect(url).toBe(`${baseUrl}/connected-apps`);
    const browser = createBrowser();
    const page = await signIn(browser, baseUrl);
    expect([page.status, page.url.href]).toEqual([200, url]);
    await disconnect(browser, page, 'Spec client');
    expect((await callTool(`${baseUrl}/mcp`, token, 'manage_apps')).status).toBe(401);
  });

  it.each([
    ['TENANT_PORT', {}],
    ['PORT', { TENANT_PORT: '0' }],
  ])('names the taken port, and %s as the way to choose another', async (variable, further) => {
    const second = start('server.js', [], further);
    expect(await second.ends()).toBe(1);
    const port = Number(environment[variable]);
    expect(second.output()).toContain(
      `Port ${port} is taken. Start with another one: ${variable}=${port + 10}`,
    );
  });

  it('shows the account for the login on the login page of the stand-in', async () => {
    const client = await registerClient(baseUrl);
    const browser = createBrowser();
    const consent = await browser.follow(client.authorizeUrl());
    expect(consent.body).toContain('Demo server');
    const login = await approve(browser, consent);
    expect(login.body).toContain('Log in as ada@example.com, password ada-demo-password.');
  });

  it('rejects an incomplete configuration instead of starting the stand-in', async () => {
    const half = start('server.js', [], { AUTH0_MCP_CLIENT_ID: 'an-application' });
    expect(await half.ends()).toBe(1);
    expect(half.output()).toContain('configUrl');
  });

  it.each(['server.js', 'parts.js', 'resource-only.js'])(
    '%s names every wrong setting, a port too, without a stack',
    async (program) => {
      for (const [wrong, says] of [
        [{ AUTH0_MCP_CLIENT_ID: 'YOUR_CLIENT_ID' }, /^configUrl .*is missing/m],
        [{ TENANT_PORT: '0', PORT: 'none' }, /^baseUrl .*localhost:NaN/m],
        [{ TENANT_PORT: '99999' }, /99999/],
      ] as const) {
        const failing = start(program, [], wrong);
        expect(await failing.ends()).toBe(1);
        expect(failing.output()).toMatch(says);
        expect(failing.output()).not.toMatch(/^ +at /m);
      }
    },
  );
});

describe('the demo server with a tenant in the environment', () => {
  it(
    'logs users in there, with the names of a FastMCP .env, a trailing slash and another callback path',
    async () => {
      const [port] = await freePorts();
      const base = `http://localhost:${port}`;
      const tenant = await startTenant({
        keys: tenantKeys(),
        callbackUrls: [`${base}/auth/auth0/callback`],
      });
      const names = 'FASTMCP_SERVER_AUTH_AUTH0_';
      const configured = start('server.js', [], {
        PORT: String(port),
        FASTMCP_SERVER_AUTH: 'fastmcp.server.auth.providers.auth0.Auth0Provider',
        [`${names}CONFIG_URL`]: tenant.configUrl,
        [`${names}CLIENT_ID`]: DEMO_CLIENT_ID,
        [`${names}CLIENT_SECRET`]: DEMO_CLIENT_SECRET,
        [`${names}AUDIENCE`]: DEMO_AUDIENCE,
        [`${names}BASE_URL`]: `${base}/`,
        [`${names}REDIRECT_PATH`]: '/auth/auth0/callback',
        [`${names}REQUIRED_SCOPES`]: 'openid,email',
      });
      try {
        await configured.says('Ctrl+C ends the demo.');
        expect(configured.output()).toContain(`Callback URL   ${base}/auth/auth0/callback\n`);
        expect(configured.output()).toContain(`MCP endpoint   ${base}/mcp\n`);
        expect(configured.output()).toContain(`Connected apps ${base}/connected-apps\n`);
        const client = start('client.js', ['--headless'], { [`${names}BASE_URL`]: `${base}/` });
        expect([await client.ends(), client.output()]).toEqual([0, expect.any(String)]);
        expect(client.output()).toContain(`… connecting to ${base}/mcp\n`);
        expect(client.output()).toContain(`Auth0 issuer: ${tenant.issuer}\n`);
      } finally {
        await configured.stop();
        await tenant.close();
      }
    },
    RUN_TIMEOUT_MS,
  );
});

describe.each([
  [
    'parts.js',
    'openid',
    [
      '✓ whoami: Ada Lovelace <ada@example.com>',
      '✓ call_api: the API behind Auth0 responded with 200',
      '… login required, with the scopes: openid files:write',
    ],
  ],
  [
    'resource-only.js',
    'read:notes',
    ['✓ whoami: auth0|ada', '… login required, with the scopes: read:notes files:write'],
  ],
])('the demo server of %s', (file, scope, tour) => {
  let base: string;
  let places: NodeJS.ProcessEnv;
  let variant: Program;

  beforeAll(async () => {
    const [port, tenantPort] = await freePorts();
    base = `http://localhost:${port}`;
    places = { PORT: String(port), TENANT_PORT: String(tenantPort) };
    variant = start(file, [], places);
    await variant.says('Ctrl+C ends the demo.');
  });
  afterAll(() => variant?.stop());

  it(
    'serves the demo client, which calls every tool, also the one that requires another scope',
    async () => {
      const client = start('client.js', ['--headless', `${base}/mcp`]);
      expect([await client.ends(), client.output()]).toEqual([0, expect.any(String)]);
      const lines = client.output().split('\n');
      expect(lines).toContain(`    Auth0 issuer: http://127.0.0.1:${places['TENANT_PORT']}/`);
      expect(lines.filter((line) => !/^ {4}Auth0 /.test(line))).toEqual([
        `… connecting to ${base}/mcp`,
        `… login required, with the scopes: ${scope}`,
        '✓ Authenticated with Auth0!',
        '✓ get_token_info',
        ...tour,
        '✓ write_file: 6 characters, with the scope files:write',
        '',
      ]);
    },
    RUN_TIMEOUT_MS,
  );

  it(
    'serves it again without a login, while its token is valid',
    async () => {
      const client = start('client.js', [`${base}/mcp`]);
      expect([await client.ends(), client.output()]).toEqual([0, expect.any(String)]);
      expect(client.output()).not.toContain('login required');
    },
    RUN_TIMEOUT_MS,
  );

  it('responds without a token with 401, and shows on its page that it is ready', async () => {
    expect((await fetch(`${base}/mcp`, { method: 'POST' })).status).toBe(401);
    const page = await fetch(base);
    expect([page.status, await page.text()]).toEqual([
      200,
      expect.stringContaining('Ready: Auth0'),
    ]);
  });
});

it('the resource-only demo prints what to create at a real tenant', async () => {
  const [port] = await freePorts();
  const base = `http://localhost:${port}`;
  const tenant = await startTenant({ keys: tenantKeys() });
  const configured = start('resource-only.js', [], {
    PORT: String(port),
    AUTH0_MCP_CONFIG_URL: tenant.configUrl,
    AUTH0_MCP_BASE_URL: `${base}/`,
    // A `.env` of the other servers works too.
    AUTH0_MCP_CLIENT_ID: DEMO_CLIENT_ID,
    AUTH0_MCP_CLIENT_SECRET: DEMO_CLIENT_SECRET,
    AUTH0_MCP_AUDIENCE: DEMO_AUDIENCE,
  });
  try {
    await configured.says('Ctrl+C ends the demo.');
    expect(configured.output()).toContain(`API identifier ${base}/mcp\n`);
    expect(configured.output()).not.toContain('is not the URL of the MCP endpoint');
  } finally {
    await configured.stop();
    await tenant.close();
  }
});

describe('npm run demo', () => {
  it('prints its usage for --help', () => {
    const { status, stdout } = spawnSync(process.execPath, ['scripts/demo.js', '--help'], {
      cwd: work,
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([0, expect.stringContaining('TENANT_PORT')]);
  });

  it('lists the servers for an unknown name', () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/demo.js', 'part'], {
      cwd: work,
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toContain('Unknown demo "part". The servers are: server, parts, resource-only.');
  });
});

describe('the quick start of the README', () => {
  it('runs as pasted, with the values of a tenant', async () => {
    const [port] = await freePorts();
    const base = `http://localhost:${port}`;
    const tenant = await startTenant({
      keys: tenantKeys(),
      callbackUrls: [`${base}/auth/callback`],
    });
    const blocks = codeBlocks(section(pageAt('README.md'), 'Quick start'));
    const [code, dotEnv] = ['import ', 'AUTH0_MCP_'].map((beginning) =>
      blocks.find(({ code: text }) => text.startsWith(beginning)),
    );
    const values: [string, string][] = [
      ['https://TENANT.us.auth0.com/.well-known/openid-configuration', tenant.configUrl],
      ['YOUR_CLIENT_ID', DEMO_CLIENT_ID],
      ['YOUR_CLIENT_SECRET', DEMO_CLIENT_SECRET],
      ['https://api.example.com', DEMO_AUDIENCE],
      ['http://localhost:8000', base],
      ['listen(8000', `listen(${port}`],
    ];
    const [pasted, settings] = [code, dotEnv].map((block) =>
      values.reduce((text, [written, real]) => text.replaceAll(written, real), block?.code ?? ''),
    );
    writeFileSync(join(work, 'dist-demo/quick-start.mjs'), pasted ?? '');
    const quickStart = start('quick-start.mjs', [], parseEnv(settings ?? ''));
    try {
      await quickStart.says(`MCP endpoint: ${base}/mcp`);
      const { access_token: token } = await (await registerClient(base)).tokens();
      const { body } = await callTool(`${base}/mcp`, token, 'whoami');
      expect(JSON.stringify(body)).toContain('Ada Lovelace (auth0|6650f0c2a1b2c3d4e5f60001)');
      expect((await fetch(`${base}/mcp`, { method: 'POST' })).status).toBe(401);
    } finally {
      await quickStart.stop();
      await tenant.close();
    }
  });
});

describe('the demo client', () => {
  it(
    'logs in, calls every tool and steps up for the one that requires another scope',
    async () => {
      const client = start('client.js', ['--headless']);
      expect([await client.ends(), client.output()]).toEqual([0, expect.any(String)]);
      expect(client.output().split('\n')).toEqual([
        `… connecting to ${baseUrl}/mcp`,
        '… login required, with the scopes: openid',
        '✓ Authenticated with Auth0!',
        '✓ get_token_info',
        `    Auth0 issuer: http://127.0.0.1:${environment['TENANT_PORT']}/`,
        expect.stringMatching(`^    Auth0 audience: ${DEMO_AUDIENCE}\\b`),
        expect.stringMatching(/^ {4}Auth0 scope: openid /),
        '✓ whoami: Ada Lovelace <ada@example.com>',
        '✓ call_api: the API behind Auth0 responded with 200',
        '… login required, with the scopes: openid files:write',
        '✓ write_file: 6 characters, with the scope files:write',
        '',
      ]);
    },
    RUN_TIMEOUT_MS,
  );

  it(
    'is the agent of an enterprise: one sign-in at the identity provider, none at the server',
    async () => {
      const client = start('client.js', ['--enterprise', '--headless']);
      expect([await client.ends(), client.output()]).toEqual([0, expect.any(String)]);
      expect(client.output().split('\n')).toEqual([
        `… connecting to ${baseUrl}/mcp`,
        '… login required, with the scopes: openid',
        '✓ The identity provider vouches for the employee, with the scopes: openid',
        `✓ whoami: auth0|ada, an employee, vouched for by http://127.0.0.1:${environment['TENANT_PORT']}/`,
        '✓ The identity provider vouches for the employee, with the scopes: openid files:write',
        '✓ write_file, with the scope files:write',
        '',
      ]);
    },
    RUN_TIMEOUT_MS,
  );

  it(
    'calls tools without a user, by the credentials of an application of Auth0',
    async () => {
      const client = start('client.js', ['--machine']);
      expect([await client.ends(), client.output()]).toEqual([0, expect.any(String)]);
      expect(client.output().split('\n')).toEqual([
        `… connecting to ${baseUrl}/mcp`,
        '✓ whoami: demo-machine, a client without a user',
        '✓ write_file, with the scope files:write',
        '✓ get_token_info: Auth0 granted files:write',
        '',
      ]);
      const wrong = start('client.js', ['--machine'], { MACHINE_CLIENT_SECRET: 'wrong' });
      expect(await wrong.ends()).toBe(1);
    },
    RUN_TIMEOUT_MS,
  );

  it(
    'saves the login in a file for its owner only, and needs no browser the next time',
    async () => {
      const folder = join(home, '.express-auth0-mcp-demo');
      const { port } = new URL(baseUrl);
      expect(statSync(join(folder, `http-localhost-${port}-mcp.json`)).mode & 0o777).toBe(0o600);
      // Without --headless a login would wait for a user.
      const client = start('client.js');
      expect([await client.ends(), client.output()]).toEqual([0, expect.any(String)]);
      expect(client.output()).toContain('✓ write_file');
      expect(client.output()).not.toContain('login required');
    },
    RUN_TIMEOUT_MS,
  );

  it(
    'needs none after a restart of the server and of the stand-in either',
    async () => {
      await server.stop();
      server = start('server.js');
      await server.says('Ctrl+C ends the demo.');
      const client = start('client.js');
      expect([await client.ends(), client.output()]).toEqual([0, expect.any(String)]);
      expect(client.output()).toContain('✓ call_api: the API behind Auth0 responded with 200');
      expect(client.output()).not.toContain('login required');
    },
    RUN_TIMEOUT_MS,
  );

  it(
    'logs in again with --fresh, also on another loopback port than the registered one',
    async () => {
      const client = start('client.js', ['--headless', '--fresh']);
      expect([await client.ends(), client.output()]).toEqual([0, expect.any(String)]);
    },
    RUN_TIMEOUT_MS,
  );

  it(
    'lists the tools of a server, and calls one',
    async () => {
      const list = start('client.js', ['--list']);
      expect([await list.ends(), list.output()]).toEqual([0, expect.any(String)]);
      expect(list.output()).toContain('✓ write_file(name, text)  Saves a text\n');
      const file = JSON.stringify({ name: 'a.txt', text: '12345' });
      const call = start('client.js', ['--call', 'write_file', '--args', file, `${baseUrl}/mcp`]);
      expect([await call.ends(), call.output()]).toEqual([0, expect.any(String)]);
      expect(call.output()).toContain('\n{"name":"a.txt","characters":5}\n');
      const unknown = start('client.js', ['--call', 'no_such_tool']);
      expect(await unknown.ends()).toBe(1);
      expect(unknown.output()).toMatch(/✗ .*no_such_tool/);
    },
    RUN_TIMEOUT_MS,
  );

  it('lists the tools of any server, also of one without a login', async () => {
    const app = express().post('/mcp', express.json(), mcpRoute);
    app.all('/mcp', (_req, res) => void res.status(405).end());
    const other = createServer(app);
    try {
      const client = start('client.js', ['--list', `http://localhost:${await listen(other)}/mcp`]);
      await client.ends();
      expect(client.output()).toContain('✓ public_tool()');
      expect(client.output()).not.toMatch(/login|✗/);
    } finally {
      await close(other);
    }
  });

  it.each([
    [['--help'], 0],
    [['--unknown'], 2],
    [['no url'], 2],
    [['--machine', '--enterprise'], 2],
    [['--call', 'whoami', '--args', '{name}'], 2],
  ])('prints its usage for %s', async (args, code) => {
    const client = start('client.js', args);
    expect(await client.ends()).toBe(code);
    expect(client.output()).toMatch(/--headless +log in without a browser/);
    expect(client.output()).not.toContain('    at ');
  });

  it('says to start the server if none listens', async () => {
    const [port] = await freePorts();
    const client = start('client.js', [`http://localhost:${port}/mcp`]);
    expect(await client.ends()).toBe(1);
    expect(client.output()).toContain('Start it first, such as by: npm run demo');
  });
});

interface Program {
  /** stdout and stderr so far. */
  output(): string;
  /** Resolves when the output has the text; rejects if the program ends before. */
  says(text: string): Promise<void>;
  /** The exit code. */
  ends(): Promise<number | null>;
  stop(): Promise<void>;
}

function start(file: string, args: string[] = [], further: NodeJS.ProcessEnv = {}): Program {
  const child: ChildProcess = spawn(process.execPath, [join(work, 'dist-demo', file), ...args], {
    env: { ...environment, ...further },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    output: () => output,
    async says(text) {
      while (!output.includes(text)) {
        const code = await Promise.race([ended, once(child.stdout ?? child, 'data')]);
        if (typeof code === 'number') throw new Error(`ended with ${code}: ${output}`);
      }
    },
    ends: () => ended,
    async stop() {
      child.kill();
      await ended;
    },
  };
}

function buildDemo(): void {
  const projects = ['tsconfig.json', 'tsconfig.build.json', 'tsconfig.demo.json'];
  for (const name of ['lib', 'demo', 'scripts', 'package.json', ...projects]) {
    cpSync(join(ROOT, name), join(work, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(work, 'node_modules'));
  mkdirSync(home);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/build.js'], {
    cwd: work,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stdout + stderr);
}

/** Two ports that are free at the moment. */
async function freePorts(): Promise<[number, number]> {
  const first = await freePort();
  return [first, await freePort(first)];
}

/** Below the ephemeral ports: no other spec gets it between this check and its use. */
async function freePort(other = 0): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree && port !== other) return port;
  }
}
