/** Authorization endpoint, RFC 6749 §3.1. Stores nothing: the request may be repeated until the user decides. */
import type { Request, RequestHandler, Response } from 'express';

import type { Context } from '../app/context.js';
import { type Client, requiredMethod } from '../clients/client.js';
import type { ApprovedRequest } from '../grants/login-transactions.js';
import { sendEarlyError } from '../http/client-redirects.js';
import { crossSiteEvidence } from '../http/cross-site.js';
import { PageError } from '../http/pages.js';
import { queryOf, readForm } from '../http/read-request.js';
import { noStore } from '../http/response-headers.js';
import {
  forbidsInteraction,
  parseAuthorizationRequest,
  type RedirectTarget,
  redirectTarget,
} from '../oauth/authorization-request.js';
import {
  InteractionRequiredError,
  InvalidClientError,
  InvalidRequestError,
  OAuthError,
} from '../oauth/errors.js';
import { type Parameters, requiredParameter } from '../oauth/parameters.js';
import { selectScopes } from '../oauth/scope.js';

/** Request body limit in bytes: what fits into the URL of a GET. */
const MAX_BODY_BYTES = 8 * 1024;

/** Parameters that must not appear in a URL, and have no meaning in this request. */
const CREDENTIALS = new Set([
  'client_secret',
  'client_assertion',
  'code_verifier',
  'refresh_token',
]);

/**
 * Handlers of `GET` and `POST /authorize`.
 *
 * @throws PageError until the redirect URI is validated: errors before that are never redirected
 */
export function authorizationEndpoint(context: Context): RequestHandler[] {
  const { config, redirectToAuth0, promptForConsent, flows } = context;
  const { issuer } = config;
  const { origin } = new URL(config.baseUrl);
  return [
    noStore,
    async function authorize(req, res) {
      const isPost = req.method === 'POST';
      const parameters = isPost ? await readForm(req, res, MAX_BODY_BYTES) : queryOf(req);
      if (isPost && crossSiteEvidence(req, origin) !== undefined) {
        return repeatAsGet(res, parameters);
      }
      const client = await clientOf(parameters, context);
      const target = targetOf(parameters, client, context);
      try {
        const request = requestOf(parameters, client, target, context);
        if (await isApproved(req, res, request, client, context)) {
          await redirectToAuth0(req, res, { purpose: 'client', request }, flows.begin(req, res));
        } else {
          const { kind: clientKind, verifiedHost: clientHost } = client;
          promptForConsent(req, res, { request, clientKind, clientHost });
        }
      } catch (error) {
        if (!(error instanceof OAuthError) || res.headersSent) throw error;
        sendEarlyError(req, res, error, { target, issuer, clientKind: client.kind });
      }
    },
  ];
}

/**
 * A form that another site posts brings no `SameSite=Lax` cookies; the GET after it does. So the login begins with
 * the cookies of this browser, and the oldest of too many logins can be dropped.
 */
function repeatAsGet(res: Response, form: Parameters): void {
  const query = new URLSearchParams();
  for (const [name, values] of form) {
    if (CREDENTIALS.has(name)) continue;
    for (const value of values) query.append(name, value);
  }
  res.redirect(303, `?${query}`);
}

async function clientOf(parameters: Parameters, { clients }: Context): Promise<Client> {
  const client = await clients.find(requiredParameter(parameters, 'client_id'));
  if (client !== undefined) return client;
  throw new PageError('unknown_client', new InvalidClientError('The client is unknown'));
}

function targetOf(
  parameters: Parameters,
  client: Client,
  { isAllowedRedirectUri }: Context,
): RedirectTarget {
  try {
    const target = redirectTarget(parameters, client);
    if (isAllowedRedirectUri(target.redirectUri)) return target;
    throw new InvalidRequestError('This server does not allow the redirect_uri');
  } catch (error) {
    if (error instanceof OAuthError) throw new PageError('invalid_redirect', error);
    throw error;
  }
}

/** The request as the user would approve it. */
function requestOf(
  parameters: Parameters,
  client: Client,
  target: RedirectTarget,
  { config, knownScopes }: Context,
): ApprovedRequest {
  const { requestedScopes, ...request } = parseAuthorizationRequest(
    parameters,
    client.id,
    target,
    config.resource,
  );
  if (forbidsInteraction(parameters)) {
    throw new InteractionRequiredError('The user has to be asked for consent');
  }
  const scopes = selectScopes(requestedScopes, { ...config.scopes, known: knownScopes });
  const { id, kind, name, mayRefresh } = client;
  const authMethod = requiredMethod(client);
  return { ...request, client: { id, kind, name, authMethod, mayRefresh }, scopes };
}

/**
 * Whether the same browser approved the same request of the same client before. Only a client that registered itself
 * is the same each time: the id of a metadata document or of a pre-registered client is public, and a link with an
 * attacker's `state` could connect this user's account to the attacker's at a client that does not check `state`
 * (RFC 9700 §4.7).
 */
async function isApproved(
  req: Request,
  res: Response,
  request: ApprovedRequest,
  client: Client,
  { config, approvals, browserSessions }: Context,
): Promise<boolean> {
  if (config.consent === 'external') return true;
  if (config.consent === 'always' || request.promptsConsent) return false;
  if (client.kind !== 'registered') return false;
  const { browser } = await browserSessions.open(req, res);
  return browser !== undefined && (await approvals.covers({ ...request, browser }));
}
