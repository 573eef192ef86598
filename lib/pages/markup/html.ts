/**
 * Markup by one tagged template, which escapes every value that is not markup itself.
 *
 * There is no other way to make an {@link Html}, and no way round the escaping: what has to be
 * left as it is stands in the template, where a reviewer sees it.
 *
 * Flow: untrusted text → `html` → page functions → string.
 *
 * @module
 */

class Markup {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

/** Markup that is safe to put into a page. Only {@link html} and {@link fill} make it. */
export type Html = Markup;

/** What a template takes: text is escaped, nothing (`undefined`, `false`) leaves nothing. */
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
 * The tag. Values are safe as element content and inside quoted attributes; never put one into
 * an unquoted attribute or, for links, past {@link webLink}.
 */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): Html {
  return new Markup(
    strings.reduce((markup, text, index) => `${markup}${render(values[index - 1])}${text}`),
  );
}

/** Puts values into a catalogue text: `'{app} wants …'`. A placeholder without a value is an error. */
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
