/**
 * What a stranger sees in place of the connected apps: a button to sign in with.
 *
 * @module
 */

import { layout, type PageLook } from './layout.js';
import { type FormTarget, postForm } from './markup/form.js';
import { fill, html } from './markup/html.js';

/** What the page needs. */
export interface SignInPage {
  readonly form: FormTarget;
}

/**
 * The page as a document.
 *
 * @throws RangeError the form's action is no web address
 */
export function signInPage(look: PageLook, { form }: SignInPage): string {
  const { title, signInFirst, signIn } = look.texts.connectedApps;
  const service = html`<bdi>${look.brand.name}</bdi>`;
  const body = html`<div class="stack">
<h1>${title}</h1>
<p>${fill(signInFirst, { service })}</p>
${postForm(form, html`<div class="actions"><button type="submit" class="primary">${signIn}</button></div>`)}
</div>`;
  return layout(look, { title, body });
}
