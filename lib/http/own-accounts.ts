/** The connected accounts of a user, as the page of connected apps shows them. */
import type { Request } from 'express';

import type { Core } from '../core.js';
import type { FoundGrant } from '../grants/grant-store.js';
import type { Grants } from '../grants/grants.js';
import type { OwnAccounts } from '../pages/connected-apps-page.js';
import type { AccountForms } from './account-forms.js';
import type { SignedInUser } from './account-sign-ins.js';
import type { Connections } from './connections.js';
import { type ErrorLog, toOAuthError } from './error-responses.js';

interface AccountServices extends Core {
  readonly connections: Connections | undefined;
  readonly grants: Grants;
  readonly accountForms: AccountForms;
  readonly logError: ErrorLog;
}

/**
 * The session of the page has no refresh token: a grant of the same user has one.
 *
 * @returns undefined if the user has no app with a login at Auth0 that can be renewed
 */
export async function grantForAccounts(
  subject: string,
  { grants }: Pick<AccountServices, 'grants'>,
): Promise<FoundGrant | undefined> {
  const found = await grants.list({ subject });
  return found
    .filter(({ grant }) => grant.auth0?.refreshToken !== undefined)
    .toSorted((one, other) => other.grant.lastUsedAt - one.grant.lastUsedAt)[0];
}

/** Undefined without the option, and without a grant to ask with. A failure is logged, and the page is shown. */
export async function ownAccounts(
  req: Request,
  user: SignedInUser,
  context: AccountServices,
): Promise<OwnAccounts | undefined> {
  const { connections, config, grants, accountForms, logError } = context;
  if (connections === undefined) return undefined;
  const removeForm = { action: connections.urls.remove, fields: {} };
  try {
    const grant = await grantForAccounts(user.account.subject, context);
    if (grant === undefined) return undefined;
    const token = await grants.auth0Token(grant.id, connections.myAccount.api('read'));
    const accounts = (await connections.myAccount.list(token))
      .filter(({ connection }) => config.connections.has(connection))
      .map(({ id: accountId, connection, scopes }) => ({
        id: accountForms.write(user, { type: 'remove_account', accountId, connection }),
        provider: config.connections.get(connection)?.name ?? connection,
        scopes,
      }));
    return { accounts, removeForm };
  } catch (error) {
    logError(req, toOAuthError(error));
    return { accounts: undefined, removeForm };
  }
}
