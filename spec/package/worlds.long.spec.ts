/** The packed package in test runners, bundles and other runtimes, with a whole login in each; from the registry. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type RedisServer, startRedis } from '../support/redis-server.js';
import {
  createProject,
  INSTALL_TIMEOUT_MS,
  LOGGED_IN,
  type LoginService,
  type Packed,
  pack,
  REQUIRE_BANNER,
  run,
  startLoginService,
  versionOf,
  worldFiles,
} from './worlds.js';

const RUN_TIMEOUT_MS = 300_000;

let packed: Packed;
let logins: LoginService;
let redis: RedisServer;
let files: Readonly<Record<string, string>>;

beforeAll(async () => {
  packed = await pack();
  logins = await startLoginService();
  redis = await startRedis();
  files = await worldFiles();
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  await logins.close();
  await redis.remove();
  packed.remove();
});

/** Versions are those of today's registry, except where ours are named. */
async function install(
  name: string,
  dependencies: Readonly<Record<string, string>>,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = join(packed.folder, name);
  const own = { express: versionOf('express'), 'express-auth0-mcp': `file:${packed.tarball}` };
  await createProject(folder, { dependencies: { ...own, ...dependencies } }, { ...files, ...more });
  return folder;
}

const REDIS = {
  redis: versionOf('redis'),
  'connect-redis': versionOf('connect-redis'),
  'rate-limit-redis': versionOf('rate-limit-redis'),
};

/** Environment of each storage. */
const storages = (folder: string) => ({
  'in memory': {},
  embedded: { WORLD_DIRECTORY: join(folder, 'data') },
  'in Redis': { WORLD_REDIS: redis.url },
});

type StorageName = keyof ReturnType<typeof storages>;
const STORAGES: readonly StorageName[] = ['in memory', 'embedded', 'in Redis'];

