/** Servers of this library without a tenant behind them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Context, createContext } from '../../../lib/app/context.js';
import { type Auth0Mcp, assemble } from '../../../lib/auth0-mcp.js';
import { resolveConfig } from '../../../lib/config/resolve.js';
import { embeddedStorage } from '../../../lib/storage/embedded/embedded-storage.js';
import { memoryStorage } from '../../../lib/storage/memory-storage.js';
import { redisStorage } from '../../../lib/storage/redis/redis-storage.js';
import type { Storage } from '../../../lib/storage/storage.js';
import { fillStore, makeGrant } from '../grants.js';

export type StoreName = 'memory' | 'embedded' | 'redis';

/** What a table asks for. */
export interface ServerOptions {
  readonly store: StoreName;
  readonly redisUrl?: string;
  /** Of an embedded store that is there already; left out, a new one for this process. */
  readonly directory?: string;
  /** Grants in the store besides those in use. */
  readonly fill?: number;
  /** A tenant that answers. Default: one that is never asked. */
  readonly tenant?: BenchTenant;
}

/** What a server has to know of its tenant. */
export interface BenchTenant {
  readonly configUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly audience: string;
}

const NEVER_ASKED: BenchTenant = {
  configUrl: 'https://bench.eu.auth0.com/.well-known/openid-configuration',
  clientId: 'bench-client',
  clientSecret: 'bench-secret',
  audience: 'https://api.example.com',
};

/** Where it is for its callers; nothing listens there. */
export const BASE_URL = 'http://127.0.0.1:8000';

export interface Server {
  readonly auth: Auth0Mcp;
  readonly context: Context;
  /** The store as the server uses it. */
  readonly storage: Storage;
  /** Records and memberships written so far. */
  rows(): number;
  stop(): Promise<void>;
}

const SIGNING_KEY = 'a-signing-key-for-measurements-0123456789';

/** A memory store large enough for a million grants with their three memberships. */
const MAX_ENTRIES = 8_000_000;

export async function startServer(options: ServerOptions): Promise<Server> {
  const { store, redisUrl = '', fill = 0, tenant = NEVER_ASKED } = options;
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'auth0-mcp-bench-'));
  const make: Record<StoreName, () => Storage> = {
    memory: () => memoryStorage({ maxEntries: MAX_ENTRIES }),
    embedded: () => embeddedStorage({ directory }),
    redis: () => redisStorage({ url: redisUrl }),
  };
  let writes = 0;
  const base = counting(make[store](), () => {
    writes += 1;
  });
  let storage = base;
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const config = resolveConfig(
    {
      ...tenant,
      baseUrl: BASE_URL,
      jwtSigningKey: SIGNING_KEY,
      storage: {
        ...base,
        ...(base.open && {
          open(namespace) {
            storage = counting(base.open?.(namespace) ?? base, () => {
              writes += 1;
            });
            return storage;
          },
        }),
      },
      logger: silent,
    },
    {},
    { embeddedStorage, redisStorage },
  );
  const context = createContext(config, { now: () => Math.floor(Date.now() / 1000) });
  const auth = assemble(context);
  if (fill > 0) await fillStore(context, storage, fill);
  return {
    auth,
    context,
    storage,
    rows: () => writes,
    async stop() {
      await auth.close();
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The same store; what is added to it is counted. Its reads stay as they are. */
function counting(storage: Storage, count: () => void): Storage {
  return {
    ...storage,
    set(...args) {
      count();
      return storage.set(...args);
    },
    add(...args) {
      count();
      return storage.add(...args);
    },
    addMember(...args) {
      count();
      return storage.addMember(...args);
    },
  };
}

/** Access tokens of as many people. */
export async function makeTokens({ context }: Server, count: number): Promise<string[]> {
  const tokens: string[] = [];
  while (tokens.length < count) {
    const some = Math.min(64, count - tokens.length);
    const made = await Promise.all(Array.from({ length: some }, () => makeGrant(context)));
    tokens.push(...made.map(({ accessToken }) => accessToken));
  }
  return tokens;
}
