/**
 * Where an application keeps its data, by the convention of each platform.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { posix, win32 } from 'node:path';

const APPLICATION = 'express-auth0-mcp';

/** What the convention depends on. Nothing is read from the process here. */
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