/** Runs a program that prints its report. */
async function logIn(
  folder: string,
  storage: StorageName,
  program: string,
  args: readonly string[],
): Promise<unknown> {
  const environment = { ...logins.environment, ...storages(folder)[storage] };
  const { stdout } = await run(folder, program, args, environment);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

/** A test as users write it; `runWorld` is loaded by the test runner. */
const test = (imports: string, world: string): string => `${imports}
import { runWorld } from '${world}';
test('logs in', async () => {
  expect(await runWorld()).toEqual(${JSON.stringify(LOGGED_IN)});
}, 30_000);
`;

describe.each(['29', '30'])('Jest %s', (version) => {
  let folder: string;

  beforeAll(async () => {
    const world = files['world.mjs'] ?? '';
    const config = (transform: object, extension: string): string =>
      `module.exports = ${JSON.stringify({ transform, testMatch: [`**/*.test.${extension}`] })};`;
    const typescript = {
      'typed/world.ts': world,
      'typed.test.ts': test('', './typed/world'),
    };
    folder = await install(
      `jest-${version}`,
      {
        jest: version,
        '@types/jest': version,
        '@babel/preset-env': '7',
        '@swc/core': versionOf('@swc/core'),
        '@swc/jest': versionOf('@swc/jest'),
        'ts-jest': '29',
        typescript: versionOf('typescript5'),
      },
      {
        'src/world.js': world,
        'plain.test.js': test('', './src/world'),
        'modules.test.mjs': test("import { expect, test } from '@jest/globals';", './world.mjs'),
        ...typescript,
        'babel.config.js':
          "module.exports = { presets: [['@babel/preset-env', { targets: { node: 'current' } }]] };",
        'tsconfig.json': JSON.stringify({
          compilerOptions: {
            target: 'es2022',
            module: 'commonjs',
            moduleResolution: 'node10',
            esModuleInterop: true,
            // The world has no types of its own.
            strict: false,
            skipLibCheck: true,
            types: ['jest', 'node'],
          },
        }),
        'babel.jest.config.js': config({ '\\.js$': 'babel-jest' }, 'js'),
        'ts-jest.jest.config.js': config({ '\\.ts$': 'ts-jest' }, 'ts'),
        'swc.jest.config.js': config({ '\\.[jt]s$': '@swc/jest' }, 'ts'),
        'modules.jest.config.js': config({}, 'mjs'),
      },
    );
  }, INSTALL_TIMEOUT_MS);

  it.each([
    ['babel-jest', 'babel', []],
    ['ts-jest', 'ts-jest', []],
    ['@swc/jest', 'swc', []],
    ['ES modules', 'modules', ['--experimental-vm-modules']],
  ])(
    'with %s',
    async (_name, config, flags) => {
      for (const storage of STORAGES.filter((one) => one !== 'in Redis')) {
        const jest = ['node_modules/jest/bin/jest.js', '--config', `${config}.jest.config.js`];
        const environment = { ...logins.environment, ...storages(folder)[storage] };
        const { stderr } = await run(folder, process.execPath, [...flags, ...jest], environment);
        expect(stderr).toContain('1 passed, 1 total');
      }
    },
    RUN_TIMEOUT_MS,
  );
});

describe('other test runners', () => {
  let folder: string;

  beforeAll(async () => {
    const node = "import test from 'node:test';\nimport { deepEqual } from 'node:assert';";
    folder = await install(
      'runners',
      { vitest: 'latest', ...REDIS },
      {
        'vitest.test.mjs': test("import { expect, test } from 'vitest';", './world.mjs'),
        'node.mjs': `${node}
import { runWorld } from './world.mjs';
test('logs in', async () => deepEqual(await runWorld(), ${JSON.stringify(LOGGED_IN)}));
`,
        'node.cjs': `const test = require('node:test');
const { deepEqual } = require('node:assert');
const { runWorld } = require('./world.cjs');
test('logs in', async () => deepEqual(await runWorld(), ${JSON.stringify(LOGGED_IN)}));
`,
      },
    );
  }, INSTALL_TIMEOUT_MS);

  it.each(STORAGES)(
    'Vitest, %s',
    async (storage) => {
      const environment = { ...logins.environment, ...storages(folder)[storage] };
      const args = ['node_modules/vitest/vitest.mjs', 'run', 'vitest.test.mjs'];
      const { stdout } = await run(folder, process.execPath, args, environment);
      expect(stdout).toMatch(/Tests.*1 passed/);
    },
    RUN_TIMEOUT_MS,
  );

  it.each(STORAGES)(
    'node:test, ES modules and CommonJS, %s',
    async (storage) => {
      const environment = { ...logins.environment, ...storages(folder)[storage] };
      const args = ['--test', 'node.mjs', 'node.cjs'];
      const { stdout } = await run(folder, process.execPath, args, environment);
      expect(stdout).toMatch(/pass 2/);
    },
    RUN_TIMEOUT_MS,
  );
});

const ROLLUP = `import commonjs from '@rollup/plugin-commonjs';
import json from '@rollup/plugin-json';
import resolve from '@rollup/plugin-node-resolve';
export default {
  plugins: [resolve({ preferBuiltins: true, exportConditions: ['node'] }), commonjs(), json()],
  external: process.env.EXTERNAL?.split(',') ?? [],
};
`;

const WEBPACK = `module.exports = {
  target: 'node',
  mode: 'production',
  optimization: { minimize: false },
  externals: Object.fromEntries(
    (process.env.EXTERNAL?.split(',') ?? []).map((name) => [name, 'node-commonjs ' + name]),
  ),
};
`;

interface Bundler {
  readonly name: string;
  readonly entry: string;
  /** In the folder of the bundle. */
  readonly main: string;
  command(entry: string, output: string, external: readonly string[]): readonly string[];
}

const BUNDLERS: readonly Bundler[] = [
  ...(['esm', 'cjs'] as const).map((format): Bundler => {
    const extension = { esm: '.mjs', cjs: '.cjs' }[format];
    return {
      name: `esbuild, ${format}`,
      entry: 'main.mjs',
      main: `main${extension}`,
      command: (entry, output, external) => [
        'esbuild',
        entry,
        '--bundle',
        '--platform=node',
        `--format=${format}`,
        `--outfile=${join(output, `main${extension}`)}`,
        ...external.map((name) => `--external:${name}`),
        ...(format === 'esm' ? [REQUIRE_BANNER] : []),
      ],
    };
  }),
  ...['main.mjs', 'main.cjs'].map(
    (entry): Bundler => ({
      name: `webpack of ${entry}`,
      entry,
      main: 'main.js',
      command: (_entry, output) => ['webpack', `./${entry}`, '-o', output],
    }),
  ),
  {
    name: 'Rollup',
    entry: 'main.mjs',
    main: 'main.mjs',
    command: (entry, output) => [
      'rollup',
      ...['-c', 'rollup.config.mjs', '-i', entry, '-d', output, '-f', 'es'],
      ...['--entryFileNames', '[name].mjs', '--chunkFileNames', '[name]-[hash].mjs'],
    ],
  },
  ...['main.mjs', 'main.cjs'].map(
    (entry): Bundler => ({
      name: `ncc of ${entry}`,
      entry,
      main: `index${entry.slice(-4)}`,
      command: (_entry, output, external) => [
        'ncc',
        ...['build', entry, '-o', output],
        ...external.flatMap((name) => ['-e', name]),
      ],
    }),
  ),
];

describe('bundles', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await install(
      'bundlers',
      {
        '@rollup/plugin-commonjs': 'latest',
        '@rollup/plugin-json': 'latest',
        '@rollup/plugin-node-resolve': 'latest',
        '@vercel/ncc': 'latest',
        esbuild: versionOf('esbuild'),
        rollup: versionOf('rollup'),
        webpack: 'latest',
        'webpack-cli': 'latest',
        ...REDIS,
      },
      { 'rollup.config.mjs': ROLLUP, 'webpack.config.js': WEBPACK },
    );
  }, INSTALL_TIMEOUT_MS);

  /** In a folder without node_modules, but for what is external. */
  async function bundle(bundler: Bundler, name: string, external: readonly string[]) {
    const output = join(packed.folder, `bundle ${bundler.name} ${name}`);
    mkdirSync(output);
    const [program = '', ...args] = bundler.command(bundler.entry, output, external);
    const path = join(folder, 'node_modules/.bin', program);
    await run(folder, path, args, { EXTERNAL: external.join() });
    return { output, main: join(output, bundler.main) };
  }

  it.each(BUNDLERS)(
    '$name, Redis bundled',
    async (bundler) => {
      // ncc loads what is external to an ES module at the start.
      const external = bundler.name.startsWith('ncc') ? [] : ['lmdb'];
      const { output, main } = await bundle(bundler, 'bundled', external);
      for (const storage of ['in memory', 'in Redis'] as const) {
        expect(await logIn(output, storage, process.execPath, [main])).toEqual(LOGGED_IN);
      }
      const ended = logIn(output, 'embedded', process.execPath, [main]);
      await expect(ended).rejects.toThrow(/exclude "lmdb" from the bundle/);
    },
    RUN_TIMEOUT_MS,
  );

  it.each(BUNDLERS)(
    '$name, Redis and LMDB external',
    async (bundler) => {
      const external = ['lmdb', ...Object.keys(REDIS)];
      const { output, main } = await bundle(bundler, 'external', external);
      symlinkSync(join(folder, 'node_modules'), join(output, 'node_modules'));
      for (const storage of STORAGES) {
        expect(await logIn(output, storage, process.execPath, [main])).toEqual(LOGGED_IN);
      }
    },
    RUN_TIMEOUT_MS,
  );
});

describe('other runtimes', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await install('runtimes', { bun: 'latest', deno: 'latest', ...REDIS });
    // npm runs no script of a package by itself; these copy the program for this platform.
    for (const script of ['bun/install.js', 'deno/install.cjs']) {
      await run(folder, process.execPath, [join('node_modules', script)]).catch(() => undefined);
    }
  }, INSTALL_TIMEOUT_MS);

  it.each(STORAGES)(
    'Bun, %s',
    async (storage) => {
      for (const main of ['main.mjs', 'main.cjs']) {
        const program = join(folder, 'node_modules/.bin/bun');
        expect(await logIn(folder, storage, program, [main])).toEqual(LOGGED_IN);
      }
    },
    RUN_TIMEOUT_MS,
  );

  it.each(STORAGES)(
    'Deno, %s',
    async (storage) => {
      for (const main of ['main.mjs', 'main.cjs']) {
        const program = join(folder, 'node_modules/.bin/deno');
        expect(await logIn(folder, storage, program, ['run', '-A', main])).toEqual(LOGGED_IN);
      }
    },
    RUN_TIMEOUT_MS,
  );
});

