/**
 * Signing in to the page of connected apps: the person is sent to Auth0, which vouches for them.
 *
 * Spec: OpenID Connect Core §3.1.2.1; PX-8, PX-19, R-AZ-9.
 * Flow: route table → noStore → signIn → Auth0 → the callback → the page.
 *
 * @module
 */
import type { RequestHandler } from 'express';

import { MAX_FORM_BYTES } from '../../http/account-forms.js';
import type { AccountSignIns } from '../../http/account-sign-ins.js';
import { handler } from '../../http/handler.js';
import { readForm } from '../../http/request-body.js';
import { noStore } from '../../http/response-headers.js';
import type { SealedForms } from '../../http/sealed-form.js';
import type { RedirectToAuth0 } from '../../http/upstream-login.js';
import { optionalParameter } from '../../oauth/parameters.js';

export interface SignInDeps {
  forms: Pick<SealedForms<'sign_in'>, 'read'>;
  visits: Pick<AccountSignIns, 'wasEnded'>;
  depart: RedirectToAuth0;
}

/**
 * Builds the handlers of the button.
 *
 * @throws PageError the form is not this browser's, too old, or was submitted before
 */
export function signInEndpoint(deps: SignInDeps): RequestHandler[] {
  return [
    noStore,
    handler(async function signIn(req, res) {
      const form = await readForm(req, res, MAX_FORM_BYTES);
      const { flow } = deps.forms.read(req, optionalParameter(form, 'form'));
      const reauthenticate = deps.visits.wasEnded(req);
      await deps.depart(req, res, { purpose: 'connected_apps', reauthenticate }, flow);
    }),
  ];
}
