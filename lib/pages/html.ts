/** HTML by a tagged template that escapes every value; forms and links that lead to web addresses only. */

class Markup {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

/** Markup that is safe to put into a page. Only {@link html} and {@link fill} create it. */
export type Html = Markup;

/** A value of a template: text is escaped; `undefined` and `false` render nothing. */
export type HtmlValue = string | number | undefined | false | Html | readonly HtmlValue[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/**
 * The template tag. Values are safe as element content and inside quoted attributes. Never put one into an unquoted
 * attribute, and pass links through {@link webLink}.
 */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): Html {
  return new Markup(
    strings.reduce((markup, text, index) => `${markup}${render(values[index - 1])}${text}`),
  );
}

/** Fills the placeholders of a text: `'{app} wants …'`. @throws RangeError a placeholder without a value */
export function fill(text: string, values: Readonly<Record<string, HtmlValue>>): Html {
  const pieces = text.split(/\{(\w+)\}/).map((piece, index) => {
    if (index % 2 === 0) return render(piece);
    if (!Object.hasOwn(values, piece)) throw new RangeError(`no value for {${piece}} in "${text}"`);
    return render(values[piece]);
  });
  return new Markup(pieces.join(''));
}

function render(value: HtmlValue): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Markup) return value.toString();
  if (typeof value === 'object') return value.map(render).join('');
  return String(value).replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? '');
}

/** Where a form is sent, with its hidden fields. */
export interface FormTarget {
  /** An absolute http(s) URL or a path on the same origin. */
  readonly action: string;
  /** Name → value of the hidden inputs. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A form that is sent by POST. @throws RangeError `action` is not a web address: a mistake in the calling code */
export function postForm({ action, fields }: FormTarget, content: Html): Html {
  const target = webLink(action);
  if (target === undefined) throw new RangeError('a form can only be sent to a web address');
  const inputs = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  return html`<form method="post" action="${target}">${inputs}${content}</form>`;
}

/** Any origin: it only shows whether a reference stays on the origin of its page. */
const PAGE_ORIGIN = 'https://page.invalid';

/** Whether `value` is a path on the page's own origin: `/logo.svg`, but not `//host` or `/\host`. */
export function isOwnPath(value: string): boolean {
  // The URL parser drops tabs and newlines, so `/\t/host` would leave the origin.
  if (!/^\/[\x21-\x7e]*$/.test(value) || !URL.canParse(value, PAGE_ORIGIN)) return false;
  return new URL(value, PAGE_ORIGIN).origin === PAGE_ORIGIN;
}

/**
 * The reference if it is an absolute http(s) URL or a path on the page's origin; undefined for `javascript:`,
 * `data:`, `//host` and everything else.
 */
export function webLink(value: string): string | undefined {
  if (isOwnPath(value)) return value;
  if (!/^https?:\/\/[\x21-\x7e]+$/i.test(value) || !URL.canParse(value)) return undefined;
  return new URL(value).href;
}
