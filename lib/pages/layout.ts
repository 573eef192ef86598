/** The frame of every page, and its content security policy. */
import type { Brand } from './brand.js';
import { type Html, type HtmlValue, html } from './html.js';
import { styleHash, styleSheet } from './style.js';
import type { PageTexts } from './texts/page-texts.js';
import { initial } from './untrusted-text.js';

/** Brand and language of a page. */
export interface PageContext {
  readonly brand: Brand;
  readonly texts: PageTexts;
}

/** The part that differs from page to page. */
interface PageContent {
  /** For the window's title bar; plain text. */
  readonly title: HtmlValue;
  /** The content of `<main>`, with its `<h1>`. */
  readonly body: Html;
}

/**
 * The value of `Content-Security-Policy` for every page of this brand. Compute it once.
 *
 * There is no `form-action`: Chromium applies it to every redirect after a form was submitted. The consent form
 * leads to Auth0 and from there to the redirect URI of any client, so that Allow would do nothing. `default-src`
 * does not cover it (CSP3 §6.4).
 */
export function contentSecurityPolicy(brand: Brand): string {
  const directives = [
    "default-src 'none'",
    `style-src ${styleHash(brand)}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  if (brand.logo !== undefined) {
    directives.push(`img-src ${brand.logo.startsWith('data:') ? 'data:' : "'self'"}`);
  }
  return directives.join('; ');
}

/** The whole document. */
export function layout({ brand, texts }: PageContext, { title, body }: PageContent): string {
  return html`<!doctype html>
<html lang="${texts.lang}" dir="${texts.dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · ${brand.name}</title>
<style>${styleSheet(brand)}</style>
</head>
<body>
<header>${brandTile(brand)}<bdi>${brand.name}</bdi></header>
<main>
${body}
</main>
${footer({ brand, texts })}
</body>
</html>
`.toString();
}

/** The service's logo, or its initial. Decorative: the name is beside it as text. */
export function brandTile({ logo, name }: Brand): Html {
  return logo === undefined
    ? html`<span class="logo initial" aria-hidden="true">${initial(name)}</span>`
    : html`<img class="logo" src="${logo}" alt="">`;
}

function footer({ brand, texts }: PageContext): Html | undefined {
  const links = [
    { href: brand.policyUrl, text: texts.footer.policy },
    { href: brand.termsUrl, text: texts.footer.terms },
  ].filter(({ href }) => href !== undefined);
  if (links.length === 0) return undefined;
  return html`<footer>${links.map(({ href, text }) => html`<a href="${href}">${text}</a>`)}</footer>`;
}
