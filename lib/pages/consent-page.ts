/**
 * The question before every login: may this app use this service in my name?
 *
 * Spec: MCP authorization and security best practices, "Confused Deputy": the page names the
 * client, its redirect URI and the upstream scopes; RFC 7591 §5: a client's name is its own claim.
 * Flow: GET /authorize → this page → POST /consent → Auth0.
 *
 * In the order a person needs it: who asks, where access goes, what it allows, the two answers;
 * then, for whoever wants to compare, every string in full.
 *
 * @module
 */

import { brandTile, layout, type PageLook } from './layout.js';
import { type FormTarget, postForm } from './markup/form.js';
import { fill, type Html, html } from './markup/html.js';
import { arrowIcon, questionIcon, shieldIcon, tickIcon, warningIcon } from './markup/icon.js';
import { displayName, initial, visibleAscii } from './markup/untrusted-text.js';

/** What kind of place the redirect URI is. */
export type RedirectKind = 'https' | 'loopback' | 'custom_scheme';

/** A permission the client asks us for. */
export interface RequestedScope {
  readonly name: string;
  /** In words, from the operator. Undefined: ours where the scope is one of OpenID's, else none. */
  readonly description?: string | undefined;
}

/** Everything the page says. Text from the client may be anything at all. */
export interface ConsentPage {
  /** The buttons add `decision=allow` or `decision=deny`. */
  readonly form: FormTarget;
  /** It was allowed before it could be read, and is shown again. */
  readonly wasTooSoon?: boolean;
  readonly clientName: string | undefined;
  /** True where the operator entered the client, and so its name. */
  readonly clientNameVerified: boolean;
  /** Host of a client metadata document, once fetched from there; undefined for others. */
  readonly clientHost: string | undefined;
  /** Short hash of the client id, as it stands in the log. */
  readonly clientFingerprint: string;
  /** The one access will go to, in full. */
  readonly redirectUri: string;
  /** Its host and port, with an app's scheme in front: see `redirectUriHost`. */
  readonly redirectHost: string;
  readonly redirectKind: RedirectKind;
  /** What the client may do here. */
  readonly scopes: readonly RequestedScope[];
  /** What we ask Auth0 for. */
  readonly auth0Scopes: readonly string[];
  /** Canonical URI of the protected resource (RFC 8707). */
  readonly resource: string;
}

/**
 * The page as a document.
 *
 * @throws RangeError the form's action is no web address
 */
export function consentPage(look: PageLook, model: ConsentPage): string {
  const texts = look.texts.consent;
  const app = appName(look, model);
  const body = html`<div class="stack">
${model.wasTooSoon && warning(html`<strong>${texts.tooSoonTitle}</strong> ${texts.tooSoon}`, 'alert')}
<div>
${pair(look, model, app)}
<h1>${fill(texts.heading, { app: bdi(app), service: bdi(look.brand.name) })}</h1>
${nameOrigin(look, model)}
</div>
${destination(look, model)}
${scopeList(look, model)}
<p>${texts.next}</p>
${postForm(
  model.form,
  html`<p class="too-small">${texts.tooSmall}</p>
<div class="actions">
<button type="submit" name="decision" value="deny">${texts.deny}</button>
<button type="submit" name="decision" value="allow" class="primary">${texts.allow}</button>
</div>`,
)}
${details(look, model)}
</div>`;
  return layout(look, { title: fill(texts.heading, { app, service: look.brand.name }), body });
}

function appName({ texts }: PageLook, { clientName, clientHost }: ConsentPage): string {
  return displayName(clientName) ?? clientHost ?? texts.consent.unnamedApp;
}

function pair({ brand }: PageLook, model: ConsentPage, app: string): Html {
  const known = isKnown(model) && ' known';
  return html`<div class="pair" aria-hidden="true"><span class="logo initial asker${known}">${initial(app)}</span>${arrowIcon}${brandTile(brand)}</div>`;
}

function isKnown({ clientNameVerified, clientHost }: ConsentPage): boolean {
  return clientNameVerified || clientHost !== undefined;
}

/** RFC 7591 §5: says whose word the name is. */
function nameOrigin({ brand, texts: { consent } }: PageLook, model: ConsentPage): Html | undefined {
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

function destination({ texts: { consent } }: PageLook, model: ConsentPage): Html {
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
  texts: PageLook['texts']['consent'],
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

function scopeList({ brand, texts }: PageLook, { scopes }: ConsentPage): Html {
  const { consent } = texts;
  const ours = new Map(Object.entries(texts.scopes));
  const items = scopes.map(({ name, description = ours.get(name) }) => {
    const scope = visibleAscii(name);
    return description === undefined
      ? html`<li>${tickIcon}<code class="alone">${scope}</code></li>`
      : html`<li>${tickIcon}<span>${description}</span><code>${scope}</code></li>`;
  });
  const none = fill(consent.noPermissions, { service: bdi(brand.name) });
  return html`<section><h2>${consent.permissions}</h2>
<ul class="scopes">${items.length > 0 ? items : html`<li>${tickIcon}<span>${none}</span></li>`}</ul></section>`;
}

function details({ texts: { consent } }: PageLook, model: ConsentPage): Html {
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