/** A request as API Gateway passes it on, and its response. */
const SERVERLESS = `import serverless from 'serverless-http';
import { runWorld } from './world.mjs';

const report = await runWorld((app) => {
  const handle = serverless(app);
  return async (req, res) => {
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    const { pathname, searchParams } = new URL(req.url, 'http://localhost');
    const event = {
      httpMethod: req.method,
      path: pathname,
      queryStringParameters: Object.fromEntries(searchParams),
      headers: req.headers,
      body: Buffer.concat(chunks).toString(),
      isBase64Encoded: false,
      requestContext: { identity: { sourceIp: '203.0.113.7' } },
    };
    const { statusCode, headers, multiValueHeaders, body } = await handle(event, {});
    res.writeHead(statusCode, { ...headers, ...multiValueHeaders });
    res.end(body);
  };
});
console.log(JSON.stringify(report));
`;

describe('serverless-http', () => {
  it(
    'serves the events of a function',
    async () => {
      const folder = await install(
        'serverless',
        { 'serverless-http': 'latest', ...REDIS },
        { 'serverless.mjs': SERVERLESS },
      );
      for (const storage of ['in memory', 'in Redis'] as const) {
        expect(await logIn(folder, storage, process.execPath, ['serverless.mjs'])).toEqual(
          LOGGED_IN,
        );
      }
    },
    INSTALL_TIMEOUT_MS,
  );
});

describe('node-redis', () => {
  it.each(['5', '6'])(
    '%s, ES modules and CommonJS',
    async (version) => {
      const folder = await install(`redis-${version}`, { ...REDIS, redis: version });
      for (const main of ['main.mjs', 'main.cjs']) {
        expect(await logIn(folder, 'in Redis', process.execPath, [main])).toEqual(LOGGED_IN);
      }
    },
    INSTALL_TIMEOUT_MS,
  );
});
