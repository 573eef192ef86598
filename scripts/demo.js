/**
 * `npm run demo` and `npm run demo:client`: install and build what is missing, then run demo/server.ts or
 * demo/client.ts with the given arguments. `npm run demo -- parts` and `npm run demo -- resource-only` run
 * the other servers.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { build, ensureNodeModules, ROOT, SetUpError, setUp } from './set-up.js';

/** The first argument names the program, the rest are its arguments. */
const PROGRAMS = ['client', 'server', 'parts', 'resource-only'];

const USAGE = `npm run demo [-- server | parts | resource-only]
npm run demo:client [-- --help]

The servers read a .env file in this folder, and the environment:
  PORT          default 8000
  TENANT_PORT   port of the stand-in for Auth0, default 8001
  METRICS_PORT  serves Prometheus metrics
  AUTH0_MCP_…   a tenant instead of the stand-in, see .env.example`;

const [first = 'server', ...rest] = process.argv.slice(2);
const [name, args] = first.startsWith('-') ? ['server', process.argv.slice(2)] : [first, rest];
const isClient = name === 'client';
const program = join(ROOT, 'dist-demo', `${name}.js`);
if (!isClient) readArguments();

await setUp(async () => {
  if (!PROGRAMS.includes(name)) {
    const servers = PROGRAMS.slice(1).join(', ');
    throw new SetUpError(`Unknown demo "${name}". The servers are: ${servers}.`);
  }
  await ensureNodeModules();
  // The client runs beside a server that uses the same files: no rebuild.
  if (!isClient || !existsSync(program)) await build();
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

/** The servers have no arguments; the client reads its own. */
function readArguments() {
  try {
    const { values } = parseArgs({ args, options: { help: { type: 'boolean', short: 'h' } } });
    if (!values.help) return;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}
