/** Callback from Auth0: a code for the client, or a user signed in to the page of connected apps. */
import type { Request, RequestHandler, Response } from 'express';

import type { Context } from '../app/context.js';
import { Auth0Error, type Auth0Login, type LoginResult, plainText } from '../auth0/auth0.js';
import { clientFingerprint } from '../clients/client.js';
import type { EventContext } from '../config/events.js';
import { mayBeRemembered } from '../grants/approvals.js';
import type { ApprovedRequest } from '../grants/login-transactions.js';
import { type PendingLogin, parsePendingLogin } from '../grants/login-transactions.js';
import { sendCode, sendError } from '../http/client-redirects.js';
import { toOAuthError } from '../http/error-responses.js';
import type { FlowCookie } from '../http/login-cookies.js';
import { PageError, toPageError } from '../http/pages.js';
import { queryOf } from '../http/read-request.js';
import { noStore } from '../http/response-headers.js';
import { UnmetAuthenticationError } from '../oauth/errors.js';
import { authenticatedScopes } from '../oauth/user-authentication.js';
import type { ErrorPageKind } from '../pages/texts/page-texts.js';

/**
 * Handlers of the GET of the callback path.
 *
 * @throws PageError this browser has no login with that state, or the error cannot be redirected to a client
 */
export function callbackEndpoint(context: Context): RequestHandler[] {
  const { auth0, flows, redirectToAuth0 } = context;
  return [
    noStore,
    async function finishLogin(req, res) {
      const flow = flows.readCookie(req, stateOf(req));
      let pending: PendingLogin | undefined;
      try {
        const result = await auth0.finishLogin(req, res, flow.secret);
        pending = pendingOf(result, context);
        if (pending.purpose === 'client') {
          if (needsAnotherLogin(result.login, pending, context)) {
            const again = { ...pending, reauthenticate: true } as const;
            await redirectToAuth0(req, res, again, flows.begin(req, res));
            return;
          }
          await redirectToClient(req, res, result.login, pending.request, context);
        } else {
          await signIn(req, res, result.login, pending.link, context);
        }
      } catch (error) {
        pending ??= error instanceof Auth0Error ? readPending(error.pending) : undefined;
        if (pending !== undefined && isInterrupted(error)) {
          // Auth0's code may have been used. Auth0 has a session of the user by now, and shows no login page again.
          await redirectToAuth0(req, res, pending, flows.begin(req, res));
          return;
        }
        reportFailure(req, res, error, pending, flow, context);
      }
    },
  ];
}

/**
 * Whether the login is not what its scopes require, and a second one can be: an Action may not ask again in a session
 * that has had its second factor, and the ID token then does not confirm it.
 *
 * @throws UnmetAuthenticationError Auth0 was already made to ask
 */
function needsAnotherLogin(
  login: Auth0Login,
  { request: { scopes }, reauthenticate }: PendingLogin & { readonly purpose: 'client' },
  { config, grants, now }: Context,
): boolean {
  const rules = config.scopes.authentication;
  const met = authenticatedScopes(scopes, login.user, rules, now());
  if (met.length === scopes.length) return false;
  grants.discard(login);
  if (!reauthenticate) return true;
  const unmet = scopes.filter((scope) => !met.includes(scope));
  const { acr = 'none', amr = 'none', auth_time: authTime = 'none' } = login.user;
  const claims = plainText(JSON.stringify({ acr, amr, auth_time: authTime }));
  throw new UnmetAuthenticationError('The login is not as strong or as recent as this requires', {
    detail: `scopeAuthentication of ${unmet.join(' ')} is not met by the ID token: ${claims}. For acr, an Action of the tenant has to require the second factor where event.transaction.acr_values names it`,
  });
}

async function redirectToClient(
  req: Request,
  res: Response,
  login: Auth0Login,
  request: ApprovedRequest,
  context: Context,
): Promise<void> {
  const { grants, emit, logError, pageContextOf } = context;
  const { issuer } = context.config;
  const { code, grantId } = await grants.begin(login, request);
  // Without the approval stored, the user sees the consent page again next time: no reason to fail this login.
  await rememberApproval(req, res, request, context).catch((error: unknown) =>
    logError(req, toOAuthError(error)),
  );
  emit({ type: 'login_completed', grantId, subject: login.subject, ...clientOf(request) });
  sendCode(req, res, request, { code, issuer, pageContextOf });
}

/** After the login: before it, an unauthenticated caller could fill the store. */
async function rememberApproval(
  req: Request,
  res: Response,
  request: ApprovedRequest,
  { config, registeredClients, browserSessions, approvals }: Context,
): Promise<void> {
  if (config.consent !== 'remember' || !mayBeRemembered(request)) return;
  if (registeredClients.find(request.clientId) === undefined) return;
  const session = await browserSessions.open(req, res);
  await approvals.save({ ...request, browser: await session.renew() });
}

async function signIn(
  req: Request,
  res: Response,
  login: Auth0Login,
  link: string | undefined,
  { grants, accountSignIns, connectedAppsUrls, connections, emit }: Context,
): Promise<void> {
  // No refresh token was requested. If the tenant issues one nevertheless, it counts towards Auth0's limit for the user.
  grants.discard(login);
  await accountSignIns.signIn(req, res, login);
  emit({ type: 'signed_in', subject: login.subject });
  const isForLink = link !== undefined && connections !== undefined;
  res.redirect(303, isForLink ? connections.links.urlOf(link) : connectedAppsUrls.page);
}

/** Redirects the error to the client. @throws PageError where there is no client to redirect to, or an app to open */
function reportFailure(
  req: Request,
  res: Response,
  thrown: unknown,
  pending: PendingLogin | undefined,
  flow: FlowCookie,
  { config, logError, emit, connectedAppsErrors }: Context,
): void {
  const failure = failureOf(thrown);
  if (pending?.purpose === 'connected_apps') {
    emit({ type: 'sign_in_failed', ...failure });
    throw toPageError(thrown, connectedAppsErrors);
  }
  emit({ type: 'login_failed', ...failure, ...(pending && clientOf(pending.request)) });
  if (pending === undefined) throw asPage(req, thrown, flow);
  const error = toOAuthError(thrown);
  sendError(req, res, error, { target: pending.request, issuer: config.issuer });
  logError(req, error);
}

/** @throws InvalidRequestError the login has no known purpose; its refresh token at Auth0 is revoked */
function pendingOf({ login, pending }: LoginResult, { grants }: Context): PendingLogin {
  try {
    return parsePendingLogin(pending);
  } catch (error) {
    grants.discard(login);
    throw error;
  }
}

function readPending(pending: unknown): PendingLogin | undefined {
  try {
    return parsePendingLogin(pending);
  } catch {
    // The error of the login is reported.
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

/** Not verified yet: it only selects the cookie. */
function stateOf(req: Request): string {
  return new URLSearchParams(req.originalUrl.split('?', 2)[1]).get('state') ?? '';
}

function asPage(req: Request, thrown: unknown, flow: FlowCookie): unknown {
  if (!(thrown instanceof Auth0Error) || thrown.kind !== 'unknown_login') return thrown;
  return new PageError(unknownLoginKind(req, flow), toOAuthError(thrown));
}

function unknownLoginKind(req: Request, { secret, isExpired }: FlowCookie): ErrorPageKind {
  // Auth0 sends a browser here without `state` after a link in an e-mail: verification, password reset.
  if (!queryOf(req).has('state')) return 'no_login';
  return secret === '' && !isExpired ? 'other_browser' : 'login_expired';
}
