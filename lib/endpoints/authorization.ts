/**
 * Authorization endpoint: who asks, for what, and does the person agree?
 *
 * Answers with the consent page; nothing is stored and nothing reaches Auth0 until the person has
 * decided (PX-1, PX-18). So the request may be repeated freely (R-AZ-18).
 *
 * Spec: RFC 6749 §3.1 and §4.1.1, OAuth 2.1 §4.1.1, RFC 9700 §2.1.
 * Flow: route table → noStore → authorize → consent page → POST of the consent endpoint.
 *
 * @module
 */
import type { Request, RequestHandler, Response } from 'express';

import { type Client, requiredMethod } from '../clients/client.js';
import type { ClientDirectory } from '../clients/client-directory.js';
import type { Config } from '../config/config.js';
import type { Approvals } from '../grants/approvals.js';
import type { ApprovedRequest } from '../grants/code-grant.js';
import type { BrowserSessions } from '../http/browser-sessions.js';
import { answerClientError } from '../http/client-error.js';
import type { AskForConsent } from '../http/consent-prompt.js';
import { handler } from '../http/handler.js';
import type { LoginFlows } from '../http/login-flows.js';
import { PageError } from '../http/pages.js';
import { readForm } from '../http/request-body.js';
import { queryOf } from '../http/request-query.js';
import { noStore } from '../http/response-headers.js';
import { crossSiteEvidence } from '../http/same-origin.js';
import type { RedirectToAuth0 } from '../http/upstream-login.js';
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

/** Largest form body, in bytes: what fits into the URL of a GET. */
const MAX_BODY_BYTES = 8 * 1024;

/** Parameters that have no place in a URL, and none in this request. */
const CREDENTIALS = new Set([
  'client_secret',
  'client_assertion',
  'code_verifier',
  'refresh_token',
]);

export interface AuthorizationDeps {
  config: Pick<Config, 'baseUrl' | 'consent' | 'issuer' | 'resource' | 'scopes'>;
  clients: Pick<ClientDirectory, 'find'>;
  isAllowedRedirectUri: (uri: string) => boolean;
  /** Everything a client may ask for: supported, tool and route scopes (RS-16). */
  knownScopes: ReadonlySet<string>;
  approvals: Pick<Approvals, 'covers'>;
  sessions: BrowserSessions;
  flows: Pick<LoginFlows, 'begin'>;
  ask: AskForConsent;
  depart: RedirectToAuth0;
}

/**
 * Builds the handlers of `/authorize`, GET and POST (§3.1).
 *
 * @throws PageError as long as there is no proven place to send an error to (R-AZ-1)
 */
export function authorizationEndpoint(deps: AuthorizationDeps): RequestHandler[] {
  const { origin } = new URL(deps.config.baseUrl);
  return [
    noStore,
    handler(async function authorize(req, res) {
      const isPost = req.method === 'POST';
      const parameters = isPost ? await readForm(req, res, MAX_BODY_BYTES) : queryOf(req);
      if (isPost && crossSiteEvidence(req, origin) !== undefined) {
        return repeatAsGet(res, parameters);
      }
      const client = await clientOf(parameters, deps);
      const target = targetOf(parameters, client, deps);
      try {
        await decide(req, res, approvalFor(parameters, client, target, deps), client, deps);
      } catch (error) {
        if (!(error instanceof OAuthError) || res.headersSent) throw error;
        const { issuer } = deps.config;
        answerClientError(res, error, { target, clientKind: client.kind, issuer });
      }
    }),
  ];
}

/**
 * With a form that another site sends come no cookies of ours (`SameSite=Lax`), with the GET after it they do: a
 * flow begins where those of this browser are known, and the oldest of too many can be given up.
 */
function repeatAsGet(res: Response, form: Parameters): void {
  const query = new URLSearchParams();
  for (const [name, values] of form) {
    if (CREDENTIALS.has(name)) continue;
    for (const value of values) query.append(name, value);
  }
  res.redirect(303, `?${query}`);
}

async function clientOf(parameters: Parameters, { clients }: AuthorizationDeps): Promise<Client> {
  const client = await clients.find(requiredParameter(parameters, 'client_id'));
  if (client !== undefined) return client;
  throw new PageError('unknown_client', new InvalidClientError('The client is not known here'));
}

function targetOf(
  parameters: Parameters,
  client: Client,
  { isAllowedRedirectUri }: AuthorizationDeps,
): RedirectTarget {
  try {
    const target = redirectTarget(parameters, client);
    if (isAllowedRedirectUri(target.redirectUri)) return target;
    throw new InvalidRequestError('The redirect_uri is outside what this server allows');
  } catch (error) {
    if (error instanceof OAuthError) throw new PageError('invalid_redirect', error);
    throw error;
  }
}

/** What the person would approve. */
function approvalFor(
  parameters: Parameters,
  client: Client,
  target: RedirectTarget,
  { config, knownScopes }: AuthorizationDeps,
): ApprovedRequest {
  const { requestedScopes, ...request } = parseAuthorizationRequest(
    parameters,
    client.id,
    target,
    config.resource,
  );
  if (forbidsInteraction(parameters)) {
    throw new InteractionRequiredError('The person has to be asked first');
  }
  const scopes = selectScopes(requestedScopes, { ...config.scopes, known: knownScopes });
  const { id, kind, name, mayRefresh } = client;
  const authMethod = requiredMethod(client);
  return { ...request, client: { id, kind, name, authMethod, mayRefresh }, scopes };
}

/** Asks, unless this was allowed before or is asked elsewhere. */
async function decide(
  req: Request,
  res: Response,
  request: ApprovedRequest,
  client: Client,
  deps: AuthorizationDeps,
): Promise<void> {
  if (await mayPass(req, res, request, client, deps)) {
    await deps.depart(req, res, { purpose: 'client', request }, deps.flows.begin(req, res));
  } else {
    deps.ask(req, res, { request, clientKind: client.kind, clientHost: client.verifiedHost });
  }
}

/**
 * Whether the same browser allowed the same client the same before. Only a client that registered itself is the
 * same each time: everyone knows the id of a metadata document or of an entered client, and with a link that
 * carries a `state` of their own, others could connect this user's account to theirs at a client that does not
 * check where its `state` comes from (RFC 9700 §4.7).
 */
async function mayPass(
  req: Request,
  res: Response,
  request: ApprovedRequest,
  client: Client,
  { config, approvals, sessions }: AuthorizationDeps,
): Promise<boolean> {
  if (config.consent === 'external') return true;
  if (config.consent === 'always' || request.promptsConsent) return false;
  if (client.kind !== 'registered') return false;
  const { browser } = await sessions.open(req, res);
  return browser !== undefined && (await approvals.covers({ ...request, browser }));
}
