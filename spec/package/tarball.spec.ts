/**
 * The package is packed, installed from its tarball into a project, compiled against and run: as an ES module
 * on Express 5, and as CommonJS on Express 4. All of it is built in a temporary folder, so that no stale
 * `dist/` is tested.
 */
import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { isLong } from '../support/mode.js';
import { ROOT } from '../support/source-tree.js';

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
/** The last TypeScript that knows the resolution without `exports`. */
const TSC_5 = join(ROOT, 'node_modules/typescript5/bin/tsc');
const INSTALL_TIMEOUT_MS = 180_000;

const work = mkdtempSync(join(tmpdir(), 'express-auth0-mcp-package-'));
const packageFolder = join(work, 'package');
let tarball: string;
let packed: readonly string[];

beforeAll(async () => {
  mkdirSync(packageFolder);
  const sources = ['lib', 'scripts', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
  for (const name of [...sources, 'README.md', 'LICENSE', 'CHANGELOG.md', 'docs', 'spec']) {
    cpSync(join(ROOT, name), join(packageFolder, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(packageFolder, 'node_modules'));
  await run(packageFolder, process.execPath, ['scripts/build.js']);
  const { stdout } = await run(packageFolder, 'npm', ['pack', '--json', '--ignore-scripts']);
  const [report] = JSON.parse(stdout);
  tarball = join(packageFolder, report.filename);
  packed = report.files.map(({ path }: { path: string }) => path);
}, INSTALL_TIMEOUT_MS);

afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Of each entry: an ES module and CommonJS, each with its declarations. */
const BUILDS = ['.js', '.cjs', '.d.ts', '.d.cts'];

describe('the tarball', () => {
  it('holds the library, the declarations of its public surface and the documentation, and nothing else', () => {
    const entries = ['index', 'redis', 'testing/index'];
    const expected = [
      ...entries.flatMap((name) => BUILDS.map((extension) => `dist/${name}${extension}`)),
      'dist/cli/main.js',
    ];
    const shared = packed.filter((path) => /^dist\/shared-[\w-]+\./.test(path));
    for (const extension of BUILDS) {
      const files = shared.filter((path) => path.replace(/^[^.]+/, '') === extension);
      expect({ extension, isFew: files.length < 10 }).toEqual({ extension, isFew: true });
    }
    const docs = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
    const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'].concat(
      docs.map((name) => `docs/${name}`),
    );
    expect(packed.toSorted()).toEqual([...expected, ...shared, ...papers].toSorted());
  });

  it('starts as a program, each command from its own chunk', async () => {
    const program = join(packageFolder, 'dist/cli/main.js');
    expect(readFileSync(program, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect((await run(work, process.execPath, [program, '--version'])).stdout).toBe(`${version}\n`);
    for (const command of ['doctor', 'setup']) {
      const { stdout } = await run(work, process.execPath, [program, command, '--help']);
      expect(stdout).toContain(`express-auth0-mcp ${command}`);
    }
  });
});

const CLASSIC = ['classic CommonJS', 'commonjs', 'node10'] as const;
const BUNDLER = ['Bundler', 'esnext', 'bundler'] as const;
const PRESERVE = ['Bundler, modules preserved', 'preserve', 'bundler'] as const;
const NODE_NEXT = ['NodeNext', 'nodenext', 'nodenext'] as const;

/** By the type of the project: those that it is likely to have. */
const RESOLUTIONS: Readonly<Record<string, readonly (readonly [string, string, string])[]>> = {
  module: [BUNDLER, NODE_NEXT],
  commonjs: [CLASSIC, NODE_NEXT],
  all: [CLASSIC, BUNDLER, PRESERVE, NODE_NEXT],
};

describe.each([
  { kind: 'an ES module on Express 5', type: 'module', express: 'express', node: 'node26' },
  { kind: 'CommonJS on Express 4', type: 'commonjs', express: 'express4', node: 'node' },
])('installed in a project that is $kind', ({ type, express, node }) => {
  const project = join(work, type);

  beforeAll(async () => {
    mkdirSync(project);
    cpSync(join(ROOT, 'spec/package/consumer.ts'), join(project, 'consumer.ts'));
    writeJson(join(project, 'package.json'), {
      private: true,
      type,
      // The versions of our own lock file: npm has them in its cache.
      dependencies: { express: versionOf(express), 'express-auth0-mcp': `file:${tarball}` },
      devDependencies: {
        '@types/express': versionOf(`@types/${express}`),
        // Ours are those of the oldest Node; a new project gets the newest, which drop and rename types.
        '@types/node': versionOf(`@types/${node}`),
      },
    });
    writeJson(join(project, 'tsconfig.json'), {
      compilerOptions: {
        target: 'es2023',
        module: 'nodenext',
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        types: ['node'],
      },
    });
    await run(project, 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund']);
  }, INSTALL_TIMEOUT_MS);

  it('compiles with every declaration checked, answers the questions before a login, and ends', async () => {
    await run(project, process.execPath, [TSC]);

    const { stdout, stderr } = await run(project, process.execPath, ['consumer.js']);
    const { baseUrl, resource, server, mcp, redis } = JSON.parse(stdout);
    expect(resource.status).toBe(200);
    expect(JSON.parse(resource.body)).toMatchObject({
      resource: `${baseUrl}/mcp`,
      authorization_servers: [baseUrl],
    });
    expect(server.status).toBe(200);
    expect(JSON.parse(server.body)).toMatchObject({
      issuer: baseUrl,
      authorization_endpoint: `${baseUrl}/authorize`,
    });
    expect(mcp.status).toBe(401);
    expect(mcp.challenge).toContain(
      `resource_metadata="${baseUrl}/.well-known/oauth-protected-resource/mcp"`,
    );
    expect(redis).toBe('function');
    expect(stderr).toBe('');
  }, 60_000);

  it.each(RESOLUTIONS[isLong ? 'all' : type] ?? [])(
    'compiles with TypeScript 5 and %s resolution, every declaration checked',
    async (_name, module, moduleResolution) => {
      // Without the types of browsers, which are most of the work; the compilation above has them.
      const target = { target: 'es2022', lib: 'es2022' };
      const settings = { module, moduleResolution, ...target, types: 'node' };
      const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
      const strict = ['--strict', '--skipLibCheck', 'false', '--esModuleInterop', '--noEmit'];
      await run(project, process.execPath, [TSC_5, ...flags, ...strict, 'consumer.ts']);
    },
    60_000,
  );
});

/** Runs a program to its end; what it printed is part of the error when it fails. */
function run(
  folder: string,
  program: string,
  args: readonly string[],
): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd: folder }, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout, stderr });
      else reject(new Error(`${error.message}\n${stdout}`, { cause: error }));
    });
  });
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, JSON.stringify(value));
}

function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')).version;
}
