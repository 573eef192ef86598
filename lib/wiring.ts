/**
 * Puts the rooms together for one configuration: keys and records, then clients, Auth0 and grants,
 * then what answers requests.
 *
 * @module
 */
import { createHash } from 'node:crypto';

import type { Auth0 } from './auth0/auth0.js';
import { createAuth0 } from './auth0/create-auth0.js';
import { type CreateGuard, createGuards } from './bearer/guard.js';
import { createVerification, type VerifyBearer } from './bearer/verification.js';
import type { Config } from './config/config.js';
import { createEmitter } from './config/emitter.js';
import type { EventListener } from './config/events.js';
import { type AccessTokens, createAccessTokens } from './grants/access-token.js';
import { createGrants, type Grants } from './grants/grants.js';
import { createLoginTransactions } from './grants/login-transactions.js';
import { createRefreshTokens } from './grants/refresh-token.js';
import { SIGNING_KEY_MATERIAL_BYTES } from './grants/signing-key.js';
import { createErrorLog } from './http/error-log.js';
import { createKeyRing, type KeyRing } from './keys/key-ring.js';
import { createSealer } from './keys/seal.js';
import type { Routes } from './routes.js';
import type { CollectionDeps } from './storage/collection.js';
import type { Storage } from './storage/storage.js';
import { wireClients } from './wire-clients.js';
import { wireRoutes } from './wire-routes.js';

/** Everything that works, ready to be mounted. */
export interface Wiring {
  readonly config: Config;
  readonly routes: Routes;
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
}

/** Keys and records: the ground the rooms stand on. */
export interface Ground extends Surroundings {
  readonly config: Config;
  readonly emit: EventListener;
  readonly storage: Storage;
  /** For everything that is signed or recognised. */
  readonly signingKeys: KeyRing;
  readonly collections: CollectionDeps;
}

/** Opens the storage; touches neither the network nor Auth0. */
export function wire(config: Config, { now }: Surroundings): Wiring {
  const ground = layGround(config, now);
  announce(ground);
  const { storage, collections } = ground;
  const clients = wireClients(ground);
  const auth0 = wireAuth0(ground);
  const accessTokens = wireAccessTokens(ground);
  const knownScopes = new Set(
    [...config.scopes.supported, ...config.scopes.byTool.values()].flat(),
  );
  const grants = wireGrants(ground, auth0, accessTokens, knownScopes);
  const verifyBearer = createVerification({ accessTokens, grants });
  const logError = createErrorLog(config.logger);
  const createGuard = createGuards({
    verifyBearer,
    challenge: {
      resourceMetadataUrl: `${new URL(config.resource).origin}/.well-known/oauth-protected-resource${config.resourcePath}`,
      baselineScopes: config.scopes.required,
    },
    resource: config.resource,
    scopes: config.scopes,
    anonymous: config.anonymous,
    logError,
  });
  const http = wireRoutes({
    ...ground,
    clients,
    auth0,
    grants,
    jwks: accessTokens.jwks,
    knownScopes,
    createGuard,
    logError,
    collections,
  });
  return {
    config,
    routes: http.routes,
    createGuard,
    verifyBearer,
    grants,
    knownScopes,
    async ready() {
      await Promise.all([auth0.ready(), storage.ready?.()]);
    },
    async close() {
      http.close();
      await clients.close();
      await grants.close();
      await storage.close?.();
    },
  };
}

function layGround(config: Config, now: () => number): Ground {
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
  const emit = createEmitter(config.onEvent, logger);
  return { config, now, emit, storage, signingKeys, collections };
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

function wireAuth0({ config, collections, emit, now }: Ground): Auth0 {
  return createAuth0({
    config: config.auth0,
    callbackUrl: config.callbackUrl,
    transactions: createLoginTransactions(collections, now),
    now,
    log: config.logger,
    onProblem: ({ kind, message: reason }) =>
      emit({
        type: kind === 'unavailable' ? 'auth0_unavailable' : 'configuration_problem',
        reason,
      }),
  });
}

function wireAccessTokens({ config, signingKeys, now }: Ground): AccessTokens {
  return createAccessTokens({
    materials: signingKeys.derive('access-token', SIGNING_KEY_MATERIAL_BYTES),
    issuer: config.issuer,
    resource: config.resource,
    now,
  });
}

function wireGrants(
  { config, signingKeys, collections, emit, now }: Ground,
  auth0: Auth0,
  accessTokens: AccessTokens,
  knownScopes: ReadonlySet<string>,
): Grants {
  return createGrants({
    collections,
    auth0,
    accessTokens,
    refreshTokens: createRefreshTokens(signingKeys.derive('refresh-token'), config.issuer),
    codeKeys: signingKeys.derive('authorization-code'),
    lifetimes: config.lifetimes,
    requiredScopes: config.scopes.required,
    knownScopes,
    upstreamTimeoutMs: config.auth0.timeoutMs,
    emit,
    onRevocationFailure: (error) =>
      config.logger.warn({ error: String(error) }, 'a refresh token could not be revoked at Auth0'),
    now,
  });
}
