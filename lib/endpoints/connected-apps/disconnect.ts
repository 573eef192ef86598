/** Revokes the access of a client: the buttons of the page of connected apps. */
import type { RequestHandler } from 'express';

import type { Context } from '../../app/context.js';
import { MAX_FORM_BYTES } from '../../http/account-forms.js';
import type { SignedInUser } from '../../http/account-sign-ins.js';
import { readForm } from '../../http/read-request.js';
import { noStore } from '../../http/response-headers.js';
import { optionalParameter } from '../../oauth/parameters.js';

/**
 * Handlers of the POST. Redirects to the page, also where the grant was revoked before.
 *
 * @throws PageError the user is not signed in, or the form is not of this session
 */
export function disconnectEndpoint(context: Context): RequestHandler[] {
  const { accountSignIns, accountForms, connectedAppsUrls } = context;
  return [
    noStore,
    async function disconnect(req, res) {
      const form = await readForm(req, res, MAX_FORM_BYTES);
      accountForms.requireOwnPage(req);
      const user = await accountSignIns.require(req);
      const field = optionalParameter(form, 'grant');
      const { grantId } = accountForms.read(user, field, 'disconnect');
      await revokeOwn(grantId, user, context);
      res.redirect(303, connectedAppsUrls.page);
    },
  ];
}

/** The form was created for a grant of this user; its subject is compared again. */
async function revokeOwn(
  grantId: string,
  { sessionId, account }: SignedInUser,
  { grants, accountSessions }: Context,
): Promise<void> {
  const grant = await grants.find(grantId);
  if (grant?.subject !== account.subject) return;
  const all = grant.enterprise === undefined ? [] : await grants.list({ subject: account.subject });
  for (const other of all) {
    // With identity assertions the app has a grant for each token.
    const isSameApp =
      other.grant.client.id === grant.client.id &&
      other.grant.enterprise?.issuer === grant.enterprise?.issuer;
    if (isSameApp && other.id !== grantId) await grants.revoke(other.id, 'user_request');
  }
  if (!(await grants.revoke(grantId, 'user_request'))) return;
  // For the message on the page only: a failure does not undo the revocation.
  await accountSessions.noteDisconnected(sessionId, grant.client).catch(() => undefined);
}
