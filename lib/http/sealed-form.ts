/** Forms before there is a session: the content travels in the form, sealed; nothing is stored. */
import type { Request, Response } from 'express';

import { equalInConstantTime } from '../keys/key-ring.js';
import type { Sealer } from '../keys/seal.js';
import { AccessDeniedError, InvalidRequestError } from '../oauth/errors.js';
import type { ErrorPageKind } from '../pages/texts/page-texts.js';
import { FORM_TTL_SECONDS, type LoginFlow, type LoginFlows } from './login-flows.js';
import { PageError } from './pages.js';
import { crossSiteEvidence } from './same-origin.js';

/** A submitted form. */
export interface OpenedForm<Content> {
  readonly content: Content;
  /** The flow that began with the form. */
  readonly flow: LoginFlow & { readonly formExpiresAt: number };
}

/** `Content` is whatever JSON can hold. */
export interface SealedForms<Content> {
  /** The text of the hidden field. Begins a flow and sets its cookie. */
  write(req: Request, res: Response, content: Content): string;
  /** @throws PageError the form comes from another site or browser, is forged, or has expired */
  read(req: Request, sealed: string | undefined): OpenedForm<Content>;
}

export interface SealedFormsDeps {
  /** Of these forms alone: one of another kind does not open. */
  readonly sealer: Sealer;
  readonly flows: LoginFlows;
  /** Servers that share a key have policies of their own: a form of one does not open at another. */
  readonly issuer: string;
  /** Our public origin; a form from any other is refused. */
  readonly origin: string;
  /** Unix seconds. */
  readonly now: () => number;
}

/** @param foreign the page for a form that is not this browser's */
export function createSealedForms<Content>(
  { sealer, flows, issuer, origin, now }: SealedFormsDeps,
  foreign: ErrorPageKind,
): SealedForms<Content> {
  const refusal = (kind: ErrorPageKind, detail: string): PageError =>
    new PageError(kind, new AccessDeniedError('The form is not valid here', { detail }));
  return {
    write(req, res, content) {
      const flow = { ...flows.begin(req, res), formExpiresAt: now() + FORM_TTL_SECONDS };
      flows.holdForm(res, flow);
      const text = JSON.stringify({ flow, content });
      return sealer.seal(Buffer.from(text), issuer).toString('base64url');
    },
    read(req, sealed) {
      const sign = crossSiteEvidence(req, origin);
      if (sign !== undefined) throw refusal(foreign, sign);
      const opened = sealer.open(Buffer.from(sealed ?? '', 'base64url'), issuer);
      if (opened === undefined) throw refusal(foreign, 'it was not made here');
      // Sealed by `write`, so its shape is known.
      const form: OpenedForm<Content> = JSON.parse(String(opened));
      // Before the cookie, which expires with the form.
      if (form.flow.formExpiresAt <= now()) {
        throw refusal('login_expired', 'the form has expired');
      }
      const { secret, isOver } = flows.heldBy(req, form.flow.id);
      if (equalInConstantTime(Buffer.from(secret), Buffer.from(form.flow.secret))) return form;
      throw refusal(isOver ? 'login_expired' : foreign, 'not of this browser');
    },
  };
}

/**
 * The page for a form that was submitted before.
 *
 * @param signInUrl where the login that began with it waits, if it does
 */
export function alreadySubmitted(signInUrl?: string): PageError {
  return new PageError(
    'already_submitted',
    new InvalidRequestError('The form was submitted before, and counts once'),
    signInUrl === undefined ? undefined : { signIn: signInUrl },
  );
}
