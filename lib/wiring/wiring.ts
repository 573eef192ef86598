/**
 * Puts the rooms together for one configuration: keys and records, then clients, Auth0 and grants,
 * then what answers requests.
 *
 * @module
 */
import type { RequestHandler } from 'express';

import { type CreateGuard, createGuards } from '../bearer/guard.js';
import { STREAM_CHECK_MS } from '../bearer/open-answers.js';
import { createVerification, type VerifyBearer } from '../bearer/verification.js';
import type { Config } from '../config/config.js';
import type { AccessTokens } from '../grants/access-token.js';
import type { Grants } from '../grants/grants.js';
import { baseHeaders } from '../http/answer-headers.js';
import { createErrorLog } from '../http/error-log.js';
import type { MountWatch } from '../http/mounts/mount-watch.js';
import type { ChallengeBase } from '../oauth/challenge.js';
import type { Routes } from '../routes.js';
import { wireClients } from './clients.js';
import { wireAccessTokens, wireAuth0, wireGrants } from './grants.js';
import { announce, layGround, type Surroundings } from './ground.js';
import { wireMounts } from './mounts.js';
import { wireLimits, wireRoutes } from './routes.js';

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

/** Opens the storage; touches neither the network nor Auth0. */
export function wire(config: Config, surroundings: Surroundings): Wiring {
  const { now, settle, streamCheckMs = STREAM_CHECK_MS } = surroundings;
  const ground = layGround(config, surroundings);
  announce(ground);
  const { storage, observe } = ground;
  const clients = wireClients(ground);
  const auth0 = wireAuth0(ground);
  const accessTokens = wireAccessTokens(ground);
  const knownScopes = new Set(
    [...config.scopes.supported, ...config.scopes.byTool.values()].flat(),
  );
  const { grants, accountSessions } = wireGrants(ground, auth0, accessTokens, knownScopes);
  const challenge = challengeOf(config);
  const mounts = wireMounts({ config, now, settle, ...challenge });
  const verifyBearer = observe.bearer(verificationOf(accessTokens, grants, challenge));
  const logError = createErrorLog(config.logger, ground.correlation.id);
  const limits = wireLimits(ground);
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
    limitAnonymous: (req) => limits.count('anonymous', limits.addressOf(req)),
    logError,
  });
  const correlate: RequestHandler = (_req, _res, next) => ground.correlation.run(next);
  const http = wireRoutes({
    ...ground,
    correlate,
    clients,
    auth0,
    grants,
    accountSessions,
    jwks: accessTokens.jwks,
    knownScopes,
    createGuard,
    limits,
    mounts,
    logError,
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

/** Where whoever has no token is sent, and what they are to ask for there. */
function challengeOf({ resource, resourcePath, scopes }: Config): ChallengeBase {
  const { origin } = new URL(resource);
  return {
    resourceMetadataUrl: `${origin}/.well-known/oauth-protected-resource${resourcePath}`,
    baselineScopes: scopes.initial,
  };
}

/** The check of every request: at once where the storage can. */
function verificationOf(
  { verifyAtOnce: verify }: AccessTokens,
  { look: find, auth0Token }: Grants,
  challenge: ChallengeBase,
): VerifyBearer {
  return createVerification({
    accessTokens: { verify },
    grants: { find, auth0Token },
    challenge,
  });
}
