/**
 * Signing out of the page of connected apps. The session at Auth0 is none of ours to end: the person
 * may use it elsewhere.
 *
 * Spec: PX-8.
 * Flow: route table → noStore → signOut → AccountVisits.end → page.
 *
 * @module
 */
import type { RequestHandler } from 'express';

import type { EventListener } from '../../config/events.js';
import { type AccountForms, MAX_FORM_BYTES } from '../../http/account-forms.js';
import type { AccountSignIns } from '../../http/account-sign-ins.js';
import { handler } from '../../http/handler.js';
import { type LookFor, sendPage } from '../../http/pages.js';
import { readForm } from '../../http/request-body.js';
import { noStore } from '../../http/response-headers.js';
import { optionalParameter } from '../../oauth/parameters.js';
import { signedOutPage } from '../../pages/connected-apps-page.js';

export interface SignOutDeps {
  visits: Pick<AccountSignIns, 'find' | 'end'>;
  forms: Pick<AccountForms, 'requireOwnPage' | 'read'>;
  lookFor: LookFor;
  emit: EventListener;
  /** Where to sign in again. */
  pageUrl: string;
}

/**
 * Builds the handlers. Whoever is not signed in is signed out, and sees the same.
 *
 * @throws PageError the form is not of this session, which goes on
 */
export function signOutEndpoint(deps: SignOutDeps): RequestHandler[] {
  return [
    noStore,
    handler(async function signOut(req, res) {
      const form = await readForm(req, res, MAX_FORM_BYTES);
      deps.forms.requireOwnPage(req);
      const field = optionalParameter(form, 'form');
      const visitor = await deps.visits.find(req);
      if (visitor !== undefined) deps.forms.read(visitor, field, 'sign_out');
      await deps.visits.end(res, visitor);
      if (visitor !== undefined) {
        deps.emit({ type: 'signed_out', subject: visitor.account.subject });
      }
      sendPage(res, 200, signedOutPage(deps.lookFor(req), deps.pageUrl));
    }),
  ];
}
