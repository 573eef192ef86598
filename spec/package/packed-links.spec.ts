/** Links of the packed documents: absolute if package.json names the repository, otherwise as they are. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { links } from '../docs/markdown.js';
import { ROOT } from '../support/source-tree.js';

const BASE = 'https://github.com/owner/name';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packed-links-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of the documents, with this `repository` and without a build. */
function copyWith(repository: unknown): void {
  for (const name of ['README.md', 'CHANGELOG.md', 'docs']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  mkdirSync(join(folder, 'scripts'));
  cpSync(join(ROOT, 'scripts/packed-links.js'), join(folder, 'scripts/packed-links.js'));
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const scripts = { ...manifest.scripts, build: 'node --version' };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ ...manifest, scripts, ...(repository !== undefined && { repository }) }),
  );
}

function run(...command: [string, ...string[]]): string {
  const [program, ...args] = command;
  return execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
}

const original = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const inCopy = (path: string): string => readFileSync(join(folder, path), 'utf8');

it('stay relative without a repository: they lead into the tarball', () => {
  copyWith(undefined);
  run('node', 'scripts/packed-links.js');
  expect(inCopy('README.md')).toBe(original('README.md'));
});

it('lead to the repository in the tarball, and the sources keep theirs', () => {
  copyWith({ type: 'git', url: `git+${BASE}.git` });
  run('npm', 'pack');
  const { name, version } = JSON.parse(inCopy('package.json'));
  const packed = (path: string): string =>
    run('tar', '-xOf', `${name}-${version}.tgz`, `package/${path}`);
  const readme = packed('README.md');
  expect(readme).toContain(`](${BASE}/blob/HEAD/docs/README.md)`);
  expect(readme).toContain(`](${BASE}/blob/HEAD/docs/troubleshooting.md#doctor)`);
  expect(readme).toContain(`](${BASE}/raw/HEAD/docs/screenshots/consent-desktop-light.png)`);
  const relative = links({ path: '', text: readme }).filter((link) => !/^(https:|#)/.test(link));
  expect(relative).toEqual([]);
  // Pages are in the tarball, and lead to each other there.
  expect(packed('docs/strong-logins.md')).toContain('](scopes.md#step-up)');
  expect(packed('docs/pages.md')).toContain(
    `](${BASE}/raw/HEAD/docs/screenshots/error-phone-light.png)`,
  );
  expect(packed('docs/deploy.md')).toContain(`](${BASE}/blob/HEAD/demo/deploy/server.mjs)`);
  for (const path of ['README.md', 'docs/deploy.md', 'docs/pages.md', 'docs/api.md']) {
    expect(inCopy(path)).toBe(original(path));
  }
});

it.each(['github:owner/name', 'owner/name', BASE])('may be named as %s', (repository) => {
  copyWith(repository);
  // An interrupted run before does no harm.
  for (let times = 0; times < 2; times += 1) run('node', 'scripts/packed-links.js');
  expect(inCopy('README.md')).toContain(`](${BASE}/blob/HEAD/docs/README.md)`);
  run('node', 'scripts/packed-links.js', '--undo');
  expect(inCopy('README.md')).toBe(original('README.md'));
});

it('fail if the repository has no address, with the form to write', () => {
  copyWith('our repository');
  expect(() => run('node', 'scripts/packed-links.js')).toThrow('Write it as github:OWNER/NAME');
});
