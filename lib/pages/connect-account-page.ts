/** The pages on which a user connects an account at another provider: sign-in, approval, result. */
import { type FormTarget, fill, type Html, html, postForm } from './html.js';
import { layout, type PageContext } from './layout.js';
import { displayName, visibleAscii } from './untrusted-text.js';

/** The content of the page with the decision. */
export interface ConnectAccountPage {
  /** The buttons add `decision=connect` or `decision=cancel`. */
  readonly form: FormTarget;
  /** Whether Connect was pressed before the page could be read. */
  readonly wasTooSoon?: boolean;
  /** Name of the provider, from the operator. */
  readonly provider: string;
  /** The client that needs the account; untrusted. */
  readonly clientName: string | undefined;
  /** Host of its redirect URI. */
  readonly host: string | undefined;
  /** Scopes at the provider; none for those of the connection at Auth0. */
  readonly scopes: readonly string[];
  /** Name or e-mail address of the user. */
  readonly account: string | undefined;
}

/** @throws RangeError the form's action is not a web address */
export function connectAccountPage(context: PageContext, model: ConnectAccountPage): string {
  const { texts, brand } = context;
  const { connectAccount, connectedApps } = texts;
  const { account, scopes } = model;
  const values = {
    provider: bdi(model.provider),
    service: bdi(brand.name),
    app: bdi(model.clientName) ?? texts.consent.unnamedApp,
  };
  const items = scopes.map((scope) => html`<li><code>${visibleAscii(scope)}</code></li>`);
  const body = html`<div class="stack">
${model.wasTooSoon && html`<div class="warning" role="alert"><p><strong>${connectAccount.tooSoonTitle}</strong> ${connectAccount.tooSoon}</p></div>`}
<div><h1>${fill(connectAccount.heading, values)}</h1>
${account && html`<p class="muted">${fill(connectedApps.signedInAs, { account: bdi(account) })}</p>`}</div>
<div class="box app"><div><h2>${values.app}</h2>
${model.host && html`<p><bdi dir="ltr">${visibleAscii(model.host)}</bdi></p>`}</div></div>
<p>${fill(connectAccount.explained, values)}</p>
${items.length > 0 && html`<section><h2>${fill(connectAccount.permissions, values)}</h2><ul class="chips">${items}</ul></section>`}
${postForm(
  model.form,
  html`<div class="stack"><p>${fill(connectAccount.next, values)}</p>
<div><p class="too-small">${texts.consent.tooSmall}</p>
<div class="actions">
<button type="submit" name="decision" value="cancel">${connectAccount.cancel}</button>
<button type="submit" name="decision" value="connect" class="primary">${connectAccount.connect}</button>
</div></div></div>`,
)}
</div>`;
  const title = fill(connectAccount.heading, { provider: model.provider });
  return layout(context, { title, body });
}

/**
 * The page before it, for a user who is not signed in, or for another user.
 *
 * @param otherUser name of the user who is signed in and is not the one of the link
 * @throws RangeError the form's action is not a web address
 */
export function connectSignInPage(
  context: PageContext,
  form: FormTarget,
  provider: string,
  otherUser?: string,
): string {
  const { connectAccount, connectedApps } = context.texts;
  const service = bdi(context.brand.name);
  const text =
    otherUser === undefined
      ? fill(connectAccount.signInFirst, { service, provider: bdi(provider) })
      : fill(connectAccount.otherUser, { service, account: bdi(otherUser) });
  const body = html`<div class="stack">
<h1>${fill(connectAccount.heading, { provider: bdi(provider) })}</h1>
<p${otherUser !== undefined && html` role="alert"`}>${text}</p>
${postForm(form, html`<div class="actions"><button type="submit" class="primary">${connectedApps.signIn}</button></div>`)}
</div>`;
  return layout(context, { title: fill(connectAccount.heading, { provider }), body });
}

/** The page at the end. */
export function connectResultPage(
  context: PageContext,
  result: 'done' | 'cancelled',
  provider: string,
  clientName: string | undefined,
): string {
  const { connectAccount, consent } = context.texts;
  const title = result === 'done' ? connectAccount.doneTitle : connectAccount.cancelledTitle;
  const app = bdi(clientName) ?? consent.unnamedApp;
  const values = { provider: bdi(provider), app };
  const body = html`<div class="stack">
<h1>${fill(title, values)}</h1>
<p role="status">${fill(connectAccount[result], values)}</p>
</div>`;
  return layout(context, { title: fill(title, { provider }), body });
}

function bdi(text: string): Html;
function bdi(text: string | undefined): Html | undefined;
function bdi(text: string | undefined): Html | undefined {
  const name = displayName(text);
  return name === undefined ? undefined : html`<bdi>${name}</bdi>`;
}
