/**
 * Callback endpoint: Auth0's answer comes back, and becomes ours: a code for the client, or a person
 * signed in to the page of their connected apps. Which of them was settled at the departure.
 *
 * Spec: RFC 6749 §4.1.2, OpenID Connect Core §3.1.2.5, RFC 9207; PX-20…PX-22, R-UP-2…4.
 * Flow: route table → noStore → finishLogin → Auth0 verified → Grants.begin → the client.
 *
 * @module
 */
import type { Request, RequestHandler, Response } from 'express';

import { type Auth0, Auth0Error, type Auth0Login, type LoginResult } from '../auth0/auth0.js';
import { clientFingerprint } from '../clients/fingerprint.js';
import type { EventContext, EventListener } from '../config/events.js';
import type { ApprovedRequest } from '../grants/code-grant.js';
import type { Grants } from '../grants/grants.js';
import { type PendingLogin, pendingLoginOf } from '../grants/pending-login.js';
import type { AccountSignIns } from '../http/account-sign-ins.js';
import type { ErrorLog } from '../http/error-log.js';
import { handler } from '../http/handler.js';
import type { HeldFlow, LoginFlows } from '../http/login-flows.js';
import { toOAuthError } from '../http/oauth-error.js';
import { type ErrorPlace, PageError, pageErrorOf } from '../http/pages.js';
import { queryOf } from '../http/request-query.js';
import { noStore } from '../http/response-headers.js';
import type { RedirectToAuth0 } from '../http/upstream-login.js';
import { codeResponse, errorResponse } from '../oauth/authorization-response.js';
import type { ErrorPageKind } from '../pages/texts/page-texts.js';

export interface CallbackDeps {
  issuer: string;
  auth0: Pick<Auth0, 'finishLogin'>;
  grants: Pick<Grants, 'begin' | 'discard'>;
  flows: Pick<LoginFlows, 'begin' | 'heldBy'>;
  /** Notes what was allowed, once somebody has logged in: before that anybody could fill the store. */
  remember: (req: Request, res: Response, request: ApprovedRequest) => Promise<void>;
  depart: RedirectToAuth0;
  visits: Pick<AccountSignIns, 'begin'>;
  /** Where whoever signed in goes. */
  connectedAppsUrl: string;
  /** How that page explains what went wrong. */
  connectedAppsErrors: ErrorPlace;
  logError: ErrorLog;
  emit: EventListener;
}

/**
 * Builds the handlers of the redirect path.
 *
 * @throws PageError for an answer that belongs to no login of this browser; nothing was changed
 */
export function callbackEndpoint(deps: CallbackDeps): RequestHandler[] {
  return [
    noStore,
    handler(async function finishLogin(req, res) {
      const flow = deps.flows.heldBy(req, stateOf(req));
      let pending: PendingLogin | undefined;
      try {
        const result = await deps.auth0.finishLogin(req, res, flow.secret);
        pending = purposeOf(result, deps);
        if (pending.purpose === 'client') {
          await answerClient(req, res, result.login, pending.request, deps);
        } else {
          await signIn(req, res, result.login, deps);
        }
      } catch (thrown) {
        pending ??= thrown instanceof Auth0Error ? readable(thrown.pending) : undefined;
        if (pending !== undefined && isInterrupted(thrown)) {
          // Auth0's code may have been used. The person is known there by now, and is not asked again.
          await deps.depart(req, res, pending, deps.flows.begin(req, res));
          return;
        }
        fail(req, res, thrown, pending, flow, deps);
      }
    }),
  ];
}

async function answerClient(
  req: Request,
  res: Response,
  login: Auth0Login,
  request: ApprovedRequest,
  deps: CallbackDeps,
): Promise<void> {
  const { code, grantId } = await deps.grants.begin(login, request);
  // A convenience: without it the person is asked again next time, which is no reason to fail this login.
  await deps
    .remember(req, res, request)
    .catch((error: unknown) => deps.logError(req, toOAuthError(error)));
  const context = { grantId, subject: login.subject, ...clientOf(request) };
  deps.emit({ type: 'login_completed', ...context });
  res.redirect(303, codeResponse(request, code, deps.issuer));
}

async function signIn(
  req: Request,
  res: Response,
  login: Auth0Login,
  deps: CallbackDeps,
): Promise<void> {
  // Not asked for. A tenant that gives one all the same would drop one of a client's for it.
  deps.grants.discard(login);
  await deps.visits.begin(req, res, login);
  deps.emit({ type: 'signed_in', subject: login.subject });
  res.redirect(303, deps.connectedAppsUrl);
}

/** @throws what is to become an error page; a client is told by redirect */
function fail(
  req: Request,
  res: Response,
  thrown: unknown,
  pending: PendingLogin | undefined,
  flow: HeldFlow,
  { issuer, logError, emit, connectedAppsErrors }: CallbackDeps,
): void {
  const failure = failureOf(thrown);
  if (pending?.purpose === 'connected_apps') {
    emit({ type: 'sign_in_failed', ...failure });
    throw pageErrorOf(thrown, connectedAppsErrors);
  }
  emit({ type: 'login_failed', ...failure, ...(pending && clientOf(pending.request)) });
  if (pending === undefined) throw asPage(req, thrown, flow);
  const error = toOAuthError(thrown);
  logError(req, error);
  res.redirect(303, errorResponse(pending.request, error, issuer));
}

/** @throws InvalidRequestError the login is for nothing we know, and nobody gets anything of it */
function purposeOf({ login, pending }: LoginResult, { grants }: CallbackDeps): PendingLogin {
  try {
    return pendingLoginOf(pending);
  } catch (error) {
    grants.discard(login);
    throw error;
  }
}

function readable(pending: unknown): PendingLogin | undefined {
  try {
    return pendingLoginOf(pending);
  } catch {
    // The failure that is being told of comes first.
    return undefined;
  }
}

function isInterrupted(thrown: unknown): boolean {
  return thrown instanceof Auth0Error && thrown.kind === 'interrupted';
}

function clientOf({ clientId }: ApprovedRequest): Pick<EventContext, 'client'> {
  return { client: clientFingerprint(clientId) };
}

function failureOf(thrown: unknown): { reason: string; tenantMessage?: string } {
  if (!(thrown instanceof Auth0Error)) return { reason: toOAuthError(thrown).code };
  const { kind, tenantMessage } = thrown;
  return { reason: kind, ...(tenantMessage !== undefined && { tenantMessage }) };
}

/** Not yet believed: it only says which cookie to look for. */
function stateOf(req: Request): string {
  return new URLSearchParams(req.originalUrl.split('?', 2)[1]).get('state') ?? '';
}

function asPage(req: Request, thrown: unknown, flow: HeldFlow): unknown {
  if (!(thrown instanceof Auth0Error) || thrown.kind !== 'unknown_login') return thrown;
  return new PageError(unknownLoginKind(req, flow), toOAuthError(thrown));
}

function unknownLoginKind(req: Request, { secret, isOver }: HeldFlow): ErrorPageKind {
  // Auth0 sends a browser here without `state` after a link in an e-mail: verification, password reset.
  if (!queryOf(req).has('state')) return 'no_login';
  return secret === '' && !isOver ? 'other_browser' : 'login_expired';
}
