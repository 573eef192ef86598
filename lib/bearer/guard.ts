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
import { allowCors } from '../http/cors.js';
import { toOAuthError } from '../http/oauth-error.js';
import type { Step } from '../http/step.js';
import { bearerCredentials } from '../oauth/bearer-token.js';
import { unionOfScopes } from '../oauth/scope.js';
import type { AtOnce } from '../storage/at-once.js';
import { anonymousAdmission } from './anonymous-access.js';
import type { AccessToken } from './auth-info.js';
import { runWithAccessToken } from './current-access-token.js';
import type { RpcCall } from './json-rpc.js';
import { neededFor, requireScopes, type ScopeRules } from './needed-scopes.js';
import { createOpenStreams, type OpenStreams, type OpenStreamsDeps } from './open-streams.js';
import { checkOrigin, type OriginCheckDeps } from './origin-check.js';
import { createPendingResponses, type PendingResponses } from './pending-responses.js';
import { challengeAnonymous, type RefusalDeps, refuse, refuseStream } from './refusals.js';
import {
  type Accepted,
  AUTHENTICATED_TIMEOUT_MS,
  carriesMessage,
  readCalls,
  UNAUTHENTICATED_LIMITS,
} from './rpc-body.js';
import { RpcBodyError } from './rpc-body-error.js';
import { createSessionOwners, type SessionOwners, sendSessionNotFound } from './session-owners.js';
import { authInfoOf } from './verification.js';

export interface GuardDeps extends OpenStreamsDeps, RefusalDeps, ScopeRules, OriginCheckDeps {
  readonly resource: string;
  /** What needs no token, at the MCP endpoint itself. */
  readonly anonymous: AnonymousAccess | undefined;
  readonly maxMessageBytes: number;
  /** Whether a request is for the MCP endpoint itself. */
  readonly isEndpoint: (req: Request) => boolean;
  readonly baseHeaders: Step;
  readonly addressOf: (req: Request) => string;
  /** Counts calls without a token that are let through. @throws TooManyRequestsError */
  readonly limitAnonymous: (req: Request, calls: number) => Promise<void>;
}

/** Builds guards; each may ask for scopes of its own. */
export type CreateGuard = (requirement?: { readonly scopes?: readonly string[] }) => RequestHandler;

/** What one guard works with. */
interface Guard extends GuardDeps {
  readonly sessions: SessionOwners;
  readonly answers: PendingResponses;
  readonly openAnswers: OpenStreams;
  /** Scopes that every call needs here. */
  readonly needed: readonly string[];
}

export function createGuards(deps: GuardDeps): CreateGuard {
  const answers = createPendingResponses((answer) => sessions.readEnded(answer));
  const sessions = createSessionOwners(answers);
  const common = {
    ...deps,
    sessions,
    answers,
    openAnswers: createOpenStreams(answers.list, deps),
  };
  const { baseHeaders } = deps;
  // RS-1, R-DP-1: a preflight has no credentials and needs none.
  const allowBrowsers = allowCors('GET, POST, DELETE', 'are never cached');
  const refuseOtherSites = checkOrigin(deps);
  return function createGuard({ scopes = [] } = {}) {
    const guard: Guard = {
      ...common,
      needed: unionOfScopes(deps.scopes.required, scopes),
      // A route that asks for scopes of its own asks for a token.
      anonymous: scopes.length > 0 ? undefined : deps.anonymous,
    };
    // Not async: where everything is at hand, the answer is too. A promise costs more than the check.
    return function guardRoute(req, res, next) {
      if (!allowBrowsers(req, res) || !baseHeaders(req, res) || !refuseOtherSites(req, res)) return;
      try {
        const terms = termsOf(req, guard);
        const admitted = terms.dependsOnBody
          ? readAndAdmit(req, res, next, terms, guard)
          : identifyAndAdmit(req, res, next, terms, guard);
        if (!(admitted instanceof Promise)) return;
        admitted.catch((thrown) => refuseFor(req, res, thrown, guard)).catch(next);
      } catch (thrown) {
        refuseFor(req, res, thrown, guard);
      }
    };
  };
}

/** How one request is judged. */
interface Terms {
  readonly anonymous: AnonymousAccess | undefined;
  /** Whether the body decides about permissions. */
  readonly dependsOnBody: boolean;
  /** Which bodies are refused that hold no message. */
  readonly accepts: Accepted;
}

