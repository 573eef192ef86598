/** The guard of a protected resource: RFC 6750, RFC 9728 §5.1, MCP authorization. */
import type { NextFunction, Request, RequestHandler, Response } from 'express';

import type { AnonymousAccess, GuardScopes } from '../config/config.js';
import type { ResourceCore } from '../core.js';
import { allowCors } from '../http/cross-site.js';
import type { ErrorLog } from '../http/error-responses.js';
import type { RateLimits } from '../http/rate-limits.js';
import { bearerCredentials } from '../oauth/bearer-token.js';
import type { ChallengeBase } from '../oauth/challenge.js';
import { InsufficientScopeError } from '../oauth/errors.js';
import { missingScopes, unionOfScopes } from '../oauth/scope.js';
import { authenticatedScopes, authenticationFor } from '../oauth/user-authentication.js';
import { type AccessToken, runWithAccessToken } from './caller.js';
import { sendChallenge, sendGuardError, sendStreamNotAllowed } from './challenges.js';
import {
  type AcceptedBody,
  mayHaveBody,
  type RpcCall,
  readAnonymousCalls,
  readCalls,
} from './json-rpc.js';
import { createResponseTracker, STREAM_CHECK_MS, type TrackResponse } from './open-streams.js';
import { checkOrigin } from './origin-check.js';
import { createSessions, type Sessions, sendSessionNotFound } from './sessions.js';
import { type AuthInfoOf, createAuthInfoOf, type VerifyBearer } from './verification.js';

/** What guards need of the context of a server. */
interface GuardContext extends ResourceCore {
  readonly verifyBearer: VerifyBearer;
  /** The scopes that the client requested at login: a challenge for more scopes repeats them. */
  readonly requestedScopes: (caller: AccessToken) => Promise<readonly string[]>;
  /** Called before the 403 is sent; a failure changes nothing about it. */
  readonly onInsufficientScope: (caller: AccessToken) => Promise<void>;
  readonly limits: RateLimits;
  readonly logError: ErrorLog;
}

/** Creates guards; `scopes` are required in addition to those of the server. */
type CreateGuard = (requirement?: { readonly scopes?: readonly string[] }) => RequestHandler;

interface Guard extends GuardContext {
  readonly scopes: GuardScopes;
  readonly challenge: ChallengeBase;
  readonly onChallenge: (req: Request) => void;
  /** Whether a request is for the MCP endpoint itself. */
  readonly isEndpoint: (req: Request) => boolean;
  readonly sessions: Sessions;
  readonly trackResponse: TrackResponse;
  readonly authInfoOf: AuthInfoOf;
  /** Scopes that every call needs. */
  readonly required: readonly string[];
  /** The same for a client without a user. */
  readonly requiredWithoutUser: readonly string[];
  /** What needs no token at the MCP endpoint. */
  readonly anonymous: AnonymousAccess | undefined;
}

/**
 * @param endpointPaths of the MCP endpoint: the full one, and those left by a proxy that strips a prefix
 * @param onChallenge called with each request that is challenged for having no token
 */
