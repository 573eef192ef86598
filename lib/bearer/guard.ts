/**
 * The guard of a protected resource: no valid token, no entry.
 *
 * Spec: RFC 6750 §2 and §3, RFC 9728 §5.1; MCP authorization, "Error Handling"; RS-1…RS-18.
 * Flow: any guarded route → guard → `req.auth` → the route.
 *
 * @module
 */
import type { NextFunction, Request, RequestHandler, Response } from 'express';

import type { AnonymousAccess, Config, ScopeConfig } from '../config/config.js';
import { openToBrowsers } from '../http/cors.js';
import type { ErrorLog } from '../http/error-log.js';
import { handler } from '../http/handler.js';
import { setRetryAfter } from '../http/json-errors.js';
import { toOAuthError } from '../http/oauth-error.js';
import { parseBearerToken } from '../oauth/bearer-token.js';
import { type ChallengeBase, errorChallenge, initialChallenge } from '../oauth/challenge.js';
import { InsufficientScope, type OAuthError } from '../oauth/errors.js';
import { missingScopes, unionOfScopes } from '../oauth/scope.js';
import type { AccessToken } from './auth-info.js';
import { runWithAccessToken } from './current-access-token.js';
import { type RpcCall, rpcCalls } from './json-rpc.js';
import { endWithPermission, type OpenAnswersDeps } from './open-answers.js';
import { checkOrigin } from './origin-check.js';
import { readRpcBody, sendParseError } from './rpc-body.js';
import { createSessionOwners, type SessionOwners, sendSessionNotFound } from './session-owners.js';
import { authInfoOf } from './verification.js';

export interface GuardDeps extends OpenAnswersDeps {
  readonly origins: Pick<Config, 'baseUrl' | 'resource' | 'allowedOrigins'>;
  readonly challenge: ChallengeBase;
  readonly resource: string;
  readonly scopes: Pick<ScopeConfig, 'required' | 'byTool' | 'implied'>;
  readonly anonymous: AnonymousAccess | undefined;
  readonly logError: ErrorLog;
  /** Told of every caller that is sent away to log in. */
  readonly onChallenge: (req: Request) => void;
}

/** Builds guards; each may ask for scopes of its own. */
export type CreateGuard = (requirement?: {
  readonly scopes?: readonly string[];
}) => RequestHandler[];

export function createGuards(deps: GuardDeps): CreateGuard {
  const dependsOnBody = deps.scopes.byTool.size > 0 || deps.anonymous !== undefined;
  const refuseOtherSites = checkOrigin(deps.origins);
  const sessions = createSessionOwners();
  return function createGuard({ scopes = [] } = {}) {
    const needed = unionOfScopes(deps.scopes.required, scopes);
    return [
      // RS-1, R-DP-1: a preflight has no credentials and needs none.
      openToBrowsers('GET, POST, DELETE'),
      refuseOtherSites,
      handler(async function guard(req, res, next) {
        try {
          if (dependsOnBody) await readRpcBody(req, res);
          await admit(req, res, next, { needed, dependsOnBody, sessions }, deps);
        } catch (thrown) {
          refuse(req, res, toOAuthError(thrown), deps);
        }
      }),
    ];
  };
}

/** What one guard asks for. */
interface Requirement {
  readonly needed: readonly string[];
  /** Whether the body decides about permissions: then one that cannot be read is refused. */
  readonly dependsOnBody: boolean;
  readonly sessions: SessionOwners;
}

async function admit(
  req: Request,
  res: Response,
  next: NextFunction,
  { needed, dependsOnBody, sessions }: Requirement,
  deps: GuardDeps,
): Promise<void> {
  const calls = req.method === 'POST' ? rpcCalls(req.body) : [];
  const token = parseBearerToken(req.headers.authorization);
  if (token === undefined) {
    if (!isAnonymous(req, calls ?? [], deps.anonymous)) challengeNewcomer(req, res, deps);
    else if (enter(req, res, sessions, undefined)) next();
    return;
  }
  const accessToken = await deps.verifyBearer(token);
  if (dependsOnBody && calls === undefined) {
    sendParseError(res);
    return;
  }
  requireScopes(accessToken, neededFor(calls ?? [], needed, deps), deps);
  if (!enter(req, res, sessions, accessToken)) return;
  endWithPermission(req, res, accessToken, deps);
  req.auth = authInfoOf(accessToken, deps.resource);
  runWithAccessToken(accessToken, next);
}

/** RS-22: a session is entered by whoever opened it; for everybody else there is none. */
function enter(
  req: Request,
  res: Response,
  sessions: SessionOwners,
  caller: AccessToken | undefined,
): boolean {
  const isAdmitted = sessions.admits(req, caller);
  if (isAdmitted) sessions.watch(req, res, caller);
  else sendSessionNotFound(res);
  return isAdmitted;
}

/** RS-14: everything all calls of this request need, at once; RS-25: every element of a batch. */
function neededFor(
  calls: readonly RpcCall[],
  needed: readonly string[],
  { scopes }: GuardDeps,
): readonly string[] {
  const byTool = calls.flatMap(({ tool }) => scopes.byTool.get(tool ?? '') ?? []);
  return unionOfScopes(needed, byTool);
}

/** RS-13: the challenge names what is held and what is needed, since clients replace, not add. */
function requireScopes(
  { scopes: granted }: AccessToken,
  needed: readonly string[],
  { scopes }: GuardDeps,
): void {
  if (missingScopes(needed, granted, scopes.implied).length > 0) {
    throw new InsufficientScope(unionOfScopes(granted, needed));
  }
}

/** Every call of a POST must be open to anybody; a stream (GET) never is. */
function isAnonymous(
  req: Request,
  calls: readonly RpcCall[],
  anonymous: AnonymousAccess | undefined,
): boolean {
  if (anonymous === undefined || req.method !== 'POST' || calls.length === 0) return false;
  return calls.every(({ method, tool }) =>
    tool === undefined
      ? anonymous.methods.has(method) || method.startsWith('notifications/')
      : anonymous.tools.has(tool),
  );
}

/** The first answer of every login: where to go, what to ask for, no error (R-RS-1). */
function challengeNewcomer(
  req: Request,
  res: Response,
  { challenge, onChallenge }: GuardDeps,
): void {
  onChallenge(req);
  res
    .status(401)
    .set({ 'WWW-Authenticate': initialChallenge(challenge), 'Cache-Control': 'no-store' })
    .json({ error: 'unauthorized', error_description: 'An access token is needed' });
}

function refuse(req: Request, res: Response, error: OAuthError, deps: GuardDeps): void {
  deps.logError(req, error);
  if (error.status === 401 || error.status === 403) {
    res.set('WWW-Authenticate', errorChallenge(deps.challenge, error));
  }
  setRetryAfter(res, error);
  res
    .status(error.status)
    .set('Cache-Control', 'no-store')
    .json({ error: error.code, error_description: error.description });
}
