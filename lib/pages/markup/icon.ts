/**
 * The few drawings of the pages: inline, in the colour of the text, silent to a screen reader.
 *
 * @module
 */
import { type Html, html } from './html.js';

function icon(paths: Html, size: number, className?: string): Html {
  const named = className === undefined ? undefined : html` class="${className}"`;
  return html`<svg${named} width="${size}" height="${size}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${paths}</svg>`;
}

/** From the app to the service. Turned round where text runs from right to left. */
export const arrowIcon: Html = icon(html`<path d="M4 12h16m-6-6 6 6-6 6"/>`, 24, 'arrow');
/** Something was checked. */
export const shieldIcon: Html = icon(
  html`<path d="M12 3 5 6v5c0 4.6 3 8 7 10 4-2 7-5.4 7-10V6z"/><path d="m9 12 2 2 4-4"/>`,
  18,
);
/** Something was not. */
export const questionIcon: Html = icon(
  html`<circle cx="12" cy="12" r="9"/><path d="M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .9-1 1.7m0 3v.01"/>`,
  18,
);
/** Something is allowed. */
export const tickIcon: Html = icon(html`<path d="m5 12.5 4.5 4.5L19 7.5"/>`, 18);
/** Look twice. */
export const warningIcon: Html = icon(
  html`<path d="M12 4 2.5 20h19z"/><path d="M12 10v4m0 3v.01"/>`,
  20,
);
