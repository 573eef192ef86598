/**
 * The page of connected apps: which clients a person has let in.
 *
 * A stranger gets a button to sign in with, and nothing is stored for them, so the page may be opened
 * as often as anybody likes (R-AZ-18).
 *
 * Flow: route table → noStore → AccountVisits.enter → Grants.list → page.
 *
 * @module
 */
import type { RequestHandler } from 'express';

import type { Grants } from '../../grants/grants.js';
import type { AccountForms } from '../../http/account-forms.js';
import type { AccountSignIns, SignedInUser } from '../../http/account-sign-ins.js';
import { handler } from '../../http/handler.js';
import { type LookFor, sendPage } from '../../http/pages.js';
import { noStore } from '../../http/response-headers.js';
import type { SealedForms } from '../../http/sealed-form.js';
import { redirectUriHost } from '../../oauth/redirect-uri.js';
import {
  type ConnectedApp,
  connectedAppsPage,
  signInPage,
} from '../../pages/connected-apps-page.js';
import type { PageLook } from '../../pages/layout.js';
import type { GrantRecord } from '../../storage/records.js';

export interface ConnectedAppsDeps {
  visits: Pick<AccountSignIns, 'enter'>;
  grants: Pick<Grants, 'list'>;
  forms: Pick<AccountForms, 'write'>;
  signInForms: Pick<SealedForms<'sign_in'>, 'write'>;
  lookFor: LookFor;
  /** Where the forms go. */
  urls: Readonly<Record<'signIn' | 'disconnect' | 'signOut', string>>;
}

/** Builds the handlers of the page. */
export function connectedAppsEndpoint(deps: ConnectedAppsDeps): RequestHandler[] {
  return [
    noStore,
    handler(async function showConnectedApps(req, res) {
      const look = deps.lookFor(req);
      const visitor = await deps.visits.enter(req);
      if (visitor === undefined) {
        const fields = { form: deps.signInForms.write(req, res, 'sign_in') };
        sendPage(res, 200, signInPage(look, { action: deps.urls.signIn, fields }));
      } else {
        sendPage(res, 200, await appsOf(visitor, look, deps));
      }
    }),
  ];
}

async function appsOf(
  visitor: SignedInUser,
  look: PageLook,
  deps: ConnectedAppsDeps,
): Promise<string> {
  const { subject, name, disconnected } = visitor.account;
  const found = await deps.grants.list({ subject });
  const apps = found
    .toSorted((one, other) => other.grant.lastUsedAt - one.grant.lastUsedAt)
    .map(({ id, grant }) =>
      appOf(deps.forms.write(visitor, { does: 'disconnect', grantId: id }), grant),
    );
  return connectedAppsPage(look, {
    account: name,
    apps,
    disconnectForm: { action: deps.urls.disconnect, fields: {} },
    signOutForm: {
      action: deps.urls.signOut,
      fields: { form: deps.forms.write(visitor, { does: 'sign_out' }) },
    },
    disconnected: disconnected && (disconnected.name || look.texts.consent.unnamedApp),
  });
}

function appOf(
  id: string,
  { client, code, scopes, createdAt, lastUsedAt }: GrantRecord,
): ConnectedApp {
  const host = redirectUriHost(code.redirectUri);
  return { id, clientName: client.name, host, createdAt, lastUsedAt, scopes };
}
