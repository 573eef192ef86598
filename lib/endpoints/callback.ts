/**
 * Callback endpoint: Auth0's answer comes back, and becomes ours to the client.
 *
 * Spec: RFC 6749 §4.1.2, OpenID Connect Core §3.1.2.5, RFC 9207; PX-20…PX-22, R-UP-2…4.
 * Flow: route table → noStore → finishLogin → Auth0 verified → Grants.begin → the client.
 *
 * @module
 */
import type { RequestHandler } from 'express';

import { type Auth0, Auth0Error } from '../auth0/auth0.js';
import { clientFingerprint } from '../clients/fingerprint.js';
import type { EventContext, EventListener } from '../config/events.js';
import type { ApprovedRequest } from '../grants/code-grant.js';
import type { Grants } from '../grants/grants.js';
import { noStore } from '../http/answer-headers.js';
import type { BrowserSession, BrowserSessions } from '../http/browser-sessions.js';
import type { ErrorLog } from '../http/error-log.js';
import { handler } from '../http/handler.js';
import type { DepartToAuth0 } from '../http/login-departure.js';
import { toOAuthError } from '../http/oauth-error.js';
import { PageError } from '../http/pages.js';
import { codeResponse, errorResponse } from '../oauth/authorization-response.js';

export interface CallbackDeps {
  issuer: string;
  auth0: Pick<Auth0, 'finishLogin'>;
  grants: Pick<Grants, 'begin'>;
  sessions: BrowserSessions;
  /** Notes what was allowed, once somebody has logged in: before that anybody could fill the store. */
  remember: (session: BrowserSession, request: ApprovedRequest) => Promise<void>;
  depart: DepartToAuth0;
  logError: ErrorLog;
  emit: EventListener;
}

/**
 * Builds the handlers of the redirect path.
 *
 * @throws PageError for an answer that belongs to no login of this browser; nothing was changed
 */
export function callbackEndpoint(deps: CallbackDeps): RequestHandler[] {
  const { issuer } = deps;
  return [
    noStore,
    handler(async function finishLogin(req, res) {
      const session = await deps.sessions.open(req, res);
      const { browser = '' } = session;
      let request: ApprovedRequest | undefined;
      try {
        const { login, pending } = await deps.auth0.finishLogin(req, res, browser);
        request = approvedRequest(pending);
        await deps.remember(session, request);
        const { code, grantId } = await deps.grants.begin(login, request);
        const context = { grantId, subject: login.subject, ...clientOf(request) };
        deps.emit({ type: 'login_completed', ...context });
        res.redirect(303, codeResponse(request, code, issuer));
      } catch (thrown) {
        request ??= thrown instanceof Auth0Error ? requestOf(thrown) : undefined;
        if (request !== undefined && isInterrupted(thrown)) {
          // Auth0's code may have been used. The person is known there by now, and is not asked again.
          await deps.depart(req, res, request, browser);
          return;
        }
        const error = toOAuthError(thrown);
        const reason = reasonOf(thrown);
        deps.emit({ type: 'login_failed', reason, ...(request && clientOf(request)) });
        if (request === undefined) throw asPage(thrown, browser);
        deps.logError(req, error);
        res.redirect(303, errorResponse(request, error, issuer));
      }
    }),
  ];
}

function isInterrupted(thrown: unknown): boolean {
  return thrown instanceof Auth0Error && thrown.kind === 'interrupted';
}

function clientOf({ clientId }: ApprovedRequest): Pick<EventContext, 'client'> {
  return { client: clientFingerprint(clientId) };
}

function requestOf({ pending }: Auth0Error): ApprovedRequest | undefined {
  return pending === undefined ? undefined : approvedRequest(pending);
}

/** Written by our own departure and read back from a sealed record, so its form is known. */
function approvedRequest(pending: unknown): ApprovedRequest {
  return pending as ApprovedRequest;
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Auth0Error ? thrown.kind : toOAuthError(thrown).code;
}

function asPage(thrown: unknown, browser: string): unknown {
  if (!(thrown instanceof Auth0Error) || thrown.kind !== 'unknown_login') return thrown;
  const kind = browser === '' ? 'other_browser' : 'login_expired';
  return new PageError(kind, toOAuthError(thrown));
}
