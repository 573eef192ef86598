/**
 * `npm run bench`: measures the tables of docs/bench. Arguments: `--quick`, `--full`, or names of tables, such as
 * `npm run bench -- guard`. The packages that it compares with are no dependencies; the first run installs them
 * into node_modules/.cache.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  buildLibrary,
  ensureDebianPackages,
  ensureNodeModules,
  ROOT,
  SetUpError,
  setUp,
} from './set-up.js';

const PEERS = { 'express-oauth2-jwt-bearer': '1.10.0', fastmcp: '4.20.16' };
const folder = join(ROOT, 'node_modules/.cache/bench-peers');
/** Not dist/, which may be in use. */
const compiled = join(ROOT, 'node_modules/.cache/bench-dist');

await setUp(async () => {
  await ensureNodeModules();
  await ensureDebianPackages(['redis-server']);
  installPeers();
  await buildLibrary(compiled);
});

const child = spawn(
  process.execPath,
  [
    '--expose-gc',
    '--import',
    join(ROOT, 'spec/support/run-typescript.js'),
    join(ROOT, 'spec/bench/run.ts'),
    ...process.argv.slice(2),
  ],
  {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, BENCH_PEERS: folder, BENCH_DIST: join(compiled, 'index.js') },
  },
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));

function installPeers() {
  const isThere = Object.keys(PEERS).every((name) =>
    existsSync(join(folder, 'node_modules', name)),
  );
  if (isThere) return;
  mkdirSync(folder, { recursive: true });
  const manifest = { private: true, type: 'module', dependencies: PEERS };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new SetUpError('The packages to compare with could not be installed.');
}
