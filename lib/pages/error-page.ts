/**
 * What a person sees when a login cannot go on: what happened, what to do, a reference to quote.
 *
 * Nothing of the request is shown here, and no word of an upstream error but the tenant's reason for a
 * denial, marked as such: the log has the rest, under the same reference.
 *
 * @module
 */

import { redirectUriHost, redirectUriKind } from '../oauth/redirect-uri.js';
import { layout, type PageLook } from './layout.js';
import { fill, type Html, html } from './markup/html.js';
import { visibleAscii } from './markup/untrusted-text.js';
import { isOwnPath, webLink } from './markup/web-link.js';
import type { ErrorPageKind } from './texts/page-texts.js';

/** What the page says. */
export interface ErrorPage {
  readonly kind: ErrorPageKind;
  /** Leads whoever reads the log to the cause. */
  readonly correlationId: string;
  /** The tenant's reason for a denial: untrusted text, cleaned and cut. */
  readonly tenantMessage?: string | undefined;
  /**
   * A way on; anything but a web address, or an app's, is left out. Without a text, a path of our own
   * reads "Try again", and a link to elsewhere names the host or the app it leads to.
   */
  readonly link?: { readonly href: string; readonly text?: string | undefined } | undefined;
}

/** The page as a document. The status code is the caller's business. */
export function errorPage(
  look: PageLook,
  { kind, correlationId, tenantMessage, link }: ErrorPage,
): string {
  const { title, message, remedy } = look.texts.error[kind];
  const labels = look.texts.errorPage;
  const body = html`<div class="stack">
<h1>${title}</h1>
<p>${message}</p>
${tenantMessage && quotation(labels.tenantSays, tenantMessage)}
<section class="box"><h2>${labels.remedy}</h2><p>${remedy}</p></section>
${link && button(look, link.href, link.text)}
<p class="muted details">${labels.correlationId}: <code><bdi dir="ltr">${visibleAscii(correlationId)}</bdi></code></p>
</div>`;
  return layout(look, { title, body });
}

/** In quotation marks and under a heading, so that it cannot pass for a sentence of ours. */
function quotation(heading: string, text: string): Html {
  return html`<section class="box"><h2>${heading}</h2><p><q><bdi>${text}</bdi></q></p></section>`;
}

function button(
  { texts: { errorPage: labels } }: PageLook,
  href: string,
  text: string | undefined,
): Html | undefined {
  const target = webLink(href) ?? appLink(href);
  if (target === undefined) return undefined;
  const label = text ?? (isOwnPath(target) ? labels.tryAgain : goOn(labels.goOn, target));
  return html`<p class="actions"><a class="button" href="${target}" rel="noreferrer">${label}</a></p>`;
}

/** AS-16: whoever follows a link out of here knows whose place it leads to. */
function goOn(text: string, target: string): Html {
  return fill(text, { host: html`<bdi dir="ltr">${redirectUriHost(target)}</bdi>` });
}

/** The answer to an app with a scheme of its own: its redirect URI, and a query of any length. */
function appLink(href: string): string | undefined {
  const [uri = ''] = href.split('?', 1);
  return redirectUriKind(uri) === 'custom_scheme' ? href : undefined;
}
