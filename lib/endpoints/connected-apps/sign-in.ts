/** Sign-in to the page of connected apps: a redirect to Auth0. */
import type { RequestHandler } from 'express';

import type { Context } from '../../app/context.js';
import { MAX_FORM_BYTES } from '../../http/account-forms.js';
import { readForm } from '../../http/read-request.js';
import { noStore } from '../../http/response-headers.js';
import { optionalParameter } from '../../oauth/parameters.js';

/**
 * Handlers of the POST.
 *
 * @throws PageError the form is not of this browser, has expired, or was submitted before
 */
export function signInEndpoint(context: Context): RequestHandler[] {
  const { signInForms, accountSignIns, redirectToAuth0 } = context;
  return [
    noStore,
    async function signIn(req, res) {
      const form = await readForm(req, res, MAX_FORM_BYTES);
      const { flow } = signInForms.read(req, optionalParameter(form, 'form'));
      // OpenID Connect Core §3.1.2.1: `prompt=login` for a browser whose last user signed out.
      const reauthenticate = accountSignIns.hasSignedOut(req);
      await redirectToAuth0(req, res, { purpose: 'connected_apps', reauthenticate }, flow);
    },
  ];
}
