#!/usr/bin/env node
/** `npx express-auth0-mcp`, as a program. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { styleText } from 'node:util';

import { currentEnvironment } from '../config/env.js';
import { runCommand } from './commands.js';

// The reader of a pipe has closed it, such as `head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await runCommand(process.argv.slice(2), {
  environment(envFile) {
    // The argument is --env, since Node itself reads --env-file at any position.
    if (envFile !== undefined) process.loadEnvFile(envFile);
    return currentEnvironment();
  },
  color: styleText,
  now: () => Math.floor(Date.now() / 1000),
  stopped: () =>
    Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal))),
  version: () =>
    JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version,
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
});
