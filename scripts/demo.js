/**
 * `npm run demo` and `npm run demo:client`: from a fresh clone to the running demo. Installs and builds what
 * is missing, then runs demo/server.ts (or demo/client.ts) with the arguments it was given.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { build, ensureNodeModules, ROOT, setUp } from './set-up.js';

const [first, ...rest] = process.argv.slice(2);
const isClient = first === 'client';
const args = isClient ? rest : process.argv.slice(2);
const program = join(ROOT, 'dist-demo', isClient ? 'client.js' : 'server.js');

setUp(() => {
  ensureNodeModules();
  // A client starts beside a running server, whose files are the ones it would build.
  if (!isClient || !existsSync(program)) build();
});

const dotEnv = join(ROOT, '.env');
const child = spawn(
  process.execPath,
  [
    '--enable-source-maps',
    ...(existsSync(dotEnv) ? [`--env-file=${dotEnv}`] : []),
    program,
    ...args,
  ],
  { stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
