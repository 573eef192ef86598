/**
 * `npm run demo` and `npm run demo:client`: install and build what is missing, then run demo/server.ts or
 * demo/client.ts with the given arguments. `npm run demo -- parts` and `npm run demo -- resource-only` run
 * the other servers.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { build, ensureNodeModules, ROOT, SetUpError, setUp } from './set-up.js';

/** The first argument names the program, the rest are its arguments. */
const PROGRAMS = ['client', 'server', 'parts', 'resource-only'];

const [first = 'server', ...rest] = process.argv.slice(2);
const [name, args] = first.startsWith('-') ? ['server', [first, ...rest]] : [first, rest];
const isClient = name === 'client';
const program = join(ROOT, 'dist-demo', `${name}.js`);

setUp(() => {
  if (!PROGRAMS.includes(name)) {
    const servers = PROGRAMS.slice(1).join(', ');
    throw new SetUpError(`Unknown demo "${name}". The servers are: ${servers}.`);
  }
  ensureNodeModules();
  // The client runs beside a server that uses the same files: no rebuild.
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
