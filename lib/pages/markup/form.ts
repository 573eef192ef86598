/**
 * A form of ours: sent by POST, with what it has to carry in hidden fields.
 *
 * @module
 */
import { type Html, html } from './html.js';
import { formTarget } from './web-link.js';

/** Where a form goes and what goes with it. */
export interface FormTarget {
  /** An absolute http(s) URL or a path of our own. */
  readonly action: string;
  /** Name → value of hidden inputs; values may be of any kind. */
  readonly fields: Readonly<Record<string, string>>;
}

/** @throws RangeError `action` is no web address */
export function postForm({ action, fields }: FormTarget, content: Html): Html {
  const inputs = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  return html`<form method="post" action="${formTarget(action)}">${inputs}${content}</form>`;
}
