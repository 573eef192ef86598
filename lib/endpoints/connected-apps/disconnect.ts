/**
 * Ending a client's access: what the buttons on the page of connected apps do.
 *
 * Spec: PX-8, R-AZ-9 (303, so that a reload shows the page).
 * Flow: route table → noStore → disconnect → Grants.end → the page.
 *
 * @module
 */
import type { RequestHandler } from 'express';

import type { AccountSessions } from '../../grants/account-sessions.js';
import type { Grants } from '../../grants/grants.js';
import { type AccountForms, MAX_FORM_BYTES } from '../../http/account-forms.js';
import type { AccountSignIns, SignedInUser } from '../../http/account-sign-ins.js';
import { handler } from '../../http/handler.js';
import { readForm } from '../../http/request-body.js';
import { noStore } from '../../http/response-headers.js';
import { optionalParameter } from '../../oauth/parameters.js';

export interface DisconnectDeps {
  visits: Pick<AccountSignIns, 'require'>;
  forms: Pick<AccountForms, 'requireOwnPage' | 'read'>;
  grants: Pick<Grants, 'find' | 'revoke'>;
  sessions: Pick<AccountSessions, 'noteDisconnected'>;
  /** The page itself. */
  pageUrl: string;
}

/**
 * Builds the handlers. Once the access has ended, whoever ended it, the answer is the page.
 *
 * @throws PageError nobody is signed in, or the form is not of this session; nothing was changed
 */
export function disconnectEndpoint(deps: DisconnectDeps): RequestHandler[] {
  return [
    noStore,
    handler(async function disconnect(req, res) {
      const form = await readForm(req, res, MAX_FORM_BYTES);
      deps.forms.requireOwnPage(req);
      const field = optionalParameter(form, 'grant');
      const visitor = await deps.visits.require(req);
      const { grantId } = deps.forms.read(visitor, field, 'disconnect');
      await endOwn(visitor, grantId, deps);
      res.redirect(303, deps.pageUrl);
    }),
  ];
}

/** The form names a grant that was theirs when it was shown. Looked at all the same. */
async function endOwn(
  { sessionId, account }: SignedInUser,
  grantId: string,
  { grants, sessions }: DisconnectDeps,
): Promise<void> {
  const grant = await grants.find(grantId);
  if (grant?.subject !== account.subject) return;
  if (!(await grants.revoke(grantId, 'person_request'))) return;
  // A courtesy: the access has ended, whatever becomes of the word about it.
  await sessions.noteDisconnected(sessionId, grant.client).catch(() => undefined);
}