export function createGuards(
  context: GuardContext,
  challenge: ChallengeBase,
  endpointPaths: readonly string[],
  onChallenge: (req: Request) => void,
): CreateGuard {
  const { config, verifyBearer, now, streamCheckMs = STREAM_CHECK_MS, logError, emit } = context;
  const sessions = createSessions();
  const trackResponse = createResponseTracker(verifyBearer, now, streamCheckMs, sessions);
  const authInfoOf = createAuthInfoOf(config.resource);
  const isEndpoint = createEndpointTest(endpointPaths);
  // Also for preflights, which have no credentials.
  const allowBrowsers = allowCors('GET, POST, DELETE');
  const rejectOrigin = checkOrigin(config, logError, emit);
  return function createGuard({ scopes = [] } = {}) {
    const guard: Guard = {
      ...context,
      scopes: config.scopes,
      challenge,
      onChallenge,
      isEndpoint,
      sessions,
      trackResponse,
      authInfoOf,
      required: unionOfScopes(config.scopes.required, scopes),
      requiredWithoutUser: unionOfScopes(config.scopes.requiredWithoutUser, scopes),
      // A route that requires scopes requires a token.
      anonymous: scopes.length > 0 ? undefined : config.anonymous,
    };
    const authorize: RequestHandler = (req, res, next) => {
      const sendError = (thrown: unknown): void =>
        sendGuardError(req, res, thrown, challenge, logError);
      try {
        identifyAndAdmit(req, res, next, guard)?.catch(sendError).catch(next);
      } catch (thrown) {
        sendError(thrown);
      }
    };
    // Not a router, which costs more than the check of a cached token.
    return function guardRoute(req, res, next) {
      if (req.headers.origin === undefined && req.method !== 'OPTIONS') authorize(req, res, next);
      // Only browsers send `Origin` and preflights.
      else allowBrowsers(req, res, () => rejectOrigin(req, res, () => authorize(req, res, next)));
    };
  };
}

const NO_CALLS: readonly RpcCall[] = [];

/**
 * No promise if the caller is cached and permissions do not depend on the body: it would cost more than the check.
 *
 * Anonymous access exists at the MCP endpoint only. Tool scopes apply behind every guard, since an app may route any
 * path to its transport.
 */
function identifyAndAdmit(
  req: Request,
  res: Response,
  next: NextFunction,
  guard: Guard,
): Promise<void> | undefined {
  const hasToolScopes = guard.scopes.byTool.size > 0;
  const isHere = (hasToolScopes || guard.anonymous !== undefined) && guard.isEndpoint(req);
  const readsBody = (hasToolScopes || isHere) && mayHaveBody(req);
  const accepted: AcceptedBody = isHere ? 'messages' : 'any body';
  const token = bearerCredentials(req.headers.authorization);
  if (token === undefined) {
    const anonymous = isHere ? guard.anonymous : undefined;
    const calls = readsBody ? readAnonymousCalls(req, res, accepted) : NO_CALLS;
    return admitAnonymous(req, res, next, calls, anonymous, guard);
  }
  if (readsBody) return readAndAdmit(req, res, next, token, accepted, guard);
  const caller = guard.verifyBearer(token);
  if (caller instanceof Promise) {
    return caller.then((verified) => admit(req, res, next, verified, NO_CALLS, guard));
  }
  return admit(req, res, next, caller, NO_CALLS, guard);
}

/** Verifies the token first: only an authenticated caller may send megabytes and receives errors about its body. */
async function readAndAdmit(
  req: Request,
  res: Response,
  next: NextFunction,
  token: string,
  accepted: AcceptedBody,
  guard: Guard,
): Promise<void> {
  const isParsed = req.readableDidRead;
  let caller = await guard.verifyBearer(token);
  const calls = await readCalls(req, res, guard.config.maxMessageBytes, accepted);
  // Reading may take a minute, in which the grant may be revoked.
  if (!isParsed) caller = await guard.verifyBearer(token);
  await admit(req, res, next, caller, calls, guard);
}

function admit(
  req: Request,
  res: Response,
  next: NextFunction,
  caller: AccessToken,
  calls: readonly RpcCall[],
  guard: Guard,
): Promise<void> | undefined {
  const { sessions, trackResponse, authInfoOf } = guard;
  const required = caller.isMachine ? guard.requiredWithoutUser : guard.required;
  const needed = neededScopes(calls, required, guard);
  if (!hasScopes(caller, needed, guard)) return rejectForScopes(caller, needed, guard);
  if (!sessions.admits(req, caller)) {
    sendSessionNotFound(res);
    return undefined;
  }
  trackResponse(req, res, caller);
  req.auth = authInfoOf(caller);
  runWithAccessToken(caller, next);
  return undefined;
}

