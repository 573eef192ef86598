/**
 * What a person sees when a login cannot go on: what happened, what to do, a reference to quote.
 *
 * Nothing of the request is shown here, and no word of an upstream error: the log has both, under
 * the same reference.
 *
 * @module
 */

import { layout, type PageLook } from './layout.js';
import { type Html, html } from './markup/html.js';
import { visibleAscii } from './markup/untrusted-text.js';
import { webLink } from './markup/web-link.js';
import type { ErrorPageKind } from './texts/page-texts.js';

/** What the page says. */
export interface ErrorPage {
  readonly kind: ErrorPageKind;
  /** Leads whoever reads the log to the cause. */
  readonly correlationId: string;
  /** Where to start again, if we know; anything but a web address is left out. */
  readonly link?: { readonly href: string; readonly text?: string | undefined } | undefined;
}

/** The page as a document. The status code is the caller's business. */
export function errorPage(look: PageLook, { kind, correlationId, link }: ErrorPage): string {
  const { title, message, remedy } = look.texts.error[kind];
  const labels = look.texts.errorPage;
  const body = html`<div class="stack">
<h1>${title}</h1>
<p>${message}</p>
<section class="box"><h2>${labels.remedy}</h2><p>${remedy}</p></section>
${link && button(link.href, link.text ?? labels.tryAgain)}
<p class="muted details">${labels.correlationId}: <code><bdi dir="ltr">${visibleAscii(correlationId)}</bdi></code></p>
</div>`;
  return layout(look, { title, body });
}

function button(href: string, text: string): Html | undefined {
  const target = webLink(href);
  if (target === undefined) return undefined;
  return html`<p class="actions"><a class="button primary" href="${target}" rel="noreferrer">${text}</a></p>`;
}
