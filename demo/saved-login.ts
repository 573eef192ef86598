/** Registration and tokens of the demo client between runs, in a file that only its owner can read. */
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type {
  OAuthClientInformationMixed,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';

/** Registration and tokens at one server. */
export interface Login {
  readonly client?: OAuthClientInformationMixed | undefined;
  readonly tokens?: OAuthTokens | undefined;
}

/** The file: read once, written at each change. */
export interface SavedLogin {
  readonly current: Login;
  /** The registered redirect URI. */
  readonly redirectUri: string | undefined;
  change(part: Login): void;
  forget(): void;
}

/** One file for each MCP endpoint, in the home directory. */
export function openSavedLogin(mcpUrl: URL): SavedLogin {
  const folder = join(homedir(), '.express-auth0-mcp-demo');
  const file = join(folder, `${mcpUrl.href.replace(/[^a-z0-9.]+/gi, '-')}.json`);
  let current = read(file);
  return {
    get current() {
      return current;
    },
    get redirectUri() {
      const { client } = current;
      return client !== undefined && 'redirect_uris' in client
        ? client.redirect_uris[0]
        : undefined;
    },
    change(part) {
      current = { ...current, ...part };
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(file, JSON.stringify(current), { mode: 0o600 });
      // `mode` above applies to a new file only.
      chmodSync(file, 0o600);
    },
    forget() {
      current = {};
      rmSync(file, { force: true });
    },
  };
}

function read(file: string): Login {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // Missing or damaged: the next login writes a new one.
    return {};
  }
}
