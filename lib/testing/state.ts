/** The state of a tenant that outlives its process: keys, sessions, grants and dynamically registered applications. */
import { createPrivateKey, createPublicKey, type JsonWebKey, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AdapterPayload } from 'oidc-provider';

import { createTenantKeys, type SavedKeys, type SigningKey, type TenantKeys } from './keys.js';
import type { Application } from './options.js';

/** Records of `oidc-provider`: model → id → record. */
type TenantRecords = Map<string, Map<string, AdapterPayload>>;

export interface TenantState {
  readonly keys: TenantKeys;
  /** Signs the cookies of the browser sessions. */
  readonly cookieKey: string;
  readonly records: TenantRecords;
  /** Those that were registered dynamically. */
  applications: readonly Application[];
  /** Call it after a change: the file is written after the current turn of the event loop, once for all its changes. */
  scheduleWrite(): void;
  /** Writes what is pending. */
  flush(): void;
}

/** Without a directory, the state is in memory only. */
export function openTenantState(
  directory: string | undefined,
  keys: TenantKeys | undefined,
): TenantState {
  const saved = directory === undefined ? undefined : read(join(directory, FILE));
  const state: TenantState = {
    keys: keys ?? createTenantKeys(undefined, saved && restoredKeys(saved)),
    cookieKey: saved?.cookieKey ?? randomBytes(32).toString('base64url'),
    records: saved === undefined ? new Map() : restoredRecords(saved.records),
    applications: saved?.applications ?? [],
    scheduleWrite: () => {},
    flush: () => {},
  };
  if (directory === undefined) return state;
  let pending: NodeJS.Immediate | undefined;
  const write = (): void => {
    pending = undefined;
    writePrivate(directory, JSON.stringify(fileOf(state)));
  };
  state.scheduleWrite = () => {
    pending ??= setImmediate(write);
  };
  state.flush = () => {
    if (pending === undefined) return;
    clearImmediate(pending);
    write();
  };
  // The keys of the first run.
  write();
  return state;
}

const FILE = 'tenant.json';

interface SavedKey {
  readonly kid: string;
  readonly jwk: JsonWebKey;
}

interface SavedState {
  readonly keys: readonly SavedKey[];
  readonly opaqueTokenKey: string;
  readonly cookieKey: string;
  readonly records: Readonly<Record<string, Readonly<Record<string, AdapterPayload>>>>;
  readonly applications: readonly Application[];
}

function read(file: string): SavedState | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${file} cannot be read. Delete it to start without its state.`, {
      cause: error,
    });
  }
}

/** Replaced as a whole, so that a crash leaves the old file or the new one; only the owner can read it. */
function writePrivate(directory: string, text: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const temporary = join(directory, `${FILE}.new`);
  writeFileSync(temporary, text, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, join(directory, FILE));
}

function fileOf({ keys, cookieKey, records, applications }: TenantState): SavedState {
  return {
    keys: keys.all().map(({ kid, privateKey }) => ({
      kid,
      jwk: privateKey.export({ format: 'jwk' }),
    })),
    opaqueTokenKey: Buffer.from(keys.opaqueTokenKey).toString('base64url'),
    cookieKey,
    records: Object.fromEntries(
      [...records].map(([model, byId]) => [model, Object.fromEntries(byId)]),
    ),
    applications,
  };
}

function restoredKeys({ keys, opaqueTokenKey }: SavedState): SavedKeys {
  return {
    keys: keys.map(restoredKey),
    opaqueTokenKey: new Uint8Array(Buffer.from(opaqueTokenKey, 'base64url')),
  };
}

function restoredKey({ kid, jwk }: SavedKey): SigningKey {
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  return { kid, privateKey, publicKey: createPublicKey(privateKey) };
}

/** Without what has expired, which nothing else deletes. */
function restoredRecords(saved: SavedState['records']): TenantRecords {
  const now = Date.now() / 1000;
  return new Map(
    Object.entries(saved).map(([model, byId]) => [
      model,
      new Map(Object.entries(byId).filter(([, { exp }]) => exp === undefined || exp > now)),
    ]),
  );
}
