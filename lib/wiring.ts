/**
 * Puts the rooms together for one configuration: keys and records, then clients, Auth0 and grants,
 * then what answers requests.
 *
 * @module
 */
import { createHash } from 'node:crypto';

import type { RequestHandler } from 'express';

import { type CreateGuard, createGuards } from './bearer/guard.js';
import { STREAM_CHECK_MS } from './bearer/open-answers.js';
import { createVerification, type VerifyBearer } from './bearer/verification.js';
import type { AllowedNetwork } from './clients/metadata-documents/guarded-connector.js';
import type { Config } from './config/config.js';
import { type Correlation, createCorrelation } from './config/correlation.js';
import { createEmitter } from './config/emitter.js';
import type { EventListener } from './config/events.js';
import type { Grants } from './grants/grants.js';
import { baseHeaders } from './http/answer-headers.js';
import { createErrorLog } from './http/error-log.js';
import type { MountWatch } from './http/mounts/mount-watch.js';
import type { Settle } from './http/mounts/neighbours.js';
import { createKeyRing, type KeyRing } from './keys/key-ring.js';
import { createSealer } from './keys/seal.js';
import type { Routes } from './routes.js';
import type { CollectionDeps } from './storage/collection.js';
import type { Storage } from './storage/storage.js';
import { wireClients } from './wire-clients.js';
import { wireAccessTokens, wireAuth0, wireGrants } from './wire-grants.js';
import { wireMounts } from './wire-mounts.js';
import { wireRoutes } from './wire-routes.js';

/** Everything that works, ready to be mounted. */
export interface Wiring {
  readonly config: Config;
  readonly routes: Routes;
  readonly mountWatch: MountWatch;
  /** Goes before a guard, so that events and log lines of one request have one reference. */
  readonly correlate: RequestHandler;
  readonly createGuard: CreateGuard;
  readonly verifyBearer: VerifyBearer;
  readonly grants: Grants;
  /** Scopes a client may ask for; guards made later add theirs. */
  readonly knownScopes: Set<string>;
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** What the world outside gives; specs give their own. */
export interface Surroundings {
  /** Unix seconds. */
  readonly now: () => number;
  /** The servers of this process; left out: there are no others. */
  readonly settle?: Settle;
  /** How often an open stream is looked at, in milliseconds. */
  readonly streamCheckMs?: number;
  /** Where metadata documents may be fetched from although it is not public: no option leads here. */
  readonly allowedNetwork?: AllowedNetwork;
}

/** Keys and records: the ground the rooms stand on. */
export interface Ground extends Surroundings {
  readonly config: Config;
  readonly correlation: Correlation;
  readonly emit: EventListener;
  readonly storage: Storage;
  /** For everything that is signed or recognised. */
  readonly signingKeys: KeyRing;
  readonly collections: CollectionDeps;
}

/** Opens the storage; touches neither the network nor Auth0. */
export function wire(config: Config, surroundings: Surroundings): Wiring {
  const { now, settle, streamCheckMs = STREAM_CHECK_MS } = surroundings;
  const ground = layGround(config, surroundings);
  announce(ground);
  const { storage, collections } = ground;
  const clients = wireClients(ground);
  const auth0 = wireAuth0(ground);
  const accessTokens = wireAccessTokens(ground);
  const knownScopes = new Set(
    [...config.scopes.supported, ...config.scopes.byTool.values()].flat(),
  );
  const grants = wireGrants(ground, auth0, accessTokens, knownScopes);
  const challenge = {
    resourceMetadataUrl: `${new URL(config.resource).origin}/.well-known/oauth-protected-resource${config.resourcePath}`,
    baselineScopes: config.scopes.required,
  };
  const { resourceMetadataUrl } = challenge;
  const mounts = wireMounts({ config, now, settle, resourceMetadataUrl });
  const verifyBearer = createVerification({ accessTokens, grants, challenge });
  const logError = createErrorLog(config.logger, ground.correlation.id);
  const createGuard = createGuards({
    verifyBearer,
    now,
    streamCheckMs,
    origins: config,
    challenge,
    onChallenge: mounts.watch.challenged,
    resource: config.resource,
    scopes: config.scopes,
    anonymous: config.anonymous,
    baseHeaders: baseHeaders(config),
    logError,
  });
  const correlate: RequestHandler = (_req, _res, next) => ground.correlation.run(next);
  const http = wireRoutes({
    ...ground,
    correlate,
    clients,
    auth0,
    grants,
    jwks: accessTokens.jwks,
    knownScopes,
    createGuard,
    mounts,
    logError,
    collections,
  });
  return {
    config,
    routes: http.routes,
    mountWatch: mounts.watch,
    correlate,
    createGuard,
    verifyBearer,
    grants,
    knownScopes,
    async ready() {
      await Promise.all([auth0.ready(), storage.ready?.()]);
    },
    async close() {
      mounts.leave();
      http.close();
      await clients.close();
      await grants.close();
      await storage.close?.();
    },
  };
}

function layGround(config: Config, surroundings: Surroundings): Ground {
  const { logger } = config;
  const namespace = createHash('sha256')
    .update(JSON.stringify([config.issuer, config.auth0.expectedIssuer, config.auth0.clientId]))
    .digest('base64url')
    .slice(0, 16);
  const storage = config.storage.open?.(namespace) ?? config.storage;
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
  const correlation = createCorrelation();
  const emit = createEmitter({
    listener: config.onEvent,
    log: logger,
    correlationId: correlation.currentId,
  });
  return { ...surroundings, config, correlation, emit, storage, signingKeys, collections };
}

/** Once, for whoever sets it up: what to enter in the dashboard, and where the data is. */
function announce({ config, storage }: Ground): void {
  const { issuer, resource, callbackUrl, consent, logger } = config;
  const where = storage.description ?? 'the storage given';
  logger.info(
    { issuer, resource, callbackUrl, consent, storage: where },
    'ready to start; register callbackUrl at Auth0: Applications > your application > Settings > Allowed Callback URLs',
  );
  if (storage.warning !== undefined) logger.warn({ storage: where }, storage.warning);
}

/** `resolveConfig` has made sure that a storage without one comes with a configured key. */
function localSecretOf(storage: Storage): readonly Uint8Array[] {
  const secret = storage.localSecret?.();
  if (secret === undefined) throw new TypeError('the storage keeps no secret of its own');
  return [secret];
}
