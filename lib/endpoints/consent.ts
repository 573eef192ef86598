/** Consent endpoint: the form of the consent page. MCP security best practices, "Confused Deputy Problem". */
import type { Request, RequestHandler, Response } from 'express';

import type { Context } from '../app/context.js';
import { clientFingerprint } from '../clients/client.js';
import type { ApprovedRequest } from '../grants/login-transactions.js';
import { sendEarlyError } from '../http/client-redirects.js';
import { type ConsentForm, createReadingCheck, offeredScopes } from '../http/consent-prompt.js';
import { alreadySubmitted, CLIENT_LOGIN_ERRORS } from '../http/pages.js';
import { readForm } from '../http/read-request.js';
import { noStore } from '../http/response-headers.js';
import type { SubmittedForm } from '../http/sealed-forms.js';
import { AccessDeniedError, InvalidRequestError } from '../oauth/errors.js';
import { type Parameters, repeatedParameter } from '../oauth/parameters.js';
import { unionOfScopes } from '../oauth/scope.js';

/** Request body limit in bytes: a sealed request at its limits. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * Handlers of `POST /consent`.
 *
 * @throws PageError the form is not of this browser, has expired, or was submitted before
 */
export function consentEndpoint(context: Context): RequestHandler[] {
  const { config, consentForms, promptForConsent, redirectToAuth0 } = context;
  const isTooSoon = createReadingCheck(context);
  return [
    noStore,
    async function decide(req, res) {
      const form = await readForm(req, res, MAX_BODY_BYTES);
      const opened = consentForms.read(req, fieldOf(form, 'request'));
      const { createdAtMs, ...consent } = opened.content;
      const { request } = consent;
      switch (fieldOf(form, 'decision')) {
        case 'allow':
          if (isTooSoon(createdAtMs)) {
            return promptForConsent(req, res, consent, { wasTooSoon: true });
          }
          return redirectToAuth0(
            req,
            res,
            { purpose: 'client', request: withAddedScopes(request, form, config) },
            opened.flow,
          );
        case 'deny':
          return deny(req, res, opened, context);
        default:
          throw new InvalidRequestError('The decision must be allow or deny');
      }
    },
  ];
}

/** The request with the scopes that the user selected. */
function withAddedScopes(
  request: ApprovedRequest,
  form: Parameters,
  config: Context['config'],
): ApprovedRequest {
  const added = repeatedParameter(form, 'scope');
  const offered = offeredScopes(config, request);
  if (!added.every((scope) => offered.includes(scope))) {
    throw new InvalidRequestError('A scope is not one that the page offers');
  }
  return { ...request, scopes: unionOfScopes(request.scopes, added) };
}

/** Stores the denial, so that the same form cannot allow the request afterwards. */
async function deny(
  req: Request,
  res: Response,
  { content: { request, clientKind }, flow }: SubmittedForm<ConsentForm>,
  { config, logins, limits, emit }: Context,
): Promise<void> {
  await limits.countLogin(req);
  if (!(await logins.decline(flow.state, flow.formExpiresAt))) throw alreadySubmitted();
  emit({ type: 'consent_denied', client: clientFingerprint(request.clientId) });
  const error = new AccessDeniedError('The user denied the request');
  const pages = { ...CLIENT_LOGIN_ERRORS, kindByCode: { access_denied: 'not_allowed' } } as const;
  const { issuer } = config;
  sendEarlyError(req, res, error, { target: request, issuer, clientKind, pages });
}

/** A sealed request is longer than the limit of other parameters allows. */
function fieldOf(form: Parameters, name: string): string | undefined {
  const [value, ...others] = form.get(name) ?? [];
  if (others.length > 0) throw new InvalidRequestError(`The field ${name} must not be repeated`);
  return value;
}
