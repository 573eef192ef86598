/**
 * The guard of a protected resource: no valid token, no entry.
 *
 * Spec: RFC 6750 §2 and §3, RFC 9728 §5.1; MCP authorization, "Error Handling"; RS-1…RS-18.
 * Flow: any guarded route → guard → `req.auth` → the route.
 *
 * @module
 */
import type { NextFunction, Request, RequestHandler, Response } from 'express';

import type { AnonymousAccess } from '../config/config.js';
import { openToBrowsers } from '../http/cors.js';
import { toOAuthError } from '../http/oauth-error.js';
import type { Step } from '../http/step.js';
import { bearerCredentials } from '../oauth/bearer-token.js';
import { unionOfScopes } from '../oauth/scope.js';
import type { AtOnce } from '../storage/at-once.js';
import { anonymousEntry } from './anonymous-access.js';
import { type AnswersUnderWay, createAnswersUnderWay } from './answers-under-way.js';
import type { AccessToken } from './auth-info.js';
import { runWithAccessToken } from './current-access-token.js';
import type { RpcCall } from './json-rpc.js';
import { neededFor, requireScopes, type ScopeRules } from './needed-scopes.js';
import { createOpenAnswers, type OpenAnswers, type OpenAnswersDeps } from './open-answers.js';
import { checkOrigin, type OriginCheckDeps } from './origin-check.js';
import { challengeNewcomer, type RefusalDeps, refuse, refuseStream } from './refusals.js';
import {
  AUTHENTICATED_TIMEOUT_MS,
  carriesMessage,
  readCalls,
  UNAUTHENTICATED_LIMITS,
} from './rpc-body.js';
import { RpcBodyError } from './rpc-body-error.js';
import { createSessionOwners, type SessionOwners, sendSessionNotFound } from './session-owners.js';
import { authInfoOf } from './verification.js';

export interface GuardDeps extends OpenAnswersDeps, RefusalDeps, ScopeRules, OriginCheckDeps {
  readonly resource: string;
  readonly anonymous: AnonymousAccess | undefined;
  readonly maxMessageBytes: number;
  readonly baseHeaders: Step;
  readonly addressOf: (req: Request) => string;
  /** Counts calls without a token that are let through. @throws TooManyRequests */
  readonly limitAnonymous: (req: Request, calls: number) => Promise<void>;
}

/** Builds guards; each may ask for scopes of its own. */
export type CreateGuard = (requirement?: { readonly scopes?: readonly string[] }) => RequestHandler;

/** What one guard works with. */
interface Guard extends GuardDeps {
  readonly resourceUrl: URL;
  readonly sessions: SessionOwners;
  readonly answers: AnswersUnderWay;
  readonly openAnswers: OpenAnswers;
  /** Whether the body decides about permissions: then it is read, and refused if it cannot be. */
  readonly dependsOnBody: boolean;
  /** Scopes that every call needs here. */
  readonly needed: readonly string[];
}

export function createGuards(deps: GuardDeps): CreateGuard {
  const answers = createAnswersUnderWay((answer) => sessions.readEnded(answer));
  const sessions = createSessionOwners(answers);
  const common = {
    ...deps,
    resourceUrl: new URL(deps.resource),
    sessions,
    answers,
    openAnswers: createOpenAnswers(answers.list, deps),
    dependsOnBody: deps.scopes.byTool.size > 0 || deps.anonymous !== undefined,
  };
  const { baseHeaders } = deps;
  // RS-1, R-DP-1: a preflight has no credentials and needs none.
  const allowBrowsers = openToBrowsers('GET, POST, DELETE', 'are never cached');
  const refuseOtherSites = checkOrigin(deps);
  return function createGuard({ scopes = [] } = {}) {
    const guard: Guard = { ...common, needed: unionOfScopes(deps.scopes.required, scopes) };
    // Not async: where everything is at hand, the answer is too. A promise costs more than the check.
    return function guardRoute(req, res, next) {
      if (!allowBrowsers(req, res) || !baseHeaders(req, res) || !refuseOtherSites(req, res)) return;
      try {
        const admitted =
          guard.dependsOnBody && carriesMessage(req)
            ? readAndAdmit(req, res, next, guard)
            : identifyAndAdmit(req, res, next, guard);
        if (!(admitted instanceof Promise)) return;
        admitted.catch((thrown) => refuseFor(req, res, thrown, guard)).catch(next);
      } catch (thrown) {
        refuseFor(req, res, thrown, guard);
      }
    };
  };
}

