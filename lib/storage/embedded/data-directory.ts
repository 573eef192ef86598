/**
 * Where an application keeps its data, by the convention of each platform.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

const APPLICATION = 'express-auth0-mcp';

/** What the convention depends on. */
export interface DataDirectoryInput {
  platform: NodeJS.Platform;
  /** The home directory of the user the process runs as. */
  homedir: string;
  /** `XDG_DATA_HOME` (XDG Base Directory Specification); a relative path is invalid and ignored. */
  xdgDataHome?: string | undefined;
  /** `LOCALAPPDATA`, on Windows. */
  localAppData?: string | undefined;
}

/** The directory for this library's data: `~/.local/share/express-auth0-mcp` and its kin. */
export function dataDirectory(input: DataDirectoryInput): string {
  const { platform, homedir, xdgDataHome, localAppData } = input;
  if (platform === 'win32') {
    return win32.join(localAppData || win32.join(homedir, 'AppData', 'Local'), APPLICATION);
  }
  if (platform === 'darwin') {
    return posix.join(homedir, 'Library', 'Application Support', APPLICATION);
  }
  const isUsable = xdgDataHome !== undefined && posix.isAbsolute(xdgDataHome);
  return posix.join(isUsable ? xdgDataHome : posix.join(homedir, '.local', 'share'), APPLICATION);
}

/** The variables of the environment that move a user's data. */
export interface DataVariables {
  readonly XDG_DATA_HOME?: string | undefined;
  readonly LOCALAPPDATA?: string | undefined;
}

/**
 * The same on this machine, for the user the process runs as.
 *
 * @param variables default: those of this process. The doctor has those of the server instead.
 */
export function dataDirectoryFor(variables: DataVariables = variablesOfProcess()): string {
  return dataDirectory({
    platform: process.platform,
    homedir: homedir(),
    xdgDataHome: variables.XDG_DATA_HOME,
    localAppData: variables.LOCALAPPDATA,
  });
}

/**
 * No option, so not read in `config/env.ts`: written into code or left out, the default has to be the
 * same place, for the key that all logins hang on lies there too.
 */
function variablesOfProcess(): DataVariables {
  // biome-ignore lint/style/noProcessEnv: these two belong to the platform and are read nowhere else
  const { XDG_DATA_HOME, LOCALAPPDATA } = process.env;
  return { XDG_DATA_HOME, LOCALAPPDATA };
}

/** A file name for any namespace: readable at the front, unmistakable at the end. */
export function directoryName(namespace: string): string {
  const readable = namespace
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 48);
  const tag = createHash('sha256').update(namespace).digest('hex').slice(0, 12);
  return readable === '' ? tag : `${readable}-${tag}`;
}
