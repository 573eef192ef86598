/** Packs the package, installs the tarball into projects, and logs in at servers that run there. */
import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { transform } from 'esbuild';

import {
  ADA,
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
} from '../../lib/testing/options.js';
import { startTenant } from '../../lib/testing/tenant.js';
import { close, listen } from '../support/listen.js';
import { registerClient, rpc } from '../support/oauth-client.js';
import { ROOT } from '../support/source-tree.js';
import { tenantKeys } from '../support/tenant-keys.js';

/** Building, or installing packages. */
export const INSTALL_TIMEOUT_MS = 180_000;

/** A temporary folder with the packed package. */
export interface Packed {
  readonly folder: string;
  /** The package before it was packed. */
  readonly source: string;
  readonly tarball: string;
  /** The files in it. */
  readonly files: readonly string[];
  remove(): void;
}

/** Builds in a temporary folder, so that no stale `dist/` is tested. */
export async function pack(): Promise<Packed> {
  const folder = mkdtempSync(join(tmpdir(), 'express-auth0-mcp-package-'));
  const source = join(folder, 'package');
  mkdirSync(source);
  const sources = ['lib', 'scripts', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
  for (const name of [...sources, 'README.md', 'LICENSE', 'CHANGELOG.md', 'docs', 'spec']) {
    cpSync(join(ROOT, name), join(source, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(source, 'node_modules'));
  await run(source, process.execPath, ['scripts/build.js']);
  const { stdout } = await run(source, 'npm', ['pack', '--json', '--ignore-scripts']);
  const [report] = JSON.parse(stdout);
  return {
    folder,
    source,
    tarball: join(source, report.filename),
    files: report.files.map(({ path }: { path: string }) => path),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Writes `files` into a new project and installs its dependencies there. */
export async function createProject(
  folder: string,
  manifest: Readonly<Record<string, unknown>>,
  files: Readonly<Record<string, string>> = {},
): Promise<{ readonly npmOutput: string }> {
  mkdirSync(folder, { recursive: true });
  writeJson(join(folder, 'package.json'), { private: true, ...manifest });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund'];
  const { stdout, stderr } = await run(folder, 'npm', args);
  return { npmOutput: stdout + stderr };
}

/** Folder in node_modules → bytes, of a package and of what it depends on; not of its peers. */
export function installedSizes(project: string, name: string): ReadonlyMap<string, number> {
  const lock = JSON.parse(readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8'));
  const sizes = new Map<string, number>();

  function add(path: string): void {
    if (sizes.has(path)) return;
    sizes.set(path, bytesIn(join(project, path)));
    const { dependencies, optionalDependencies } = lock.packages[path];
    for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const found = [`${path}/node_modules/${dependency}`, `node_modules/${dependency}`].find(
        (candidate) => candidate in lock.packages,
      );
      // Not installed: optional, for another platform.
      if (found !== undefined) add(found);
    }
  }

  add(`node_modules/${name}`);
  return sizes;
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(
      (entry) => entry.isFile() && !entry.parentPath.slice(folder.length).includes('node_modules'),
    )
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

/** `world.mjs`, and a program that prints the report; as ES modules and as CommonJS. */
export async function worldFiles(): Promise<Readonly<Record<string, string>>> {
  const world = readFileSync(join(ROOT, 'spec/package/world.mjs'), 'utf8');
  const program = (extension: string): string =>
    `import { runWorld } from './world${extension}';
runWorld().then((report) => console.log(JSON.stringify(report)));
`;
  const common = async (text: string): Promise<string> =>
    (await transform(text, { format: 'cjs', platform: 'node', target: 'node20.19' })).code;
  return {
    'world.mjs': world,
    'main.mjs': program('.mjs'),
    'world.cjs': await common(world),
    'main.cjs': await common(program('.cjs')),
  };
}

/** Argument of esbuild: Express calls `require`, which a bundle of ES modules lacks. */
export const REQUIRE_BANNER =
  "--banner:js=import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** What the login service reports of a server that works. */
export const LOGGED_IN: object = {
  withoutToken: 401,
  subject: ADA.sub,
  refreshed: ADA.sub,
};

/** Makes logins at servers of other processes, at a tenant of its own. */
export interface LoginService {
  /** For the process of the server. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function startLoginService(): Promise<LoginService> {
  const tenant = await startTenant({ keys: tenantKeys() });
  const server = createServer((req, res) => {
    report(req).then(
      (body) => res.end(JSON.stringify(body)),
      (error: unknown) => {
        res.statusCode = 500;
        res.end(error instanceof Error ? error.stack : String(error));
      },
    );
  });

  async function report(req: IncomingMessage): Promise<object> {
    const base = new URL(req.url ?? '', 'http://localhost').searchParams.get('base') ?? '';
    const application = { clientId: DEMO_CLIENT_ID, clientSecret: DEMO_CLIENT_SECRET };
    tenant.configure({
      applications: [{ ...application, callbackUrls: [`${base}/auth/callback`] }],
    });
    const call = (token?: unknown) =>
      rpc(`${base}/mcp`, token, { method: 'tools/call', params: { name: 'whoami' } });
    const client = await registerClient(base);
    const tokens = await client.tokens();
    const refreshed = await client.refresh(tokens.refresh_token);
    return {
      withoutToken: (await call()).status,
      subject: (await call(tokens.access_token)).body.subject,
      refreshed: (await call(refreshed.body.access_token)).body.subject,
    };
  }

  const port = await listen(server);
  return {
    environment: {
      WORLD_LOGIN_SERVICE: `http://127.0.0.1:${port}`,
      AUTH0_MCP_CONFIG_URL: tenant.configUrl,
      AUTH0_MCP_CLIENT_ID: DEMO_CLIENT_ID,
      AUTH0_MCP_CLIENT_SECRET: DEMO_CLIENT_SECRET,
      AUTH0_MCP_AUDIENCE: DEMO_AUDIENCE,
      AUTH0_MCP_JWT_SIGNING_KEY: 'a-signing-key-of-more-than-thirty-two-characters',
    },
    async close() {
      await close(server);
      await tenant.close();
    },
  };
}

/** Runs a program to its end; what it printed is part of the error when it fails. */
export function run(
  folder: string,
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const options = {
      cwd: folder,
      env: { ...process.env, NODE_ENV: undefined, ...environment },
      maxBuffer: 2 ** 26,
    };
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout, stderr });
      else reject(new Error(`${error.message}\n${stdout}`, { cause: error }));
    });
  });
}

export function writeJson(file: string, value: unknown): void {
  writeFileSync(file, JSON.stringify(value));
}

/** The version of our own lock file: npm has it in its cache. */
export function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')).version;
}
