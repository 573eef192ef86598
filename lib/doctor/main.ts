#!/usr/bin/env node
/**
 * `npx express-auth0-mcp doctor`, as a program.
 *
 * @module
 */
import { currentEnvironment } from '../config/env.js';
import { runCommand } from './doctor.js';

process.exitCode = await runCommand(process.argv.slice(2), {
  environment(envFile) {
    // Named --env, since Node takes --env-file for itself wherever it stands.
    if (envFile !== undefined) process.loadEnvFile(envFile);
    return currentEnvironment();
  },
  now: () => Math.floor(Date.now() / 1000),
  write: (text) => void process.stdout.write(text),
  writeAside: (text) => void process.stderr.write(text),
});
