/**
 * Forms before a login. Their content is sealed in a hidden field and bound to a cookie of the browser, so that a page
 * of another site can send none.
 */
import type { Request, Response } from 'express';

import type { Core } from '../core.js';
import { equalInConstantTime, type KeyLabel } from '../keys/key-ring.js';
import { createSealer } from '../keys/seal.js';
import { AccessDeniedError } from '../oauth/errors.js';
import type { ErrorPageKind } from '../pages/texts/page-texts.js';
import { crossSiteEvidence } from './cross-site.js';
import { FORM_TTL_SECONDS, type LoginFlow, type LoginFlows } from './login-cookies.js';
import { PageError } from './pages.js';

/** A submitted form. */
export interface SubmittedForm<Content> {
  readonly content: Content;
  /** The flow that started with the form. */
  readonly flow: LoginFlow & { readonly formExpiresAt: number };
}

/** Nothing is stored. `Content` is a JSON value. */
export interface SealedForms<Content> {
  /** The value of the hidden field. Starts a flow and sets its cookie. */
  write(req: Request, res: Response, content: Content): string;
  /** @throws PageError the form comes from another site or browser, is forged, or has expired */
  read(req: Request, sealed: string | undefined): SubmittedForm<Content>;
}

/**
 * @param purpose label of a key for these forms only: a form of another kind does not open
 * @param foreign the error page for a form of another browser
 */
export function createSealedForms<Content>(
  { config, signingKeys, now }: Core,
  flows: LoginFlows,
  purpose: KeyLabel,
  foreign: ErrorPageKind,
): SealedForms<Content> {
  const sealer = createSealer(signingKeys.derive(purpose));
  // The seal includes the issuer: servers that share a key do not accept each other's forms.
  const { issuer } = config;
  const { origin } = new URL(config.baseUrl);
  return {
    write(req, res, content) {
      const flow = { ...flows.begin(req, res), formExpiresAt: now() + FORM_TTL_SECONDS };
      flows.setFormCookie(res, flow);
      const text = JSON.stringify({ flow, content });
      return sealer.seal(Buffer.from(text), issuer).toString('base64url');
    },
    read(req, sealed) {
      const evidence = crossSiteEvidence(req, origin);
      if (evidence !== undefined) throw invalidForm(foreign, evidence);
      const opened = sealer.open(Buffer.from(sealed ?? '', 'base64url'), issuer);
      if (opened === undefined) throw invalidForm(foreign, 'the seal is not valid');
      // Sealed by `write`, so its shape is known.
      const form: SubmittedForm<Content> = JSON.parse(String(opened));
      // Before the cookie, which expires with the form.
      if (form.flow.formExpiresAt <= now()) {
        throw invalidForm('login_expired', 'the form has expired');
      }
      const { secret, isExpired } = flows.readCookie(req, form.flow.id);
      if (equalInConstantTime(Buffer.from(secret), Buffer.from(form.flow.secret))) return form;
      throw invalidForm(
        isExpired ? 'login_expired' : foreign,
        'the form belongs to another browser',
      );
    },
  };
}

/** The error for a form of another site, browser or session. @param detail for the log */
export function invalidForm(kind: ErrorPageKind, detail: string): PageError {
  return new PageError(kind, new AccessDeniedError('The form is not valid', { detail }));
}
