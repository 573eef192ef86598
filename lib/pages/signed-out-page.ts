/**
 * The page after "Sign out" on the connected apps.
 *
 * @module
 */

import { layout, type PageLook } from './layout.js';
import { html } from './markup/html.js';
import { webLink } from './markup/web-link.js';

/** What the page says. */
export interface SignedOutPage {
  /** Where to sign in again; anything but a web address is left out. */
  readonly signInUrl?: string | undefined;
}

/** The page as a document. */
export function signedOutPage(look: PageLook, { signInUrl = '' }: SignedOutPage = {}): string {
  const { title, message, again } = look.texts.signedOut;
  const href = webLink(signInUrl);
  const body = html`<div class="stack">
<h1>${title}</h1>
<p>${message}</p>
${href && html`<p class="actions"><a class="button" href="${href}">${again}</a></p>`}
</div>`;
  return layout(look, { title, body });
}
