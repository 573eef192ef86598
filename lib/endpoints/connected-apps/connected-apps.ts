/** The page of connected apps: the clients that a user has approved. Stores nothing until the user signs in. */
import type { Request, RequestHandler } from 'express';

import type { Context } from '../../app/context.js';
import type { FoundGrant } from '../../grants/grant-store.js';
import type { SignedInUser } from '../../http/account-sign-ins.js';
import { ownAccounts } from '../../http/own-accounts.js';
import { sendPage } from '../../http/pages.js';
import { noStore } from '../../http/response-headers.js';
import { redirectUriHost } from '../../oauth/redirect-uri.js';
import {
  type ConnectedApp,
  connectedAppsPage,
  signInPage,
} from '../../pages/connected-apps-page.js';
import type { PageContext } from '../../pages/layout.js';
import type { GrantRecord } from '../../storage/records.js';

/** Handlers of the GET of the page. */
export function connectedAppsEndpoint(context: Context): RequestHandler[] {
  const { accountSignIns, signInForms, pageContextOf, connectedAppsUrls } = context;
  return [
    noStore,
    async function showConnectedApps(req, res) {
      const page = pageContextOf(req);
      const user = await accountSignIns.visit(req);
      if (user === undefined) {
        const fields = { form: signInForms.write(req, res, 'sign_in') };
        sendPage(res, 200, signInPage(page, { action: connectedAppsUrls.signIn, fields }));
      } else {
        sendPage(res, 200, await pageFor(req, user, page, context));
      }
    },
  ];
}

async function pageFor(
  req: Request,
  user: SignedInUser,
  page: PageContext,
  context: Context,
): Promise<string> {
  const { grants, accountForms, connectedAppsUrls } = context;
  const { subject, name, disconnected } = user.account;
  const found = await grants.list({ subject });
  const sorted = found.toSorted((one, other) => one.grant.lastUsedAt - other.grant.lastUsedAt);
  const apps = [...new Map(sorted.map((one) => [appKeyOf(one), one])).values()]
    .toReversed()
    .map(({ id, grant }) =>
      appOf(accountForms.write(user, { type: 'disconnect', grantId: id }), grant),
    );
  return connectedAppsPage(page, {
    account: name,
    apps,
    ownAccounts: await ownAccounts(req, user, context),
    disconnectForm: { action: connectedAppsUrls.disconnect, fields: {} },
    signOutForm: {
      action: connectedAppsUrls.signOut,
      fields: { form: accountForms.write(user, { type: 'sign_out' }) },
    },
    disconnected: disconnected && (disconnected.name || page.texts.consent.unnamedApp),
  });
}

function appOf(
  id: string,
  { client, code, scopes, createdAt, lastUsedAt, enterprise }: GrantRecord,
): ConnectedApp {
  const host = code && redirectUriHost(code.redirectUri);
  const managedBy = enterprise && new URL(enterprise.issuer).host;
  return { id, clientName: client.name, host, createdAt, lastUsedAt, scopes, managedBy };
}

/** An app with identity assertions has a grant for each token: it is shown once. */
function appKeyOf({ id, grant: { client, enterprise } }: FoundGrant): string {
  return enterprise === undefined ? id : JSON.stringify([client.id, enterprise.issuer]);
}
