/**
 * The error page: what happened, what to do, a reference to quote. It shows nothing of the request, and of an
 * upstream error only the tenant's reason for a denial, marked as such; the rest is in the log under the reference.
 */
import { redirectUriHost } from '../oauth/redirect-uri.js';
import { appLink } from './app-page.js';
import { fill, type Html, html, isOwnPath, webLink } from './html.js';
import { layout, type PageContext } from './layout.js';
import type { ErrorPageKind } from './texts/page-texts.js';
import { visibleAscii } from './untrusted-text.js';

/** The content of the page. */
export interface ErrorPage {
  readonly kind: ErrorPageKind;
  /** The reference to the log entry. */
  readonly correlationId: string;
  /** The tenant's reason for a denial: untrusted text, sanitized and truncated. */
  readonly tenantMessage?: string | undefined;
  /**
   * A link to a web address or an app; any other is left out. Default text: "Try again" for a path on the same
   * origin, otherwise "Continue to" with the host or the app.
   */
  readonly link?: { readonly href: string; readonly text?: string | undefined } | undefined;
}

export function errorPage(
  context: PageContext,
  { kind, correlationId, tenantMessage, link }: ErrorPage,
): string {
  const { title, message, remedy } = context.texts.error[kind];
  const labels = context.texts.errorPage;
  const body = html`<div class="stack">
<h1>${title}</h1>
<p>${message}</p>
${tenantMessage && quotation(labels.tenantSays, tenantMessage)}
<section class="box"><h2>${labels.remedy}</h2><p>${remedy}</p></section>
${link && button(context, link.href, link.text)}
<p class="muted details">${labels.correlationId}: <code><bdi dir="ltr">${visibleAscii(correlationId)}</bdi></code></p>
</div>`;
  return layout(context, { title, body });
}

/** In quotation marks and under a heading, so that it cannot pass for a text of this server. */
function quotation(heading: string, text: string): Html {
  return html`<section class="box"><h2>${heading}</h2><p><q><bdi>${text}</bdi></q></p></section>`;
}

function button(
  { texts: { errorPage: labels } }: PageContext,
  href: string,
  text: string | undefined,
): Html | undefined {
  const target = webLink(href) ?? appLink(href);
  if (target === undefined) return undefined;
  const label =
    text ??
    (isOwnPath(target)
      ? labels.tryAgain
      : fill(labels.goOn, { host: html`<bdi dir="ltr">${redirectUriHost(target)}</bdi>` }));
  return html`<p class="actions"><a class="button" href="${target}" rel="noreferrer">${label}</a></p>`;
}
