/**
 * The page after a login for an app with a scheme of its own, such as `cursor:`. A redirect to such a URI leaves the
 * browser on the login page if the app is closed or missing; this page has a button that opens it (RFC 8252 §7.1).
 */
import { redirectUriHost, redirectUriKind } from '../oauth/redirect-uri.js';
import { fill, html } from './html.js';
import { layout, type PageContext } from './layout.js';
import { displayName, visibleAscii } from './untrusted-text.js';

/** The content of the page. */
export interface AppPage {
  /** The authorization response at the app's redirect URI. */
  readonly href: string;
  /** Untrusted text. */
  readonly clientName: string | undefined;
}

/** @throws RangeError `href` does not open an app: a mistake in the calling code */
export function appPage(context: PageContext, { href, clientName }: AppPage): string {
  const target = appLink(href);
  if (target === undefined) throw new RangeError('the page can only open an app');
  const { appPage: texts, consent, errorPage } = context.texts;
  const host = visibleAscii(redirectUriHost(target));
  const app = displayName(clientName) ?? host;
  const names = { app: html`<bdi>${app}</bdi>`, service: html`<bdi>${context.brand.name}</bdi>` };
  const body = html`<div class="stack">
<h1>${texts.title}</h1>
<p>${fill(texts.message, names)}</p>
<p class="actions"><a class="button primary" href="${target}" rel="noreferrer">${fill(texts.open, names)}</a></p>
<div class="box"><h2>${consent.destination}</h2><p class="host"><bdi dir="ltr">${host}</bdi></p></div>
<section class="box"><h2>${errorPage.remedy}</h2><p>${texts.remedy}</p></section>
</div>`;
  return layout(context, { title: texts.title, body });
}

/** `href` if it is a redirect URI with the custom scheme of an app, with a query of any length. */
export function appLink(href: string): string | undefined {
  const [uri = ''] = href.split('?', 1);
  return redirectUriKind(uri) === 'custom_scheme' ? href : undefined;
}
