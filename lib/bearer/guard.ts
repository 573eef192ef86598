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
import { toOAuthError } from '../http/oauth-error.js';
import { parseBearerToken } from '../oauth/bearer-token.js';
import { InsufficientScope } from '../oauth/errors.js';
import { missingScopes, unionOfScopes } from '../oauth/scope.js';
import { type AtOnce, whenThere } from '../storage/at-once.js';
import { anonymousEntry } from './anonymous-access.js';
import type { AccessToken } from './auth-info.js';
import { runWithAccessToken } from './current-access-token.js';
import { type RpcCall, rpcCalls } from './json-rpc.js';
import { createOpenAnswers, type OpenAnswers, type OpenAnswersDeps } from './open-answers.js';
import { checkOrigin } from './origin-check.js';
import { challengeNewcomer, type RefusalDeps, refuse, refuseStream } from './refusals.js';
import { readRpcBody, type Sender, sendParseError } from './rpc-body.js';
import { createSessionOwners, type SessionOwners, sendSessionNotFound } from './session-owners.js';
import { authInfoOf } from './verification.js';

export interface GuardDeps extends OpenAnswersDeps, RefusalDeps {
  readonly origins: Pick<Config, 'baseUrl' | 'resource' | 'allowedOrigins'>;
  readonly resource: string;
  readonly scopes: Pick<ScopeConfig, 'required' | 'byTool' | 'implied'>;
  readonly anonymous: AnonymousAccess | undefined;
  readonly baseHeaders: RequestHandler;
  /** Counts a call without a token that is let through. @throws TooManyRequests */
  readonly limitAnonymous: (req: Request, res: Response) => Promise<void>;
}

/** Builds guards; each may ask for scopes of its own. */
export type CreateGuard = (requirement?: {
  readonly scopes?: readonly string[];
}) => RequestHandler[];

export function createGuards(parts: GuardDeps): CreateGuard {
  const deps = {
    ...parts,
    resourceUrl: new URL(parts.resource),
    openAnswers: createOpenAnswers(parts),
  };
  const dependsOnBody = deps.scopes.byTool.size > 0 || deps.anonymous !== undefined;
  const refuseOtherSites = checkOrigin(deps.origins);
  const sessions = createSessionOwners();
  return function createGuard({ scopes = [] } = {}) {
    const needed = unionOfScopes(deps.scopes.required, scopes);
    return [
      // RS-1, R-DP-1: a preflight has no credentials and needs none.
      openToBrowsers('GET, POST, DELETE', 'are never cached'),
      deps.baseHeaders,
      refuseOtherSites,
      // Not async: where everything is at hand, the answer is too. A promise costs more than the check.
      function guard(req, res, next) {
        const refuseFor = (thrown: unknown): void => refuse(req, res, toOAuthError(thrown), deps);
        try {
          const admitted = whenThere(identify(req, res, dependsOnBody, deps), (caller) =>
            admit(req, res, next, { caller, needed, dependsOnBody, sessions }, deps),
          );
          if (admitted instanceof Promise) admitted.catch(refuseFor).catch(next);
        } catch (thrown) {
          refuseFor(thrown);
        }
      },
    ];
  };
}

/** Who calls, undefined for nobody. */
function identify(
  req: Request,
  res: Response,
  dependsOnBody: boolean,
  deps: GuardDeps,
): AtOnce<AccessToken | undefined> {
  if (dependsOnBody) return identifyAndRead(req, res, deps);
  const token = parseBearerToken(req.headers.authorization);
  return token === undefined ? undefined : deps.verifyBearer(token);
}

/**
 * Who calls, undefined for nobody. Then the body is read, where it matters, and megabytes of it only
 * from somebody known: parsing them costs more than any signature.
 */
async function identifyAndRead(
  req: Request,
  res: Response,
  deps: GuardDeps,
): Promise<AccessToken | undefined> {
  let sender: Sender = 'stranger';
  try {
    const token = parseBearerToken(req.headers.authorization);
    if (token === undefined) return undefined;
    const caller = await deps.verifyBearer(token);
    sender = 'known';
    return caller;
  } finally {
    await readRpcBody(req, res, sender);
  }
}

/** One call, and what its guard asks for. */
interface Admission {
  readonly caller: AccessToken | undefined;
  readonly needed: readonly string[];
  /** Whether the body decides about permissions: then one that cannot be read is refused. */
  readonly dependsOnBody: boolean;
  readonly sessions: SessionOwners;
}

function admit(
  req: Request,
  res: Response,
  next: NextFunction,
  admission: Admission,
  deps: GuardDeps & { readonly resourceUrl: URL; readonly openAnswers: OpenAnswers },
): AtOnce<void> {
  const { caller, dependsOnBody, sessions } = admission;
  const calls = dependsOnBody && req.method === 'POST' ? rpcCalls(req.body) : [];
  const needed = neededFor(calls ?? [], admission.needed, deps);
  if (caller === undefined) {
    return admitAnonymous(req, res, next, { ...admission, needed }, deps);
  }
  if (calls === undefined) return sendParseError(res);
  requireScopes(caller, needed, deps);
  if (!enter(req, res, sessions, caller)) return;
  deps.openAnswers.watch(req, res, caller);
  req.auth = authInfoOf(caller, deps.resourceUrl);
  runWithAccessToken(caller, next);
}

/** Lets through what is open to anybody, as often as one address may; sends the others to log in. */
function admitAnonymous(
  req: Request,
  res: Response,
  next: NextFunction,
  { needed, sessions }: Admission,
  deps: GuardDeps,
): AtOnce<void> {
  const enterIf = (mayEnter: () => boolean): Promise<void> =>
    deps.limitAnonymous(req, res).then(() => {
      if (mayEnter()) next();
    });
  switch (anonymousEntry(req, deps.anonymous, sessions)) {
    case 'call':
      return enterIf(() => enter(req, res, sessions, undefined));
    case 'session':
      return enterIf(() => true);
    case 'stream':
      return refuseStream(res);
    case 'none': {
      const isMixedAccess = deps.anonymous !== undefined;
      return challengeNewcomer(req, res, { scopes: needed, isMixedAccess }, deps);
    }
  }
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
  if (calls.length === 0 || scopes.byTool.size === 0) return needed;
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
