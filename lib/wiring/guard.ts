/**
 * Puts the guard together with what it needs besides a way to verify tokens.
 *
 * @module
 */
import type { RequestHandler } from 'express';

import {
  type CreateGuard,
  createEndpointTest,
  createGuards,
  type GuardDeps,
} from '../bearer/guard.js';
import { STREAM_CHECK_MS } from '../bearer/open-streams.js';
import type { ResourceConfig } from '../config/config.js';
import type { ResourceCore } from '../core.js';
import type { ErrorLog } from '../http/error-log.js';
import type { MountWatch } from '../http/mounts/mount-watch.js';
import type { RateLimits } from '../http/rate-limits.js';
import { baseHeaders } from '../http/response-headers.js';
import type { ChallengeBase } from '../oauth/challenge.js';
import { type ResourcePaths, resourceMetadataUrlOf } from '../routes/paths.js';

/** What differs from server to server. */
interface GuardWiring extends ResourceCore, Pick<GuardDeps, 'verifyBearer' | 'askedScopes'> {
  readonly challenge: ChallengeBase;
  readonly watch: MountWatch;
  readonly limits: RateLimits;
  readonly paths: Pick<ResourcePaths, 'resource' | 'bareResources'>;
  readonly logError: ErrorLog;
}

export function wireGuard(deps: GuardWiring): CreateGuard {
  const { config, limits, paths, watch, streamCheckMs = STREAM_CHECK_MS } = deps;
  return createGuards({
    ...deps,
    streamCheckMs,
    origins: config,
    onChallenge: watch.challenged,
    resource: config.resource,
    isEndpoint: createEndpointTest([paths.resource, ...paths.bareResources]),
    scopes: config.scopes,
    anonymous: config.anonymous,
    maxMessageBytes: config.maxMessageBytes,
    baseHeaders: baseHeaders(config),
    addressOf: limits.addressOf,
    limitAnonymous: (req, calls) => limits.count('anonymous', limits.addressOf(req), calls),
  });
}

/** Where whoever has no token is sent, and what they are to ask for there. */
export function challengeOf(config: ResourceConfig): ChallengeBase {
  return {
    resourceMetadataUrl: resourceMetadataUrlOf(config),
    baselineScopes: config.scopes.initial,
  };
}

/** Makes each request one in events and log lines. */
export function correlating({ correlation }: Pick<ResourceCore, 'correlation'>): RequestHandler {
  return function correlate(_req, _res, next) {
    correlation.run(next);
  };
}
