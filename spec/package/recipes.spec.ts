/** The recipes of docs/testing.md, as copied, in a project that has installed the tarball. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { codeBlocks, pageAt } from '../docs/markdown.js';
import { isLong } from '../support/mode.js';
import {
  createProject,
  INSTALL_TIMEOUT_MS,
  type Packed,
  pack,
  run,
  versionOf,
  writeJson,
} from './worlds.js';

const VM_MODULES = '--experimental-vm-modules';
const JEST = 'node_modules/jest/bin/jest.js';
const JEST_29 = 'node_modules/jest29/bin/jest.js';
const VITEST = 'node_modules/vitest/vitest.mjs';

/** Heading, runner, type of the package, arguments of Node. */
const ALWAYS = [
  ['node:test', 'node:test', 'module', ['--test']],
  ['Jest with ES modules', 'Jest', 'module', [VM_MODULES, JEST]],
  ['Jest with CommonJS', 'Jest', 'commonjs', [JEST]],
] as const;
const LONG = [
  ['Jest with ES modules', 'Jest 29', 'module', [VM_MODULES, JEST_29]],
  ['Jest with CommonJS', 'Jest 29', 'commonjs', [JEST_29]],
  ['Vitest', 'Vitest', 'module', [VITEST, 'run']],
] as const;

let packed: Packed;
let project: string;

beforeAll(async () => {
  packed = await pack();
  project = join(packed.folder, 'recipes');
  await createProject(project, {
    dependencies: {
      '@modelcontextprotocol/sdk': versionOf('@modelcontextprotocol/sdk'),
      express: versionOf('express'),
      'express-auth0-mcp': `file:${packed.tarball}`,
    },
    devDependencies: {
      jest: versionOf('jest'),
      'oidc-provider': versionOf('oidc-provider'),
      ...(isLong ? { jest29: 'npm:jest@29', vitest: '*' } : {}),
    },
  });
}, INSTALL_TIMEOUT_MS);
afterAll(() => packed.remove());

/** The first block below a heading. */
function recipe(heading: string): string {
  const page = pageAt('docs/testing.md');
  const [, below] = page.text.split(new RegExp(`^##+ ${heading}\n`, 'm'));
  const block = codeBlocks({ ...page, text: below ?? '' }).find(
    ({ language }) => language === 'js',
  );
  if (block === undefined) throw new Error(`docs/testing.md has no recipe "${heading}"`);
  return block.code;
}

const toCommonJs = (code: string): string =>
  code
    .replace(/^import (\w+|\{[^}]+\}) from (.+);$/gm, 'const $1 = require($2);')
    .replace('export function createApp', 'exports.createApp = function createApp');

describe('the test kit in the suite of a project', () => {
  it.each(isLong ? [...ALWAYS, ...LONG] : ALWAYS)(
    'the recipe "%s" passes with %s, in a package of type %s',
    async (heading, runner, type, args) => {
      const folder = `${runner}-${type}`.replace(/\W/g, '-');
      const app = recipe('A first test');
      mkdirSync(join(project, folder));
      writeJson(join(project, folder, 'package.json'), { type });
      writeFileSync(join(project, folder, 'app.js'), type === 'module' ? app : toCommonJs(app));
      const test = join(folder, 'app.test.js');
      writeFileSync(join(project, test), recipe(heading));
      const { stdout, stderr } = await run(project, process.execPath, [...args, test]);
      expect(stdout + stderr).toMatch(/# pass 1\b|ℹ pass 1\b|1 passed/);
      expect(stdout + stderr).not.toMatch(/did not exit|worker process has failed/);
    },
    60_000,
  );
});

describe('the other entries of the package', () => {
  const folder = () => join(project, 'node_modules/express-auth0-mcp/dist');

  /** Every file that an entry imports, directly or through others, lazily or not. */
  function reachableFrom(...entries: readonly string[]): string[] {
    const reached = new Set(entries.map((name) => join(folder(), name)));
    for (const file of reached) {
      const text = readFileSync(file, 'utf8');
      for (const [, target = ''] of text.matchAll(/["'](\.\.?\/[\w./-]+\.c?js)["']/g)) {
        reached.add(join(dirname(file), target));
      }
    }
    return [...reached];
  }

  it.each(['.js', '.cjs'])('reach nothing of the test kit (%s)', (extension) => {
    const users = (files: readonly string[]) =>
      files.filter((file) => readFileSync(file, 'utf8').includes('oidc-provider'));
    expect(users(reachableFrom(`index${extension}`, `redis${extension}`))).toEqual([]);
    expect(users(reachableFrom('testing/worker.js'))).not.toEqual([]);
  });

  it('work without oidc-provider, and startTenant() says what to install', async () => {
    rmSync(join(project, 'node_modules/oidc-provider'), { recursive: true });
    const program = `
      require('express-auth0-mcp').auth0Mcp;
      require('express-auth0-mcp/testing').startTenant().catch((error) => console.log(error.message));
    `;
    const { stdout } = await run(project, process.execPath, ['-e', program]);
    expect(stdout).toContain('npm install --save-dev oidc-provider');
  });
});
