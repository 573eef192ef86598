/** Sign-out of the page of connected apps. The session at Auth0 stays: other apps of the user may use it. */
import type { RequestHandler } from 'express';

import type { Context } from '../../app/context.js';
import { MAX_FORM_BYTES } from '../../http/account-forms.js';
import { sendPage } from '../../http/pages.js';
import { readForm } from '../../http/read-request.js';
import { noStore } from '../../http/response-headers.js';
import { optionalParameter } from '../../oauth/parameters.js';
import { signedOutPage } from '../../pages/connected-apps-page.js';

/**
 * Handlers of the POST. A user who is signed out already gets the same page.
 *
 * @throws PageError the form is not of this session, which continues
 */
export function signOutEndpoint(context: Context): RequestHandler[] {
  const { accountSignIns, accountForms, pageContextOf, emit, connectedAppsUrls } = context;
  return [
    noStore,
    async function signOut(req, res) {
      const form = await readForm(req, res, MAX_FORM_BYTES);
      accountForms.requireOwnPage(req);
      const field = optionalParameter(form, 'form');
      const user = await accountSignIns.find(req);
      if (user !== undefined) accountForms.read(user, field, 'sign_out');
      await accountSignIns.signOut(res, user);
      if (user !== undefined) emit({ type: 'signed_out', subject: user.account.subject });
      sendPage(res, 200, signedOutPage(pageContextOf(req), connectedAppsUrls.page));
    },
  ];
}
