/**
 * Consent endpoint: the answer to the consent page.
 *
 * Spec: MCP security best practices, "Confused Deputy Problem" (PX-1…PX-28); RFC 9700 §4.12 (303).
 * Flow: route table → noStore → answer → Auth0, or the client is told.
 *
 * @module
 */
import type { Request, RequestHandler, Response } from 'express';

import { clientFingerprint } from '../clients/fingerprint.js';
import type { EventListener } from '../config/events.js';
import type { Logins } from '../grants/login-transactions.js';
import { answerClientError } from '../http/client-error.js';
import type { AskForConsent, ConsentForm } from '../http/consent-prompt.js';
import { handler } from '../http/handler.js';
import { CLIENT_LOGIN } from '../http/pages.js';
import type { RateLimits } from '../http/rate-limits.js';
import { readForm } from '../http/request-body.js';
import { noStore } from '../http/response-headers.js';
import { alreadySubmitted, type OpenedForm, type SealedForms } from '../http/sealed-form.js';
import type { RedirectToAuth0 } from '../http/upstream-login.js';
import { AccessDeniedError, InvalidRequestError } from '../oauth/errors.js';
import type { Parameters } from '../oauth/parameters.js';

/** Largest body, in bytes: a sealed request at its limits. */
const MAX_BODY_BYTES = 64 * 1024;

export interface ConsentDeps {
  issuer: string;
  logins: Pick<Logins, 'decline'>;
  limits: Pick<RateLimits, 'countLogin'>;
  forms: Pick<SealedForms<ConsentForm>, 'read'>;
  ask: AskForConsent;
  depart: RedirectToAuth0;
  emit: EventListener;
  /** Milliseconds that a page has to be old to be allowed. */
  minReadingMs: number;
  nowMs: () => number;
}

/**
 * Builds the handlers of `POST /consent`.
 *
 * @throws PageError the form is not this browser's, too old, or was submitted before
 */
export function consentEndpoint(deps: ConsentDeps): RequestHandler[] {
  return [
    noStore,
    handler(async function answerConsent(req, res) {
      const form = await readForm(req, res, MAX_BODY_BYTES);
      const opened = deps.forms.read(req, single(form, 'request'));
      const { madeAt, ...question } = opened.content;
      switch (single(form, 'decision')) {
        case 'allow':
          if (deps.nowMs() - madeAt < deps.minReadingMs) {
            return deps.ask(req, res, question, { wasTooSoon: true });
          }
          return deps.depart(
            req,
            res,
            { purpose: 'client', request: question.request },
            opened.flow,
          );
        case 'deny':
          return deny(req, res, opened, deps);
        default:
          throw new InvalidRequestError('The decision must be allow or deny');
      }
    }),
  ];
}

/** Stored, so that the same form cannot allow it afterwards. The client is told, Auth0 is not. */
async function deny(
  req: Request,
  res: Response,
  { content: { request, clientKind }, flow }: OpenedForm<ConsentForm>,
  { issuer, logins, limits, emit }: ConsentDeps,
): Promise<void> {
  await limits.countLogin(req);
  if (!(await logins.decline(flow.state, flow.formExpiresAt))) throw alreadySubmitted();
  emit({ type: 'consent_denied', client: clientFingerprint(request.clientId) });
  const error = new AccessDeniedError('The person did not allow it');
  const place = { ...CLIENT_LOGIN, kindByCode: { access_denied: 'not_allowed' } } as const;
  answerClientError(res, error, { target: request, clientKind, issuer, place });
}

/** Longer than any parameter of the protocol, so that the usual limit does not fit. */
function single(form: Parameters, name: string): string | undefined {
  const [value, ...others] = form.get(name) ?? [];
  if (others.length > 0) throw new InvalidRequestError(`The field ${name} must not be repeated`);
  return value;
}