const ANYWHERE: Terms = { anonymous: undefined, dependsOnBody: false, accepts: 'any body' };

/**
 * What is open without a token is open at the MCP endpoint itself. The scopes of tools are in force behind
 * every guard, since an app may route any path to its transport.
 */
function termsOf(req: Request, { anonymous, scopes, isEndpoint }: Guard): Terms {
  const hasToolScopes = scopes.byTool.size > 0;
  if (!hasToolScopes && anonymous === undefined) return ANYWHERE;
  const isHere = isEndpoint(req);
  return {
    anonymous: isHere ? anonymous : undefined,
    dependsOnBody: carriesMessage(req) && (hasToolScopes || isHere),
    accepts: isHere ? 'messages' : 'any body',
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
  terms: Terms,
  guard: Guard,
): AtOnce<void> {
  const token = bearerCredentials(req.headers.authorization);
  const caller = token === undefined ? undefined : guard.verifyBearer(token);
  return caller instanceof Promise
    ? caller.then((identified) =>
        admit(req, res, next, { caller: identified, calls: NO_CALLS, ...terms }, guard),
      )
    : admit(req, res, next, { caller, calls: NO_CALLS, ...terms }, guard);
}

/** The token comes first: a body is refused, and megabytes of it are read, for an authenticated caller only. */
async function readAndAdmit(
  req: Request,
  res: Response,
  next: NextFunction,
  terms: Terms,
  guard: Guard,
): Promise<void> {
  const token = bearerCredentials(req.headers.authorization);
  if (token === undefined) {
    const calls = await callsWithoutToken(req, res, terms);
    return admit(req, res, next, { caller: undefined, calls, ...terms }, guard);
  }
  const isParsed = req.readableDidRead;
  const known = await guard.verifyBearer(token);
  const limits = { maxBytes: guard.maxMessageBytes, timeoutMs: AUTHENTICATED_TIMEOUT_MS };
  const calls = await readCalls(req, res, limits, terms.accepts);
  // A body may take a minute, in which the grant may end.
  const caller = isParsed ? known : await guard.verifyBearer(token);
  return admit(req, res, next, { caller, calls, ...terms }, guard);
}

/** None where they cannot be read: nothing is open to it then, and a challenge comes before any other refusal. */
async function callsWithoutToken(
  req: Request,
  res: Response,
  { accepts }: Terms,
): Promise<readonly RpcCall[]> {
  try {
    return await readCalls(req, res, UNAUTHENTICATED_LIMITS, accepts);
  } catch (error) {
    if (error instanceof RpcBodyError) return NO_CALLS;
    throw error;
  }
}

/** Who asks for what, and what is open here. */
interface Entry extends Pick<Terms, 'anonymous'> {
  readonly caller: AccessToken | undefined;
  readonly calls: readonly RpcCall[];
}

function admit(
  req: Request,
  res: Response,
  next: NextFunction,
  entry: Entry,
  guard: Guard,
): AtOnce<void> {
  const { caller } = entry;
  const needed = neededFor(entry.calls, guard);
  if (caller === undefined) return admitAnonymous(req, res, next, { ...entry, needed }, guard);
  requireScopes(caller, needed, guard);
  if (!enter(req, res, caller, guard)) return;
  req.auth = authInfoOf(caller, guard.resource);
  runWithAccessToken(caller, next);
}

/** Lets through what is open to anybody, as often as one address may; sends the others to log in. */
function admitAnonymous(
  req: Request,
  res: Response,
  next: NextFunction,
  { needed, calls, anonymous }: Entry & { readonly needed: readonly string[] },
  guard: Guard,
): AtOnce<void> {
  const enterIf = (mayEnter: () => boolean): Promise<void> =>
    guard.limitAnonymous(req, calls.length || 1).then(() => {
      if (mayEnter()) next();
    });
  switch (anonymousAdmission(req, calls, anonymous, guard.sessions)) {
    case 'call':
      return enterIf(() => enter(req, res, undefined, guard));
    case 'session':
      // Asked again: somebody may have logged in and taken it over while this one was counted.
      return enterIf(() => staysNobodys(req, res, guard));
    case 'stream':
      return refuseStream(res);
    case 'none': {
      const isMixedAccess = anonymous !== undefined;
      return challengeAnonymous(req, res, { scopes: needed, isMixedAccess }, guard);
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
