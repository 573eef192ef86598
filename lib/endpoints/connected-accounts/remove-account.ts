/** Removes a connected account: the buttons of the page of connected apps. */
import type { RequestHandler } from 'express';

import type { Context } from '../../app/context.js';
import { MAX_FORM_BYTES } from '../../http/account-forms.js';
import type { Connections } from '../../http/connections.js';
import { grantForAccounts } from '../../http/own-accounts.js';
import { readForm } from '../../http/read-request.js';
import { noStore } from '../../http/response-headers.js';
import { AccessDeniedError } from '../../oauth/errors.js';
import { optionalParameter } from '../../oauth/parameters.js';

/**
 * Handlers of the POST. Redirects to the page, also where the account was removed before.
 *
 * @throws PageError the user is not signed in, or the form is not of this session
 */
export function removeAccountEndpoint(
  context: Context,
  connections: Connections,
): RequestHandler[] {
  const { accountSignIns, accountForms, grants, connectedAppsUrls, emit } = context;
  const { myAccount, tokens } = connections;
  return [
    noStore,
    async function removeAccount(req, res) {
      const form = await readForm(req, res, MAX_FORM_BYTES);
      accountForms.requireOwnPage(req);
      const user = await accountSignIns.require(req);
      const field = optionalParameter(form, 'account');
      const { accountId, connection } = accountForms.read(user, field, 'remove_account');
      const { subject } = user.account;
      const grant = await grantForAccounts(subject, context);
      if (grant === undefined)
        throw new AccessDeniedError('The user has no login to remove it with');
      const token = await grants.auth0Token(grant.id, myAccount.api('delete'));
      await myAccount.remove(token, accountId);
      await tokens.forget(subject, connection);
      emit({ type: 'account_removed', connection, subject });
      res.redirect(303, connectedAppsUrls.page);
    },
  ];
}