function refuseFor(req: Request, res: Response, thrown: unknown, guard: Guard): void {
  refuse(req, res, toOAuthError(thrown), guard);
}

/** Nothing in the body matters. */
const NO_CALLS: readonly RpcCall[] = [];

function identifyAndAdmit(
  req: Request,
  res: Response,
  next: NextFunction,
  guard: Guard,
): AtOnce<void> {
  const token = bearerCredentials(req.headers.authorization);
  const caller = token === undefined ? undefined : guard.verifyBearer(token);
  return caller instanceof Promise
    ? caller.then((identified) => admit(req, res, next, identified, NO_CALLS, guard))
    : admit(req, res, next, caller, NO_CALLS, guard);
}

/** The token comes first: a body is refused, and megabytes of it are read, for an authenticated caller only. */
async function readAndAdmit(
  req: Request,
  res: Response,
  next: NextFunction,
  guard: Guard,
): Promise<void> {
  const token = bearerCredentials(req.headers.authorization);
  if (token === undefined) {
    const calls = await callsWithoutToken(req, res);
    return admit(req, res, next, undefined, calls, guard);
  }
  const caller = await guard.verifyBearer(token);
  const limits = { maxBytes: guard.maxMessageBytes, timeoutMs: AUTHENTICATED_TIMEOUT_MS };
  return admit(req, res, next, caller, await readCalls(req, res, limits), guard);
}

/** None where they cannot be read: nothing is open to it then, and a challenge comes before any other refusal. */
async function callsWithoutToken(req: Request, res: Response): Promise<readonly RpcCall[]> {
  try {
    return await readCalls(req, res, UNAUTHENTICATED_LIMITS);
  } catch (error) {
    if (error instanceof RpcBodyError) return NO_CALLS;
    throw error;
  }
}

function admit(
  req: Request,
  res: Response,
  next: NextFunction,
  caller: AccessToken | undefined,
  calls: readonly RpcCall[],
  guard: Guard,
): AtOnce<void> {
  const needed = neededFor(calls, guard);
  if (caller === undefined) return admitAnonymous(req, res, next, { needed, calls }, guard);
  requireScopes(caller, needed, guard);
  if (!enter(req, res, caller, guard)) return;
  req.auth = authInfoOf(caller, guard.resourceUrl);
  runWithAccessToken(caller, next);
}

/** Lets through what is open to anybody, as often as one address may; sends the others to log in. */
function admitAnonymous(
  req: Request,
  res: Response,
  next: NextFunction,
  { needed, calls }: { readonly needed: readonly string[]; readonly calls: readonly RpcCall[] },
  guard: Guard,
): AtOnce<void> {
  const enterIf = (mayEnter: () => boolean): Promise<void> =>
    guard.limitAnonymous(req, calls.length || 1).then(() => {
      if (mayEnter()) next();
    });
  switch (anonymousEntry(req, calls, guard.anonymous, guard.sessions)) {
    case 'call':
      return enterIf(() => enter(req, res, undefined, guard));
    case 'session':
      // Asked again: somebody may have logged in and taken it over while this one was counted.
      return enterIf(() => staysNobodys(req, res, guard));
    case 'stream':
      return refuseStream(res);
    case 'none': {
      const isMixedAccess = guard.anonymous !== undefined;
      return challengeNewcomer(req, res, { scopes: needed, isMixedAccess }, guard);
    }
  }
}

function staysNobodys(req: Request, res: Response, guard: Guard): boolean {
  const isNobodys = guard.sessions.isNobodys(req);
  if (isNobodys) guard.answers.begin(req, res, undefined, guard.addressOf(req));
  else sendSessionNotFound(res);
  return isNobodys;
}

/** RS-22: a session is entered by whoever opened it; for everybody else there is none. */
function enter(
  req: Request,
  res: Response,
  caller: AccessToken | undefined,
  { sessions, answers, openAnswers, addressOf }: Guard,
): boolean {
  if (!sessions.admits(req, caller)) {
    sendSessionNotFound(res);
    return false;
  }
  if (caller === undefined) {
    answers.begin(req, res, caller, addressOf(req));
  } else {
    answers.begin(req, res, caller);
    openAnswers.wake();
  }
  return true;
}
