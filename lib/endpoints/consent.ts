/**
 * Consent endpoint: the answer to the consent page.
 *
 * Spec: MCP security best practices, "Confused Deputy Problem" (PX-1…PX-28); RFC 9700 §4.12 (303).
 * Flow: route table → noStore → answer → Auth0, or back to the client.
 *
 * @module
 */
import type { Request, RequestHandler, Response } from 'express';

import { clientFingerprint } from '../clients/fingerprint.js';
import type { EventListener } from '../config/events.js';
import type { ApprovedRequest } from '../grants/code-grant.js';
import { noStore } from '../http/answer-headers.js';
import type { BrowserSessions } from '../http/browser-sessions.js';
import type { AskForConsent, ConsentForm } from '../http/consent-prompt.js';
import { handler } from '../http/handler.js';
import type { DepartToAuth0 } from '../http/login-departure.js';
import { readForm } from '../http/request-body.js';
import type { SealedForms } from '../http/sealed-form.js';
import { errorResponse } from '../oauth/authorization-response.js';
import { AccessDenied, InvalidRequest } from '../oauth/errors.js';
import type { Parameters } from '../oauth/parameters.js';

/** Largest body, in bytes: a sealed request at its limits. */
const MAX_BODY_BYTES = 64 * 1024;

export interface ConsentDeps {
  issuer: string;
  sessions: BrowserSessions;
  forms: Pick<SealedForms<ConsentForm>, 'read'>;
  ask: AskForConsent;
  depart: DepartToAuth0;
  emit: EventListener;
  /** Milliseconds that a page has to be old to be allowed. */
  minReadingMs: number;
  nowMs: () => number;
}

/**
 * Builds the handlers of `POST /consent`.
 *
 * @throws PageError the form is not this browser's, or too old; nothing was stored
 */
export function consentEndpoint(deps: ConsentDeps): RequestHandler[] {
  return [
    noStore,
    handler(async function answerConsent(req, res) {
      const form = await readForm(req, res, MAX_BODY_BYTES);
      const { madeAt, ...question } = deps.forms.read(req, single(form, 'request'));
      switch (single(form, 'decision')) {
        case 'allow':
          if (deps.nowMs() - madeAt < deps.minReadingMs) {
            return deps.ask(req, res, question, { wasTooSoon: true });
          }
          return allow(req, res, question.request, deps);
        case 'deny':
          return deny(res, question.request, deps);
        default:
          throw new InvalidRequest('The decision must be allow or deny');
      }
    }),
  ];
}

async function allow(
  req: Request,
  res: Response,
  request: ApprovedRequest,
  deps: ConsentDeps,
): Promise<void> {
  const session = await deps.sessions.open(req, res);
  // PX-19: the cookie goes out with the very redirect to Auth0.
  const browser = await session.begin();
  deps.emit({ type: 'consent_given', client: clientFingerprint(request.clientId) });
  await deps.depart(req, res, { purpose: 'client', request }, browser);
}

/** PX-26: the client hears it, Auth0 does not. */
function deny(res: Response, request: ApprovedRequest, { issuer, emit }: ConsentDeps): void {
  emit({ type: 'consent_denied', client: clientFingerprint(request.clientId) });
  const error = new AccessDenied('The person did not allow it');
  res.redirect(303, errorResponse(request, error, issuer));
}

/** Longer than any parameter of the protocol, so that the usual limit does not fit. */
function single(form: Parameters, name: string): string | undefined {
  const [value, ...others] = form.get(name) ?? [];
  if (others.length > 0) throw new InvalidRequest(`The field ${name} must not be repeated`);
  return value;
}
