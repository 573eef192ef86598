/** The programs in versions.json, installed on demand outside the repository: they are large, and none is a dependency. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import versions from './versions.json' with { type: 'json' };

export type ProgramName = keyof typeof versions;

const CACHE = join(
  process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'),
  'express-auth0-mcp-clients',
);

export function versionOf(name: ProgramName): string {
  return versions[name].replace(/^.+@/, '');
}

/**
 * @returns the `node_modules` folder with the program
 * @throws if npm cannot install it
 */
export async function installed(name: ProgramName): Promise<string> {
  const packageSpec = versions[name];
  const folder = join(CACHE, packageSpec.replaceAll('/', '+'));
  if (!existsSync(folder)) await install(packageSpec, folder);
  return join(folder, 'node_modules');
}

async function install(packageSpec: string, folder: string): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  // Beside its place, and moved there once complete: an interrupted installation leaves no half program.
  const temporary = mkdtempSync(join(CACHE, '.installing-'));
  const args = ['install', '--prefix', temporary, '--no-audit', '--no-fund', '--loglevel=error'];
  try {
    await promisify(execFile)('npm', [...args, packageSpec], { cwd: temporary });
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    // Another run was faster.
    if (existsSync(folder)) return;
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new Error(
      `${packageSpec} is not installed, and npm could not install it. Install it with ` +
        `npm install --prefix '${folder}' ${packageSpec}\n${stderr || message}`,
    );
  }
}
