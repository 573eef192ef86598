/**
 * Installs and builds what a fresh clone lacks; each step does nothing if it is not needed. Uses Node's own
 * modules only, since it runs before anything is installed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's top folder. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A failed step of the set-up; the message has the remedy. */
export class SetUpError extends Error {
  name = 'SetUpError';
}

/**
 * Installs the packages of package-lock.json, unless node_modules has exactly these.
 *
 * @throws {SetUpError} when npm fails
 */
export async function ensureNodeModules() {
  if (isInstalled()) return;
  const count = Object.keys(lockedPackages(join(ROOT, 'package-lock.json'))).length;
  say(`installing up to ${count} npm packages: without a cache this takes a minute or two`);
  // --include=dev: the specs and the demo need them also with NODE_ENV=production.
  // Not `npm ci`: it rejects a lock file without the optional packages of other platforms. --no-save keeps the
  // locked versions and both files unchanged.
  // Errors only: npm's warnings (tools for a newer Node, skipped scripts) are harmless here.
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', '--no-save', '--include=dev', ...quiet]);
}

/**
 * Program → its Debian package.
 *
 * @typedef {keyof typeof DEBIAN_PACKAGES} Program
 */
const DEBIAN_PACKAGES = {
  chromium: 'chromium',
  nginx: 'nginx-light',
  openssl: 'openssl',
  'redis-server': 'redis-server',
};

/**
 * The specs run a real Redis, a browser, a reverse proxy, and an independent generator of keys and certificates.
 *
 * @type {Program[]}
 */
export const SPEC_PROGRAMS = ['redis-server', 'chromium', 'nginx', 'openssl'];

/**
 * Installs missing programs by apt-get, if permitted.
 *
 * @param {Program[]} programs
 * @throws {SetUpError} naming what to install, if not permitted
 */
export async function ensureDebianPackages(programs) {
  const missing = programs.filter((program) => !isOnPath(program));
  if (missing.length === 0) return;
  const packages = missing.map((program) => DEBIAN_PACKAGES[program]).join(' ');
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) {
    throw new SetUpError(
      `Not on the PATH: ${missing.join(', ')}. Install them and run this again; ` +
        `on Debian or Ubuntu: sudo apt-get install ${packages}`,
    );
  }
  say(`installing Debian packages: ${packages}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], env);
  const install = [
    'install',
    '-y',
    '-qq',
    '-o=Dpkg::Use-Pty=0',
    '--no-install-recommends',
    ...packages.split(' '),
  ];
  await run('apt-get', install, env);
  const absent = programs.filter((program) => !isOnPath(program));
  if (absent.length > 0) {
    throw new SetUpError(
      `apt-get installed ${packages}, but not on the PATH: ${absent.join(', ')}.`,
    );
  }
}

/**
 * Builds dist/ from lib/ and, if present, dist-demo/ from demo/.
 *
 * @throws {SetUpError} when the compiler finds an error
 */
export async function build() {
  say('compiling the library');
  await buildLibrary(join(ROOT, 'dist'));
  if (!existsSync(join(ROOT, 'demo/server.ts'))) return;
  say('compiling the demo');
  await compile(join(ROOT, 'dist-demo'), 'tsconfig.demo.json');
}

/**
 * The library as it is published: code and public declarations in few files.
 *
 * @param {string} folder
 * @throws {SetUpError} when the compiler finds an error
 */
export async function buildLibrary(folder) {
  // A file without a source must not be packed.
  rmSync(folder, { recursive: true, force: true });
  const types = join(folder, 'types');
  await compile(types, 'tsconfig.build.json', '--emitDeclarationOnly');
  await run(process.execPath, [join(ROOT, 'scripts/bundle.js'), folder, types]);
  rmSync(types, { recursive: true });
}

/**
 * Runs the steps; a failed one ends the process with its message, without a stack.
 *
 * @param {() => Promise<void>} steps
 */
export async function setUp(steps) {
  try {
    await steps();
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    console.error(`\n${error.message}`);
    process.exit(1);
  }
}

/** @param {string} folder @param {string} project @param {string[]} flags */
async function compile(folder, project, ...flags) {
  rmSync(folder, { recursive: true, force: true });
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [compiler, '-p', project, '--outDir', folder, ...flags]);
}

/** Compares package-lock.json with npm's copy in node_modules. */
function isInstalled() {
  const installedLock = join(ROOT, 'node_modules/.package-lock.json');
  if (!existsSync(installedLock)) return false;
  const installed = lockedPackages(installedLock);
  return Object.entries(lockedPackages(join(ROOT, 'package-lock.json'))).every(
    ([path, { version, optional, devOptional, peer }]) =>
      // The root has no path; an optional package may be for another platform.
      path === '' || optional || devOptional || peer || installed[path]?.version === version,
  );
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: true, devOptional?: true, peer?: true }>}
 */
function lockedPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

/** @param {string} program */
function isOnPath(program) {
  // Debian has servers in /usr/sbin, which is not on the PATH of every user.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const PROGRESS_INTERVAL_MS = 10_000;

/**
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
async function run(program, args, env = process.env) {
  const child = spawn(program, args, {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    // On Windows npm is a command file, which needs a shell.
    shell: process.platform === 'win32' && program === 'npm',
  });
  const start = Date.now();
  const progress = setInterval(
    () => say(`still at it after ${Math.round((Date.now() - start) / 1000)} seconds`),
    PROGRESS_INTERVAL_MS,
  );
  const reason = await once(child, 'exit')
    .then(([code]) => `exit code ${code}`)
    .catch((error) => error.message)
    .finally(() => clearInterval(progress));
  if (reason === 'exit code 0') return;
  throw new SetUpError(`This step of the set-up failed (${reason}): ${program} ${args.join(' ')}`);
}

/**
 * On a terminal from the start of the line: npm's spinner leaves the cursor in it.
 *
 * @param {string} sentence
 */
function say(sentence) {
  console.error(`${process.stderr.isTTY ? '\r\x1b[K' : ''}set-up: ${sentence}`);
}
