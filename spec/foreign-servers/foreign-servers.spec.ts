/** Published MCP servers with the lines that docs/add-to-a-server.md adds, and a client of the SDK. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from '@jest/globals';

import {
  BOB,
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
} from '../../lib/testing/options.js';
import { startTenant, type Tenant } from '../../lib/testing/tenant.js';
import { codeBlocks, pageAt, section } from '../docs/markdown.js';
import { connect, HeadlessProvider } from '../support/sdk-client.js';
import { ROOT } from '../support/source-tree.js';
import { tenantKeys } from '../support/tenant-keys.js';
import {
  type ForeignServer,
  freePort,
  type RunningServer,
  startForeignServer,
  startProgram,
} from './foreign-server.js';

/** Several programs start, one after the other. */
const TIMEOUT_MS = 60_000;

const SDK_EXAMPLES = '@modelcontextprotocol/sdk/dist/esm/examples/server';
const EVERYTHING = '@modelcontextprotocol/server-everything/dist/transports/streamableHttp.js';

/** `line`, and after it what the page adds. */
function mountAfter(line: string, ...more: string[]): readonly [string, string] {
  return [line, [line, ...more].join('\n')];
}
const MOUNT = 'app.use(auth0Mcp());';

let tenant: Tenant;
const running: RunningServer[] = [];
const clients: { close(): Promise<void> }[] = [];
const folders: string[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(running.splice(0).map((server) => server.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  await tenant.close();
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'foreign-servers-'));
  folders.push(folder);
  return folder;
}

/** The environment of an app with the library at that port. */
async function environment(port: number): Promise<Record<string, string>> {
  const baseUrl = `http://localhost:${port}`;
  tenant = await startTenant({ callbackUrls: [`${baseUrl}/auth/callback`], keys: tenantKeys() });
  return {
    XDG_DATA_HOME: temporaryFolder(),
    AUTH0_MCP_CONFIG_URL: tenant.configUrl,
    AUTH0_MCP_CLIENT_ID: DEMO_CLIENT_ID,
    AUTH0_MCP_CLIENT_SECRET: DEMO_CLIENT_SECRET,
    AUTH0_MCP_AUDIENCE: DEMO_AUDIENCE,
    AUTH0_MCP_BASE_URL: baseUrl,
  };
}

async function start(server: ForeignServer, portName: string): Promise<string> {
  const port = await freePort();
  const env = { ...server.env, ...(await environment(port)), [portName]: String(port) };
  running.push(await startForeignServer({ ...server, env }, port));
  return `http://localhost:${port}`;
}

async function logIn(mcp: string, provider = new HeadlessProvider()) {
  const connected = await connect(mcp, provider);
  clients.push(connected.client);
  return connected;
}

const post = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  });

describe.each<[string, ForeignServer, string, string, Record<string, unknown>, RegExp]>([
  [
    '@modelcontextprotocol/server-everything',
    { file: EVERYTHING, edits: [mountAfter('const app = express();', MOUNT)], env: {} },
    'PORT',
    'echo',
    { message: 'hello' },
    /hello/,
  ],
  [
    'simpleStreamableHttp.js of the SDK',
    {
      file: `${SDK_EXAMPLES}/simpleStreamableHttp.js`,
      edits: [mountAfter('const app = createMcpExpressApp();', MOUNT)],
      env: {},
    },
    'MCP_PORT',
    'greet',
    { name: 'Ada' },
    /Ada/,
  ],
  [
    'airtable-mcp-server',
    {
      file: 'airtable-mcp-server/dist/main.js',
      edits: [mountAfter('const app = express();', MOUNT)],
      env: { MCP_TRANSPORT: 'http', AIRTABLE_API_KEY: 'of-nobody' },
    },
    'PORT',
    'list_bases',
    {},
    // Airtable is not reached, or rejects the key: the tool has run.
    /./,
  ],
])('%s with the library', (_, server, portName, tool, args, expected) => {
  it(
    'is closed, and lists and calls its tools for a client that logs in',
    async () => {
      const origin = await start(server, portName);
      expect((await post(`${origin}/mcp`)).status).toBe(401);
      expect(await allowedHeaders(`${origin}/mcp`)).toMatch(/authorization/i);
      const { client } = await logIn(`${origin}/mcp`);
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toContain(tool);
      const result = await client.callTool({ name: tool, arguments: args });
      expect(JSON.stringify(result.content)).toMatch(expected);
    },
    TIMEOUT_MS,
  );
});

