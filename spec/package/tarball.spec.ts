/**
 * The package is packed, installed from its tarball into a project, compiled against and run: as ES modules
 * on Express 5, and as CommonJS on Express 4. `worlds.long.spec.ts` has test runners, bundlers and other runtimes.
 */
import { cpSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { isLong } from '../support/mode.js';
import { ROOT } from '../support/source-tree.js';
import {
  createProject,
  INSTALL_TIMEOUT_MS,
  installedSizes,
  LOGGED_IN,
  type LoginService,
  type Packed,
  pack,
  REQUIRE_BANNER,
  run,
  startLoginService,
  versionOf,
  worldFiles,
  writeJson,
} from './worlds.js';

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
/** The last TypeScript that knows the resolution without `exports`. */
const TSC_5 = join(ROOT, 'node_modules/typescript5/bin/tsc');
const ESBUILD = join(ROOT, 'node_modules/esbuild/bin/esbuild');

let packed: Packed;
let logins: LoginService;

beforeAll(async () => {
  packed = await pack();
  logins = await startLoginService();
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  await logins.close();
  packed.remove();
});

/** Of each entry: an ES module and CommonJS, each with its declarations. */
const BUILDS = ['.js', '.cjs', '.d.ts', '.d.cts'];

describe('the tarball', () => {
  it('holds the library, the declarations of its public surface and the documentation, and nothing else', () => {
    const entries = ['index', 'redis', 'testing/index'];
    const expected = [
      ...entries.flatMap((name) => BUILDS.map((extension) => `dist/${name}${extension}`)),
      ...['dist/cli/main.js', 'dist/testing/worker.js'],
    ];
    const shared = packed.files.filter((path) => /^dist\/shared-[\w-]+\./.test(path));
    for (const extension of BUILDS) {
      const files = shared.filter((path) => path.replace(/^[^.]+/, '') === extension);
      expect({ extension, isFew: files.length < 25 }).toEqual({ extension, isFew: true });
    }
    const docs = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
    const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'].concat(
      docs.map((name) => `docs/${name}`),
    );
    expect(packed.files.toSorted()).toEqual([...expected, ...shared, ...papers].toSorted());
  });

  it('starts as a program, each command from its own chunk', async () => {
    const program = join(packed.source, 'dist/cli/main.js');
    expect(readFileSync(program, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect((await run(packed.folder, process.execPath, [program, '--version'])).stdout).toBe(
      `${version}\n`,
    );
    for (const command of ['doctor', 'setup', 'tenant']) {
      const { stdout } = await run(packed.folder, process.execPath, [program, command, '--help']);
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
  let project: string;
  let npmOutput: string;

  beforeAll(async () => {
    project = join(packed.folder, type);
    const manifest = {
      type,
      dependencies: { express: versionOf(express), 'express-auth0-mcp': `file:${packed.tarball}` },
      devDependencies: {
        '@types/express': versionOf(`@types/${express}`),
        // Ours are those of the oldest Node; a new project gets the newest, which drop and rename types.
        '@types/node': versionOf(`@types/${node}`),
      },
    };
    ({ npmOutput } = await createProject(project, manifest, await worldFiles()));
    cpSync(join(ROOT, 'spec/package/consumer.ts'), join(project, 'consumer.ts'));
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
  }, INSTALL_TIMEOUT_MS);

  it('compiles with every declaration checked, responds to the requests before a login, and exits', async () => {
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

  it('installs without a warning that we could avoid, in less than 35 MB beside Express', async () => {
    // lmdb and its msgpackr bring the scripts, which newer versions of npm list.
    const warnings = npmOutput.split('\n').filter((line) => /^npm (warn|error)/i.test(line));
    const known = /install-scripts|allow-scripts|approve-scripts/;
    expect(warnings.filter((line) => !known.test(line))).toEqual([]);
    const sizes = installedSizes(project, 'express-auth0-mcp');
    expect([...sizes.keys()].filter((path) => /redis|@types/.test(path))).toEqual([]);
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeLessThan(35_000_000);
  });

  it('logs in as an ES module and as CommonJS', async () => {
    for (const main of ['main.mjs', 'main.cjs']) expect(await logInAt(main)).toEqual(LOGGED_IN);
  }, 60_000);

  it('logs in as a bundle of esbuild, ES module and CommonJS, without the packages of Redis', async () => {
    for (const [format, extension] of Object.entries({ esm: '.mjs', cjs: '.cjs' })) {
      const bundle = `bundle${extension}`;
      const output = [`--format=${format}`, `--outfile=${bundle}`, '--log-level=error'];
      const flags = ['--bundle', '--platform=node', '--external:lmdb', ...output];
      const banner = format === 'esm' ? [REQUIRE_BANNER] : [];
      await run(project, ESBUILD, [`main${extension}`, ...flags, ...banner]);
      expect(await logInAt(bundle)).toEqual(LOGGED_IN);
    }
  }, 60_000);

  it('is one library for code that imports and code that requires it', async () => {
    cpSync(join(ROOT, 'spec/package/both-builds.mjs'), join(project, 'both-builds.mjs'));
    const args = ['both-builds.mjs'];
    const { stdout } = await run(project, process.execPath, args, logins.environment);
    const login = { report: LOGGED_IN, warnings: [expect.stringContaining('called twice')] };
    const errors = {
      configError: true,
      unavailable: true,
      passthrough: true,
      ofAnotherKind: false,
      ofSubclass: false,
      ownSubclass: true,
    };
    expect(JSON.parse(stdout)).toEqual({
      areTwo: true,
      logins: [login, login],
      errors: [errors, errors],
      read: 'a value',
    });
  }, 60_000);

  it('fails to start, and names the remedy, where the packages of a storage are missing', async () => {
    const redis = run(project, process.execPath, ['main.mjs'], {
      ...logins.environment,
      WORLD_REDIS: 'redis://127.0.0.1:1',
    });
    await expect(redis).rejects.toThrow('npm install redis connect-redis rate-limit-redis');
    renameSync(join(project, 'node_modules/lmdb'), join(project, 'node_modules/.lmdb'));
    for (const main of ['main.mjs', 'main.cjs']) {
      const embedded = run(project, process.execPath, [main], {
        ...logins.environment,
        WORLD_DIRECTORY: join(project, 'data'),
      });
      await expect(embedded).rejects.toThrow('npm install lmdb');
    }
    renameSync(join(project, 'node_modules/.lmdb'), join(project, 'node_modules/lmdb'));
  }, 60_000);

  async function logInAt(main: string): Promise<unknown> {
    const { stdout, stderr } = await run(project, process.execPath, [main], logins.environment);
    expect(stderr).not.toMatch(/warning/i);
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  }
});