/** A scope that another one includes is not held without the authentication that it requires. */
function hasScopes(
  caller: AccessToken,
  needed: readonly string[],
  { scopes: { implied, authentication }, now }: Guard,
): boolean {
  if (missingScopes(needed, caller.scopes, implied).length > 0) return false;
  return authenticatedScopes(needed, caller.user, authentication, now()).length === needed.length;
}

async function rejectForScopes(
  caller: AccessToken,
  needed: readonly string[],
  { scopes: { authentication }, requestedScopes, onInsufficientScope }: Guard,
): Promise<never> {
  await onInsufficientScope(caller).catch(() => undefined);
  // MCP "Scope Challenge Handling": a client requests exactly the scopes of the challenge, and loses all others.
  const scopes = unionOfScopes(await requestedScopes(caller), needed);
  throw new InsufficientScopeError(scopes, authenticationFor(needed, authentication));
}

/** The scopes that all calls of the request need together, those of a batch included. */
function neededScopes(
  calls: readonly RpcCall[],
  required: readonly string[],
  { scopes: { byTool } }: Guard,
): readonly string[] {
  if (calls.length === 0) return required;
  const ofTools = calls.flatMap(({ tool }) => (tool === undefined ? [] : (byTool.get(tool) ?? [])));
  return unionOfScopes(required, ofTools);
}

/** @param anonymous what needs no token; undefined if everything does */
async function admitAnonymous(
  req: Request,
  res: Response,
  next: NextFunction,
  bodyCalls: readonly RpcCall[] | Promise<readonly RpcCall[]>,
  anonymous: AnonymousAccess | undefined,
  guard: Guard,
): Promise<void> {
  const { sessions, trackResponse, limits, onChallenge, challenge } = guard;
  const calls = await bodyCalls;
  if (anonymous !== undefined && isOpen(req, calls, anonymous, sessions)) {
    const address = limits.addressOf(req);
    await limits.count('calls', `anonymous ${address}`, calls.length || 1);
    // Checked last: a user may have logged in on the session meanwhile.
    if (!sessions.admits(req, undefined)) return sendSessionNotFound(res);
    trackResponse(req, res, undefined, address);
    return next();
  }
  const hasSession = req.headers['mcp-session-id'] !== undefined;
  if (anonymous?.methods.has('initialize') && isStreamRequest(req) && !hasSession) {
    return sendStreamNotAllowed(res);
  }
  onChallenge(req);
  sendChallenge(
    req,
    res,
    challenge,
    neededScopes(calls, guard.required, guard),
    anonymous !== undefined,
  );
}

/** Without a token: POST for open calls, GET and DELETE for a session that was opened without a token. */
function isOpen(
  req: Request,
  calls: readonly RpcCall[],
  anonymous: AnonymousAccess,
  sessions: Sessions,
): boolean {
  if (mayHaveBody(req)) return req.method === 'POST' && areOpen(calls, anonymous);
  const isAboutSession = req.method === 'GET' || req.method === 'DELETE';
  return isAboutSession && anonymous.methods.has('initialize') && sessions.isAnonymous(req);
}

function isStreamRequest(req: Request): boolean {
  return req.method === 'GET' && !mayHaveBody(req);
}

/** Old clients batch two or three calls; each counts for the rate limit. */
const MAX_OPEN_CALLS = 10;

function areOpen(calls: readonly RpcCall[], anonymous: AnonymousAccess): boolean {
  const isOpenCall = ({ method, tool }: RpcCall): boolean =>
    tool === undefined
      ? anonymous.methods.has(method) || method.startsWith('notifications/')
      : anonymous.tools.has(tool);
  return calls.length > 0 && calls.length <= MAX_OPEN_CALLS && calls.every(isOpenCall);
}

/** As Express routes: case-insensitive, with or without a trailing slash, not percent-decoded. */
function createEndpointTest(paths: readonly string[]): (req: Request) => boolean {
  const routed = (path: string): string => path.toLowerCase().replace(/\/$/, '');
  const endpoints = new Set(paths.map(routed));
  return ({ baseUrl, url }) => endpoints.has(routed((baseUrl + url).replace(/\?.*/s, '')));
}
