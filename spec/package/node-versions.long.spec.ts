/** A whole login on every Node.js that `engines` allows: the oldest of each line and the newest, from the registry. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, expect, it } from '@jest/globals';

import { ADA } from '../../lib/testing/options.js';
import { ROOT } from '../support/source-tree.js';

const run = promisify(execFile);
const SUPPORT = join(ROOT, 'spec/support');
const folder = mkdtempSync(join(tmpdir(), 'node-versions-'));
const platform = `node-${process.platform}-${process.arch}`;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(['20.19.0', '20', '22.12.0', '22', '24'])(
  'Node %s logs in, calls a tool, refreshes and ends',
  async (version) => {
    const cwd = join(folder, version);
    await run('npm', [
      'install',
      '--no-audit',
      '--no-fund',
      '--prefix',
      cwd,
      `${platform}@${version}`,
    ]);
    const node = join(cwd, 'node_modules', platform, 'bin/node');
    const program = [
      '--import',
      join(SUPPORT, 'run-typescript.js'),
      join(SUPPORT, 'smoke-login.ts'),
    ];
    const { stdout, stderr } = await run(node, program, { cwd: ROOT });
    const { node: ran, answer, again } = JSON.parse(stdout);
    expect(ran).toMatch(new RegExp(`^v${version.replaceAll('.', '\\.')}(\\.|$)`));
    expect(answer).toMatchObject({ subject: ADA.sub, sameAsExtra: true });
    expect(again).toEqual(answer);
    expect(stderr).not.toMatch(/Warning: (?!register)/);
  },
  180_000,
);
