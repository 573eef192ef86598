/** The pages of connected apps: the list with its buttons, the sign-in page before it, the page after signing out. */
import { type FormTarget, fill, type Html, html, postForm, webLink } from './html.js';
import { layout, type PageContext } from './layout.js';
import { displayName, visibleAscii } from './untrusted-text.js';

/** One grant. Times are in unix seconds. */
export interface ConnectedApp {
  readonly id: string;
  readonly clientName: string | undefined;
  /** Host of the redirect URI, which received the access; undefined without a login in a browser. */
  readonly host: string | undefined;
  readonly createdAt: number;
  readonly lastUsedAt: number;
  readonly scopes: readonly string[];
  /** Host of the identity provider whose administrator manages the access; undefined for a login of the user. */
  readonly managedBy?: string | undefined;
}

/** An account at another provider that the user has connected. */
export interface OwnAccount {
  readonly id: string;
  /** Name of the provider, from the operator. */
  readonly provider: string;
  readonly scopes: readonly string[];
}

/** The connected accounts of the user. */
export interface OwnAccounts {
  /** Undefined: they cannot be read at the moment. */
  readonly accounts: readonly OwnAccount[] | undefined;
  /** The buttons add the field `account` with the id. */
  readonly removeForm: FormTarget;
}

/** The content of the list. */
export interface ConnectedAppsPage {
  /** Name or e-mail address of the user. Undefined: the line is left out. */
  readonly account?: string | undefined;
  readonly apps: readonly ConnectedApp[];
  /** The buttons add the field `grant` with the id of the grant to revoke. */
  readonly disconnectForm: FormTarget;
  readonly signOutForm: FormTarget;
  /** Undefined: the section is left out. */
  readonly ownAccounts?: OwnAccounts | undefined;
  /** Name of the app that was just disconnected, for the confirmation. */
  readonly disconnected?: string | undefined;
}

/** @throws RangeError the action of a form is not a web address */
export function connectedAppsPage(context: PageContext, model: ConnectedAppsPage): string {
  const texts = context.texts.connectedApps;
  const { account, apps, disconnected, signOutForm } = model;
  const introduction =
    apps.length > 0
      ? fill(texts.introduction, { service: html`<bdi>${context.brand.name}</bdi>` })
      : texts.empty;
  const body = html`<div class="stack">
<div><h1>${texts.title}</h1>
${account && html`<p class="muted">${fill(texts.signedInAs, { account: bdi(account) })}</p>`}</div>
${disconnected && html`<p class="done" role="status">${fill(texts.disconnected, { app: appName(context, disconnected) })}</p>`}
<p>${introduction}</p>
${apps.length > 0 && html`<ul class="apps">${apps.map((app) => appItem(context, app, model.disconnectForm))}</ul>`}
${model.ownAccounts && accountSection(context, model.ownAccounts)}
${postForm(signOutForm, html`<div class="actions"><button type="submit">${texts.signOut}</button></div>`)}
</div>`;
  return layout(context, { title: texts.title, body });
}

function accountSection(context: PageContext, own: OwnAccounts): Html | undefined {
  const { connectedAccounts: texts, connectedApps } = context.texts;
  const { accounts, removeForm } = own;
  if (accounts?.length === 0) return undefined;
  const items = accounts?.map(({ id, provider, scopes }) => {
    const name = bdi(provider);
    const fields = { ...removeForm.fields, account: id };
    const button = html`<button type="submit" class="small">${fill(texts.remove, { provider: name })}</button>`;
    return html`<li class="box app"><div><h3>${name}</h3></div>
${scopeChips(connectedApps.permissions, scopes)}
${postForm({ action: removeForm.action, fields }, button)}
</li>`;
  });
  return html`<section class="stack"><h2>${texts.title}</h2>
<p>${items === undefined ? texts.unavailable : fill(texts.introduction, { service: bdi(context.brand.name) })}</p>
${items && html`<ul class="apps">${items}</ul>`}</section>`;
}

function appItem(context: PageContext, app: ConnectedApp, form: FormTarget): Html {
  const texts = context.texts.connectedApps;
  const name = appName(context, app.clientName);
  const used = fill(texts.lastUsed, { date: day(context, app.lastUsedAt) });
  const fields = { ...form.fields, grant: app.id };
  const button = html`<button type="submit" class="small">${fill(texts.disconnect, { app: name })}</button>`;
  return html`<li class="box app">
<div><h2>${name}</h2>
${app.host !== undefined && html`<p><bdi dir="ltr">${visibleAscii(app.host)}</bdi></p>`}</div>
${app.managedBy !== undefined && html`<p>${fill(texts.managedBy, { issuer: html`<bdi dir="ltr">${visibleAscii(app.managedBy)}</bdi>` })}</p>`}
<p class="muted">${fill(texts.connected, { date: day(context, app.createdAt) })} · ${used}</p>
${scopeChips(texts.permissions, app.scopes)}
${postForm({ action: form.action, fields }, button)}
</li>`;
}

function scopeChips(label: string, scopes: readonly string[]): Html | undefined {
  if (scopes.length === 0) return undefined;
  const items = scopes.map((scope) => html`<li><code>${visibleAscii(scope)}</code></li>`);
  return html`<ul class="chips" aria-label="${label}">${items}</ul>`;
}

function appName({ texts }: PageContext, name: string | undefined): Html {
  return bdi(displayName(name) ?? texts.consent.unnamedApp);
}

function bdi(text: string): Html {
  return html`<bdi>${displayName(text)}</bdi>`;
}

/** The date in UTC: the time zone of the user is not known. */
function day({ texts }: PageContext, unixSeconds: number): Html {
  const date = new Date(unixSeconds * 1000);
  const text = new Intl.DateTimeFormat(texts.lang, { dateStyle: 'medium', timeZone: 'UTC' });
  return html`<time datetime="${date.toISOString().slice(0, 10)}">${text.format(date)}</time>`;
}

/**
 * The page with the sign-in button.
 *
 * @throws RangeError the form's action is not a web address
 */
export function signInPage(context: PageContext, form: FormTarget): string {
  const { title, signInFirst, signIn } = context.texts.connectedApps;
  const service = html`<bdi>${context.brand.name}</bdi>`;
  const body = html`<div class="stack">
<h1>${title}</h1>
<p>${fill(signInFirst, { service })}</p>
${postForm(form, html`<div class="actions"><button type="submit" class="primary">${signIn}</button></div>`)}
</div>`;
  return layout(context, { title, body });
}

/**
 * The page after signing out.
 *
 * @param signInUrl where to sign in again; anything but a web address is left out
 */
export function signedOutPage(context: PageContext, signInUrl: string): string {
  const { title, message, again } = context.texts.signedOut;
  const href = webLink(signInUrl);
  const body = html`<div class="stack">
<h1>${title}</h1>
<p>${message}</p>
${href && html`<p class="actions"><a class="button" href="${href}">${again}</a></p>`}
</div>`;
  return layout(context, { title, body });
}
