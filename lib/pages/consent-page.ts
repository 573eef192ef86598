/**
 * The consent page: which client wants access, where the access goes, what it allows, Allow and Deny; below, every
 * value in full. MCP security best practices, "Confused Deputy Problem": the page names the client, its redirect URI
 * and the upstream scopes. The texts are under `consent` in `texts/en.json`; the option `texts` replaces them.
 */
import type { RedirectUriKind } from '../oauth/redirect-uri.js';
import { type FormTarget, fill, type Html, html, postForm } from './html.js';
import { brandTile, layout, type PageContext } from './layout.js';
import { displayName, initial, visibleAscii } from './untrusted-text.js';

/** The content of the page. Text from the client is untrusted. */
export interface ConsentPage {
  /** The buttons add `decision=allow` or `decision=deny`. */
  readonly form: FormTarget;
  /** Shown again, because Allow was pressed sooner than the page can be read. */
  readonly wasTooSoon?: boolean;
  readonly clientName: string | undefined;
  /** Whether the operator entered the client, and so its name. */
  readonly clientNameVerified: boolean;
  /** Host from which the client's metadata document was fetched; undefined for other clients. */
  readonly clientHost: string | undefined;
  /** Short hash of the client id, as in the log. */
  readonly clientFingerprint: string;
  /** The redirect URI of the request, in full. */
  readonly redirectUri: string;
  /** Its host and port, preceded by an app's scheme: see `redirectUriHost`. */
  readonly redirectHost: string;
  readonly redirectKind: RedirectUriKind;
  /**
   * The scopes that the client requests, each with the operator's description. Default: that of `scopes` in the
   * texts, or none.
   */
  readonly scopes: readonly { readonly name: string; readonly description?: string | undefined }[];
  /** Further scopes that the user can add, described in the same way. */
  readonly offeredScopes?: ConsentPage['scopes'];
  /** Whether a scope requires a recent or a strong login. */
  readonly mayReauthenticate?: boolean;
  /** The scopes requested from Auth0. */
  readonly auth0Scopes: readonly string[];
  /** Canonical URI of the protected resource (RFC 8707). */
  readonly resource: string;
}

/** @throws RangeError the form's action is not a web address */
export function consentPage(context: PageContext, model: ConsentPage): string {
  const texts = context.texts.consent;
  const app = appName(context, model);
  const body = html`<div class="stack">
${model.wasTooSoon && warning(html`<strong>${texts.tooSoonTitle}</strong> ${texts.tooSoon}`, 'alert')}
<div>
${pair(context, model, app)}
<h1>${fill(texts.heading, { app: bdi(app), service: bdi(context.brand.name) })}</h1>
${nameOrigin(context, model)}
</div>
${destination(context, model)}
${scopeList(context, model)}
${postForm(
  model.form,
  html`<div class="stack">
${offer(context, model, app)}
<p>${texts.next}</p>
${model.mayReauthenticate && html`<p>${texts.reauthentication}</p>`}
<div><p class="too-small">${texts.tooSmall}</p>
<div class="actions">
<button type="submit" name="decision" value="deny">${texts.deny}</button>
<button type="submit" name="decision" value="allow" class="primary">${texts.allow}</button>
</div></div>
</div>`,
)}
${details(context, model)}
</div>`;
  return layout(context, {
    title: fill(texts.heading, { app, service: context.brand.name }),
    body,
  });
}

function appName({ texts }: PageContext, { clientName, clientHost }: ConsentPage): string {
  return displayName(clientName) ?? clientHost ?? texts.consent.unnamedApp;
}

function pair({ brand }: PageContext, model: ConsentPage, app: string): Html {
  const known = isKnown(model) && ' known';
  return html`<div class="pair" aria-hidden="true"><span class="logo initial client${known}">${initial(app)}</span>${arrowIcon}${brandTile(brand)}</div>`;
}

function isKnown({ clientNameVerified, clientHost }: ConsentPage): boolean {
  return clientNameVerified || clientHost !== undefined;
}

/** RFC 7591 §5: a client's name is its own claim, unless the operator or the host vouches for it. */
function nameOrigin(
  { brand, texts: { consent } }: PageContext,
  model: ConsentPage,
): Html | undefined {
  if (model.clientNameVerified) {
    const text = fill(consent.namePreRegistered, { service: bdi(brand.name) });
    return html`<p class="origin known">${shieldIcon}<span>${text}</span></p>`;
  }
  if (model.clientHost !== undefined) {
    const text = fill(consent.namePublishedBy, { host: strong(visibleAscii(model.clientHost)) });
    return html`<p class="origin known">${shieldIcon}<span>${text}</span></p>`;
  }
  if (displayName(model.clientName) === undefined) return undefined;
  return html`<p class="origin">${questionIcon}<span>${consent.nameSelfDeclared}</span></p>`;
}

