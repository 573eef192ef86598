/** What every component of one server needs: configuration, clock, events, keys and records. */
import { createHash } from 'node:crypto';

import type { Config, ResourceConfig } from './config/config.js';
import { createEmitter, type EventListener } from './config/events.js';
import { createKeyRing, type KeyRing } from './keys/key-ring.js';
import { createSealer } from './keys/seal.js';
import { checkedStorage } from './storage/checked-storage.js';
import type { SealedStorage } from './storage/collection.js';
import type { Storage } from './storage/storage.js';

/** Provided by the process; specs provide their own. */
export interface HostEnvironment {
  /** Unix seconds. */
  readonly now: () => number;
  /** The same in milliseconds. Default: the clock of the process. */
  readonly nowMs?: () => number;
  /** Minimum age of a consent page at Allow, in milliseconds. Default: the time it takes to read it; none with a stand-in for Auth0. */
  readonly minReadingMs?: number;
  /** Interval at which the permission of an open stream is checked, in milliseconds. */
  readonly streamCheckMs?: number;
  /** Addresses that are not public but may serve metadata documents. No option sets this. */
  readonly allowedNetwork?: AllowedNetwork;
}

/** A network that specs run on, in addition to the public one. */
export interface AllowedNetwork {
  /** Addresses to connect to although they are not public. */
  readonly addresses: readonly string[];
  /** PEM certificate to trust instead of the system's. */
  readonly ca: string;
  readonly resolve: ResolveHost;
  /** Time limit of one fetch. Default: as in production. */
  readonly timeoutMs?: number;
}

/** All addresses of a host name, A and AAAA. */
export type ResolveHost = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** One address of a host. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** The environment of this process. */
export function hostEnvironment(): HostEnvironment {
  return { now: () => Math.floor(Date.now() / 1000) };
}

/** The core of a server that only checks tokens (`auth0McpResource()`). */
export interface ResourceCore extends HostEnvironment {
  readonly config: ResourceConfig;
  readonly emit: EventListener;
}

/** The core of a server that issues tokens (`auth0Mcp()`). */
export interface Core extends ResourceCore {
  readonly config: Config;
  readonly storage: Storage;
  /** For everything that is signed or recognised; records are sealed with keys of their own. */
  readonly signingKeys: KeyRing;
  readonly collections: SealedStorage;
}

/** Does no I/O. */
export function createResourceCore<C extends ResourceConfig>(
  config: C,
  host: HostEnvironment,
): ResourceCore & { readonly config: C } {
  return { ...host, config, emit: createEmitter(config.onEvent, config.logger) };
}

/** Opens the storage and derives the keys. */
export function createCore(config: Config, host: HostEnvironment): Core {
  const { logger } = config;
  const core = createResourceCore(config, host);
  const namespace = createHash('sha256')
    .update(JSON.stringify([config.issuer, config.auth0.expectedIssuer, config.auth0.clientId]))
    .digest('base64url')
    .slice(0, 16);
  const opened = config.storage.open?.(namespace) ?? config.storage;
  const storage = checkedStorage(opened);
  const signingKeys = createKeyRing(
    config.jwtSigningKeys.length > 0 ? config.jwtSigningKeys : localSecretOf(storage),
  );
  const sealingKeys =
    config.storageEncryptionKeys.length > 0
      ? createKeyRing(config.storageEncryptionKeys)
      : signingKeys;
  const warned = new Set<string>();
  const collections: SealedStorage = {
    storage,
    sealer: createSealer(sealingKeys.derive('record-seal')),
    nameKeys: sealingKeys.derive('record-name'),
    namespace,
    onUnreadable(kind) {
      if (warned.has(kind)) return;
      warned.add(kind);
      logger.warn(
        { kind },
        'a stored record cannot be opened with the configured keys and counts as absent. Was a key removed from jwtSigningKey or storageEncryptionKey, or the record changed?',
      );
    },
  };
  return { ...core, storage, signingKeys, collections };
}

/** `resolveConfig` requires a configured key for a storage without a local secret. */
function localSecretOf(storage: Storage): readonly Uint8Array[] {
  const secret = storage.localSecret?.();
  if (secret === undefined) throw new TypeError('the storage has no local secret');
  return [secret];
}
