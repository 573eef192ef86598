/**
 * The apps a person has let in, each with a button that ends it.
 *
 * @module
 */

import { layout, type PageLook } from './layout.js';
import { type FormTarget, postForm } from './markup/form.js';
import { fill, type Html, html } from './markup/html.js';
import { displayName, visibleAscii } from './markup/untrusted-text.js';

/** One grant, as a person sees it. Times in Unix seconds. */
export interface ConnectedApp {
  readonly id: string;
  readonly clientName: string | undefined;
  /** Where its access went: host of the redirect URI. */
  readonly host: string;
  readonly createdAt: number;
  /** Undefined until its first use. */
  readonly lastUsedAt: number | undefined;
  readonly scopes: readonly string[];
}

/** What the page says. */
export interface ConnectedAppsPage {
  /** Who is signed in: a name or an address; undefined leaves the line out. */
  readonly account?: string | undefined;
  readonly apps: readonly ConnectedApp[];
  /** Gets the field `grant` with the id of the one to end. */
  readonly disconnectForm: FormTarget;
  /** Undefined leaves the button out. */
  readonly signOutForm?: FormTarget | undefined;
  /** Name of the app that has just been disconnected, to confirm it. */
  readonly disconnected?: string | undefined;
}

/**
 * The page as a document.
 *
 * @throws RangeError a form's action is no web address
 */
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

/** A day is enough, and a day in UTC needs no knowledge of where the reader is. */
function day({ texts }: PageLook, unixSeconds: number): Html {
  const date = new Date(unixSeconds * 1000);
  const text = new Intl.DateTimeFormat(texts.lang, { dateStyle: 'medium', timeZone: 'UTC' });
  return html`<time datetime="${date.toISOString().slice(0, 10)}">${text.format(date)}</time>`;
}
