/**
 * The public form of a protected resource: what both servers have in common.
 *
 * @module
 */
import { type RequestHandler, Router } from 'express';

import type { AuthInfo } from '../bearer/access-token.js';
import type { CreateGuard } from '../bearer/guard.js';
import {
  createTokenVerifier,
  type SdkErrors,
  type TokenVerifier,
} from '../bearer/token-verifier.js';
import { authInfoOf, type VerifyBearer } from '../bearer/verification.js';
import type { ResourceConfig } from '../config/config.js';
import type { MountWatch } from '../http/mounts/mount-watch.js';
import { markAsDocuments, markAsPartOf } from '../http/mounts/presence.js';
import { markAsGuard } from '../http/mounts/route-before.js';
import { shortCut } from '../http/short-cut.js';
import type { ResourceRoutes } from '../routes/resource.js';

/** A server that guards an MCP endpoint: mount it with `app.use()` before the route. */
export interface ProtectedResource extends RequestHandler {
  /** The documents below `/.well-known`: RFC 9728, and what leads clients on from there. */
  readonly metadata: RequestHandler;
  /** The guard for any further route; `scopes` are needed besides `requiredScopes`. */
  bearer(requirement?: { scopes?: string[] }): RequestHandler;
  /**
   * Says whose a token is. Makes this a verifier for `requireBearerAuth` of SDK v2:
   * `requireBearerAuth({ verifier: auth })`. It does not see which tool is called: `toolScopes` is
   * checked by {@link ProtectedResource.bearer} only.
   *
   * @throws an error with `code` `invalid_token`, or `temporarily_unavailable` when that cannot be
   *   found out now
   */
  verifyAccessToken(token: string): Promise<AuthInfo>;
  /**
   * The same for `requireBearerAuth` of SDK v1, which answers 401 to errors of its own class only:
   * `requireBearerAuth({ verifier: auth.verifierFor({ InvalidTokenError }) })`.
   */
  verifierFor(errors: SdkErrors): TokenVerifier;
  /** Resolves once everything it depends on has answered; rejects with what to repair. */
  ready(): Promise<void>;
  /** Releases everything. */
  close(): Promise<void>;
}

/** What it is made of. */
export interface ResourceWiring {
  readonly config: ResourceConfig;
  readonly routes: ResourceRoutes;
  readonly mountWatch: MountWatch;
  /** Goes before a guard, so that events and log lines of one request have one reference. */
  readonly correlate: RequestHandler;
  readonly createGuard: CreateGuard;
  readonly verifyBearer: VerifyBearer;
  ready(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param further parts that the bundle mounts between metadata and guard
 * @param onRequirement hears of the scopes that a guard of the app's own asks for
 */
export function protectedResource(
  wiring: ResourceWiring,
  further: readonly RequestHandler[] = [],
  onRequirement: (scopes: readonly string[]) => void = () => {},
): ProtectedResource {
  const { config, routes, correlate, createGuard, verifyBearer, ready, close } = wiring;
  const { metadata, guard, shortCuts } = routes;
  const verify = async (token: string): Promise<AuthInfo> =>
    authInfoOf(await verifyBearer(token), config.resource);
  const warnOfTools = warnOfUncheckedTools(config);
  const { verifyAccessToken } = createTokenVerifier(verify);
  const watchMount = wiring.mountWatch.bundle(() => bundle);
  const longWay = handlerOf([watchMount, metadata, ...further, guard]);
  const bundle = markAsDocuments(
    config.resource,
    markAsPartOf(config.resource, shortCut({ ...shortCuts, longWay })),
  );
  return Object.assign(bundle, {
    metadata,
    bearer(requirement: { scopes?: string[] } = {}): RequestHandler {
      onRequirement(requirement.scopes ?? []);
      const guardOfRoute = handlerOf([correlate, createGuard(requirement)]);
      return markAsPartOf(config.resource, markAsGuard(guardOfRoute));
    },
    verifyAccessToken(token: string): Promise<AuthInfo> {
      warnOfTools();
      return verifyAccessToken(token);
    },
    verifierFor(errors: SdkErrors): TokenVerifier {
      warnOfTools();
      return createTokenVerifier(verify, errors);
    },
    ready,
    close,
  });
}

/** A verifier is given tokens, not messages, so it cannot hold a call to the scopes of its tool. */
function warnOfUncheckedTools({
  logger,
  scopes,
}: Pick<ResourceConfig, 'logger' | 'scopes'>): () => void {
  let isDue = scopes.byTool.size > 0;
  return () => {
    if (!isDue) return;
    isDue = false;
    logger.warn(
      { option: 'toolScopes' },
      'toolScopes is checked behind app.use(auth) and auth.bearer() only. A route that runs tools behind another check of the token, such as requireBearerAuth of the MCP SDK, runs each tool for every token: put auth.bearer() in front of it instead.',
    );
  };
}

function handlerOf(handlers: readonly RequestHandler[]): RequestHandler {
  return Router().use(...handlers);
}
