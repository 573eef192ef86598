/** The pages of connected apps: the list with its buttons, the sign-in page before it, the page after signing out. */
import { type FormTarget, fill, type Html, html, postForm, webLink } from './html.js';
import { layout, type PageLook } from './layout.js';
import { displayName, visibleAscii } from './untrusted-text.js';

/** One grant. Times are in unix seconds. */
export interface ConnectedApp {
  readonly id: string;
  readonly clientName: string | undefined;
  /** Host of the redirect URI, which received the access. */
  readonly host: string;
  readonly createdAt: number;
  /** Undefined until its first use. */
  readonly lastUsedAt: number | undefined;
  readonly scopes: readonly string[];
}

/** The content of the list. */
export interface ConnectedAppsPage {
  /** Name or e-mail address of the user. Undefined: the line is left out. */
  readonly account?: string | undefined;
  readonly apps: readonly ConnectedApp[];
  /** The buttons add the field `grant` with the id of the grant to revoke. */
  readonly disconnectForm: FormTarget;
  /** Undefined: the button is left out. */
  readonly signOutForm?: FormTarget | undefined;
  /** Name of the app that was just disconnected, for the confirmation. */
  readonly disconnected?: string | undefined;
}

/** @throws RangeError the action of a form is not a web address */
export function connectedAppsPage(look: PageLook, model: ConnectedAppsPage): string {
  const texts = look.texts.connectedApps;
  const { account, apps, disconnected, signOutForm } = model;
  const introduction =
    apps.length > 0
      ? fill(texts.introduction, { service: html`<bdi>${look.brand.name}</bdi>` })
      : texts.empty;
  const body = html`<div class="stack">
<div><h1>${texts.title}</h1>
${account && html`<p class="muted">${fill(texts.signedInAs, { account: bdi(account) })}</p>`}</div>
${disconnected && html`<p class="done" role="status">${fill(texts.disconnected, { app: appName(look, disconnected) })}</p>`}
<p>${introduction}</p>
${apps.length > 0 && html`<ul class="apps">${apps.map((app) => appItem(look, app, model.disconnectForm))}</ul>`}
${signOutForm && postForm(signOutForm, html`<div class="actions"><button type="submit">${texts.signOut}</button></div>`)}
</div>`;
  return layout(look, { title: texts.title, body });
}

function appItem(look: PageLook, app: ConnectedApp, form: FormTarget): Html {
  const texts = look.texts.connectedApps;
  const name = appName(look, app.clientName);
  const used =
    app.lastUsedAt === undefined
      ? texts.neverUsed
      : fill(texts.lastUsed, { date: day(look, app.lastUsedAt) });
  const fields = { ...form.fields, grant: app.id };
  const button = html`<button type="submit" class="small">${fill(texts.disconnect, { app: name })}</button>`;
  return html`<li class="box app">
<div><h2>${name}</h2>
<p><bdi dir="ltr">${visibleAscii(app.host)}</bdi></p></div>
<p class="muted">${fill(texts.connected, { date: day(look, app.createdAt) })} · ${used}</p>
${scopeChips(texts.permissions, app.scopes)}
${postForm({ action: form.action, fields }, button)}
</li>`;
}

function scopeChips(label: string, scopes: readonly string[]): Html | undefined {
  if (scopes.length === 0) return undefined;
  const items = scopes.map((scope) => html`<li><code>${visibleAscii(scope)}</code></li>`);
  return html`<ul class="chips" aria-label="${label}">${items}</ul>`;
}

function appName({ texts }: PageLook, name: string | undefined): Html {
  return bdi(displayName(name) ?? texts.consent.unnamedApp);
}

function bdi(text: string): Html {
  return html`<bdi>${displayName(text)}</bdi>`;
}

/** The date in UTC: the time zone of the user is not known. */
function day({ texts }: PageLook, unixSeconds: number): Html {
  const date = new Date(unixSeconds * 1000);
  const text = new Intl.DateTimeFormat(texts.lang, { dateStyle: 'medium', timeZone: 'UTC' });
  return html`<time datetime="${date.toISOString().slice(0, 10)}">${text.format(date)}</time>`;
}

/**
 * The page with the sign-in button.
 *
 * @throws RangeError the form's action is not a web address
 */
export function signInPage(look: PageLook, form: FormTarget): string {
  const { title, signInFirst, signIn } = look.texts.connectedApps;
  const service = html`<bdi>${look.brand.name}</bdi>`;
  const body = html`<div class="stack">
<h1>${title}</h1>
<p>${fill(signInFirst, { service })}</p>
${postForm(form, html`<div class="actions"><button type="submit" class="primary">${signIn}</button></div>`)}
</div>`;
  return layout(look, { title, body });
}

/**
 * The page after signing out.
 *
 * @param signInUrl where to sign in again; anything but a web address is left out
 */
export function signedOutPage(look: PageLook, signInUrl = ''): string {
  const { title, message, again } = look.texts.signedOut;
  const href = webLink(signInUrl);
  const body = html`<div class="stack">
<h1>${title}</h1>
<p>${message}</p>
${href && html`<p class="actions"><a class="button" href="${href}">${again}</a></p>`}
</div>`;
  return layout(look, { title, body });
}