/** In the response to the preflight of a web page. */
async function allowedHeaders(url: string): Promise<string | null> {
  const headers = {
    origin: 'http://localhost:6274',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,mcp-protocol-version',
  };
  return (await fetch(url, { method: 'OPTIONS', headers })).headers.get(
    'access-control-allow-headers',
  );
}

describe('sseAndStreamableHttpCompatibleServer.js of the SDK', () => {
  const APP = 'const app = createMcpExpressApp();';
  const PORT: readonly [string, string] = ['const PORT = 3000;', 'const PORT = process.env.PORT;'];
  const file = `${SDK_EXAMPLES}/sseAndStreamableHttpCompatibleServer.js`;
  const opened = async (origin: string) => {
    const response = await fetch(`${origin}/sse`, { headers: { accept: 'text/event-stream' } });
    await response.body?.cancel();
    return [response.status, (await post(`${origin}/messages?sessionId=x`)).status];
  };

  it(
    'leaves its routes of HTTP with SSE open to everyone, unless they have a guard',
    async () => {
      const origin = await start({ file, edits: [PORT, mountAfter(APP, MOUNT)], env: {} }, 'PORT');
      expect((await post(`${origin}/mcp`)).status).toBe(401);
      expect(await opened(origin)).toEqual([200, 400]);
    },
    TIMEOUT_MS,
  );

  it(
    'closes them by the line of the page',
    async () => {
      const lines = [
        'const auth = auth0Mcp();',
        'app.use(auth);',
        "app.use(['/sse', '/messages'], auth.bearer());",
      ];
      const edits = [PORT, mountAfter(APP, ...lines)];
      const origin = await start({ file, edits, env: {} }, 'PORT');
      expect(await opened(origin)).toEqual([401, 401]);
      const { client } = await logIn(`${origin}/mcp`);
      expect((await client.listTools()).tools).not.toEqual([]);
    },
    TIMEOUT_MS,
  );
});

describe('a server whose code does not change, behind the proxy of the page', () => {
  it(
    'gets no token, serves a client that logs in, keeps sessions apart, and is a 502 while it is down',
    async () => {
      const page = section(
        pageAt('docs/add-to-a-server.md'),
        'A server whose code you cannot change',
      );
      const folder = temporaryFolder();
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
      const program = join(folder, 'proxy.ts');
      writeFileSync(program, codeBlocks(page)[0]?.code ?? '');

      const behind = await freePort();
      // It only prints what it gets.
      const log =
        'app.use((req, _res, next) => { console.log(JSON.stringify(req.headers)); next(); });';
      const app = 'const app = express();';
      const env = { PORT: String(behind) };
      const server = await startForeignServer(
        { file: EVERYTHING, edits: [[app, `${app}\n${log}`]], env },
        behind,
      );
      running.push(server);
      const port = await freePort();
      const settings = { PORT: String(port), MCP_SERVER: `http://127.0.0.1:${behind}` };
      running.push(
        await startProgram(program, port, { ...(await environment(port)), ...settings }),
      );
      const mcp = `http://localhost:${port}/mcp`;

      expect((await post(mcp)).status).toBe(401);
      const { client, transport } = await logIn(mcp);
      const result = await client.callTool({ name: 'echo', arguments: { message: 'hello' } });
      expect(JSON.stringify(result.content)).toContain('hello');

      const other = new HeadlessProvider(BOB);
      await logIn(mcp, other);
      const stolen = { 'mcp-session-id': transport.sessionId ?? '' };
      const authorization = `Bearer ${other.saved?.access_token}`;
      expect((await post(mcp, { ...stolen, authorization })).status).toBe(404);

      expect(server.output()).toContain('"x-user":"auth0%7C');
      expect(server.output()).not.toMatch(/"(?:authorization|cookie)"|Bearer/);
      await server.stop();
      expect((await post(mcp, { authorization })).status).toBe(502);
    },
    TIMEOUT_MS,
  );
});
