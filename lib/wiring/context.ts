/**
 * Lays the ground the rooms stand on: events and who observes; and where logins are kept, storage and
 * keys.
 *
 * @module
 */
import { createHash } from 'node:crypto';

import type { ProblemListener } from '../auth0/problems.js';
import type { AllowedNetwork } from '../clients/metadata-documents/guarded-connector.js';
import type { Config, ResourceConfig } from '../config/config.js';
import type { Correlation } from '../config/correlation.js';
import { createCorrelation } from '../config/correlation.js';
import { createEmitter } from '../config/emitter.js';
import type { EventListener } from '../config/events.js';
import type { Settle } from '../http/mounts/neighbours.js';
import type { KeyRing } from '../keys/key-ring.js';
import { createKeyRing } from '../keys/key-ring.js';
import { createSealer } from '../keys/seal.js';
import { pathsOf } from '../routes/paths.js';
import { checkedStorage } from '../storage/checked-storage.js';
import type { CollectionDeps } from '../storage/collection.js';
import type { Storage } from '../storage/storage.js';

/** What the world outside gives; specs give their own. */
export interface HostEnvironment {
  /** Unix seconds. */
  readonly now: () => number;
  /** The same in milliseconds. Left out: the clock of the process. */
  readonly nowMs?: () => number;
  /** How old a consent page has to be to be allowed, in milliseconds. Left out: long enough to read it. */
  readonly minReadingMs?: number;
  /** The servers of this process; left out: there are no others. */
  readonly settle?: Settle;
  /** How often an open stream is looked at, in milliseconds. */
  readonly streamCheckMs?: number;
  /** Where metadata documents may be fetched from although it is not public: no option leads here. */
  readonly allowedNetwork?: AllowedNetwork;
}

/** What every server stands on. */
export interface ResourceContext extends HostEnvironment {
  readonly config: ResourceConfig;
  readonly correlation: Correlation;
  readonly emit: EventListener;
}

/** Keys and records as well: what a server stands on that keeps logins. */
export interface Context extends ResourceContext {
  readonly config: Config;
  readonly storage: Storage;
  /** For everything that is signed or recognised. */
  readonly signingKeys: KeyRing;
  readonly collections: CollectionDeps;
}

/** Touches nothing outside. */
export function createResourceContext<C extends ResourceConfig>(
  config: C,
  surroundings: HostEnvironment,
): ResourceContext & { readonly config: C } {
  const correlation = createCorrelation();
  const emit = createEmitter({
    listener: config.onEvent,
    log: config.logger,
    correlationId: correlation.currentId,
  });
  return { ...surroundings, config, correlation, emit };
}

/** Problems on the Auth0 leg are events too. */
export function emitProblem(emit: EventListener): ProblemListener {
  return ({ kind, message: reason }) =>
    emit({
      type: kind === 'unavailable' ? 'auth0_unavailable' : 'configuration_problem',
      reason,
    });
}

/** Opens the storage, and derives from the keys what stands on it. */
export function createContext(config: Config, surroundings: HostEnvironment): Context {
  const { logger } = config;
  const ground = createResourceContext(config, surroundings);
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
  const told = new Set<string>();
  const collections: CollectionDeps = {
    storage,
    sealer: createSealer(sealingKeys.derive('record-seal')),
    nameKeys: sealingKeys.derive('record-name'),
    namespace,
    onUnreadable(kind) {
      if (told.has(kind)) return;
      told.add(kind);
      logger.warn(
        { kind },
        'a stored record cannot be opened with the keys at hand and counts as absent: was a key removed from jwtSigningKey or storageEncryptionKey, or the record altered?',
      );
    },
  };
  return { ...ground, storage, signingKeys, collections };
}

/** Once, for whoever sets it up: what to enter in the dashboard, and where the data is. */
export function logStart({ config, storage }: Context): void {
  const { auth0, issuer, resource, callbackUrl, consent, logger } = config;
  const where = storage.description ?? 'the storage given';
  const { backchannelLogout } = pathsOf(config);
  logger.info(
    {
      issuer,
      resource,
      auth0: auth0.expectedIssuer,
      audience: auth0.audience,
      callbackUrl,
      backchannelLogoutUrl: new URL(backchannelLogout, config.baseUrl).href,
      consent,
      storage: where,
    },
    'ready to start. At Auth0, Applications > your application > Settings: enter callbackUrl under Allowed Callback URLs and, where the tenant has it, backchannelLogoutUrl under Back-Channel Logout URI',
  );
  if (storage.warning !== undefined) logger.warn({ storage: where }, storage.warning);
}

/** `resolveConfig` has made sure that a storage without one comes with a configured key. */
function localSecretOf(storage: Storage): readonly Uint8Array[] {
  const secret = storage.localSecret?.();
  if (secret === undefined) throw new TypeError('the storage keeps no secret of its own');
  return [secret];
}