function destination({ texts: { consent } }: PageContext, model: ConsentPage): Html {
  return html`<section class="stack">
<div class="box"><h2>${consent.destination}</h2>
<p class="host"><bdi dir="ltr">${visibleAscii(model.redirectHost)}</bdi></p></div>
${redirectWarning(consent, model)}
</section>`;
}

function scheme(uri: string): string {
  return uri.slice(0, uri.indexOf(':') + 1);
}

function redirectWarning(
  texts: PageContext['texts']['consent'],
  { redirectKind, redirectUri }: ConsentPage,
): Html | undefined {
  if (redirectKind === 'https') return undefined;
  const [title, text] =
    redirectKind === 'loopback'
      ? [texts.loopbackTitle, texts.loopbackWarning]
      : [texts.customSchemeTitle, texts.customSchemeWarning];
  const filled = fill(text, { scheme: strong(visibleAscii(scheme(redirectUri))) });
  return warning(html`<strong>${title}</strong> ${filled}`, 'note');
}

function warning(text: Html, role: 'alert' | 'note'): Html {
  return html`<div class="warning" role="${role}">${warningIcon}<p>${text}</p></div>`;
}

function scopeList(context: PageContext, { scopes }: ConsentPage): Html {
  const { brand, texts } = context;
  const items = scopes.map((scope) => html`<li>${tickIcon}${scopeText(context, scope)}</li>`);
  const none = fill(texts.consent.noPermissions, { service: bdi(brand.name) });
  return html`<section><h2>${texts.consent.permissions}</h2>
<ul class="scopes">${items.length > 0 ? items : html`<li>${tickIcon}<span>${none}</span></li>`}</ul></section>`;
}

/** Closed, and nothing selected: the user adds what the client did not request. */
function offer(context: PageContext, model: ConsentPage, app: string): Html | undefined {
  const { offeredScopes = [] } = model;
  if (offeredScopes.length === 0) return undefined;
  const { consent } = context.texts;
  const items = offeredScopes.map(
    (scope) =>
      html`<li><label><input type="checkbox" name="scope" value="${scope.name}">${scopeText(context, scope)}</label></li>`,
  );
  return html`<details class="offer"><summary>${consent.offer}</summary>
<p>${fill(consent.offerExplained, { app: bdi(app) })}</p>
<ul class="scopes">${items}</ul></details>`;
}

function scopeText(
  { texts }: PageContext,
  {
    name,
    description = new Map(Object.entries(texts.scopes)).get(name),
  }: ConsentPage['scopes'][number],
): Html {
  const scope = visibleAscii(name);
  return description === undefined
    ? html`<code class="alone">${scope}</code>`
    : html`<span>${description}</span><code>${scope}</code>`;
}

function details({ texts: { consent } }: PageContext, model: ConsentPage): Html {
  const rows: [string, string][] = [
    [consent.redirectUri, visibleAscii(model.redirectUri)],
    [consent.resource, visibleAscii(model.resource)],
    [consent.auth0Scopes, model.auth0Scopes.map(visibleAscii).join(' ')],
    [consent.clientFingerprint, visibleAscii(model.clientFingerprint)],
  ];
  return html`<section class="details"><h2>${consent.details}</h2>
<dl>${rows.map(([term, value]) => html`<div><dt>${term}</dt><dd><code><bdi dir="ltr">${value}</bdi></code></dd></div>`)}</dl></section>`;
}

function bdi(name: string): Html {
  return html`<bdi>${name}</bdi>`;
}

function strong(text: string): Html {
  return html`<strong><bdi dir="ltr">${text}</bdi></strong>`;
}

/** Inline, in the colour of the text, hidden from screen readers. */
function icon(paths: Html, size: number, className?: string): Html {
  const named = className === undefined ? undefined : html` class="${className}"`;
  return html`<svg${named} width="${size}" height="${size}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${paths}</svg>`;
}

/** From the app to the service; mirrored where text runs from right to left. */
const arrowIcon: Html = icon(html`<path d="M4 12h16m-6-6 6 6-6 6"/>`, 24, 'arrow');
/** A verified name. */
const shieldIcon: Html = icon(
  html`<path d="M12 3 5 6v5c0 4.6 3 8 7 10 4-2 7-5.4 7-10V6z"/><path d="m9 12 2 2 4-4"/>`,
  18,
);
/** A name that is not verified. */
const questionIcon: Html = icon(
  html`<circle cx="12" cy="12" r="9"/><path d="M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .9-1 1.7m0 3v.01"/>`,
  18,
);
/** A permission. */
const tickIcon: Html = icon(html`<path d="m5 12.5 4.5 4.5L19 7.5"/>`, 18);
const warningIcon: Html = icon(html`<path d="M12 4 2.5 20h19z"/><path d="M12 10v4m0 3v.01"/>`, 20);
