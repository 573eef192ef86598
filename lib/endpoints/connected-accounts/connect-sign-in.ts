/** Sign-in at a link to connect an account: a redirect to Auth0, and back to the link. */
import type { RequestHandler } from 'express';

import type { Context } from '../../app/context.js';
import { MAX_FORM_BYTES } from '../../http/account-forms.js';
import type { Connections } from '../../http/connections.js';
import { readForm } from '../../http/read-request.js';
import { noStore } from '../../http/response-headers.js';
import { optionalParameter } from '../../oauth/parameters.js';

/**
 * Handlers of the POST.
 *
 * @throws PageError the form is not of this browser, has expired, or was submitted before
 */
export function connectSignInEndpoint(
  { redirectToAuth0 }: Context,
  { signInForms }: Connections,
): RequestHandler[] {
  return [
    noStore,
    async function signInToConnect(req, res) {
      const form = await readForm(req, res, MAX_FORM_BYTES);
      const { content, flow } = signInForms.read(req, optionalParameter(form, 'form'));
      await redirectToAuth0(req, res, { purpose: 'connected_apps', ...content }, flow);
    },
  ];
}
