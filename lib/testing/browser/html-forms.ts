/** Parses the forms of a page: enough HTML to submit one as a browser does. */

/** A form, ready to be filled in. */
export interface Form {
  /** As written. */
  readonly action: string;
  readonly method: 'GET' | 'POST';
  /** Initial values: hidden inputs, preset values, ticked boxes. */
  readonly values: Readonly<Record<string, string>>;
  /** Its submit buttons. */
  readonly buttons: readonly { readonly name: string; readonly value: string }[];
}

/** Every form of a page, in order. */
export function formsOf(html: string): Form[] {
  return [...withoutComments(html).matchAll(/<form\b([^>]*)>(.*?)<\/form>/gis)].map(
    ([, head = '', inside = '']) => {
      const form = attributesOf(head);
      const inputs = [...inside.matchAll(/<input\b([^>]*)>/gis)].map(([, own = '']) =>
        attributesOf(own),
      );
      const buttons = [...inside.matchAll(/<button\b([^>]*)>/gis)].map(([, own = '']) =>
        attributesOf(own),
      );
      return {
        action: form.action ?? '',
        method: form.method?.toUpperCase() === 'POST' ? 'POST' : 'GET',
        values: Object.fromEntries(inputs.filter(isSent).map((own) => [own.name, presetOf(own)])),
        buttons: [...buttons, ...inputs.filter(({ type }) => type === 'submit')]
          .filter(({ name, type }) => name !== undefined && (type ?? 'submit') === 'submit')
          .map(({ name = '', value = '' }) => ({ name, value })),
      };
    },
  );
}

type Attributes = Record<string, string>;

function isSent({ name, type, checked }: Attributes): boolean {
  if (name === undefined || type === 'submit' || type === 'button') return false;
  return (type !== 'checkbox' && type !== 'radio') || checked !== undefined;
}

function presetOf({ value, type }: Attributes): string {
  return value ?? (type === 'checkbox' ? 'on' : '');
}

function attributesOf(tag: string): Attributes {
  const found = tag.matchAll(/([^\s=/"'<>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g);
  return Object.fromEntries(
    [...found].map(([, name = '', double, single, bare]) => [
      name.toLowerCase(),
      unescaped(double ?? single ?? bare ?? ''),
    ]),
  );
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(value: string): string {
  return value.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (all, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return NAMED[name] ?? all;
  });
}

function withoutComments(html: string): string {
  return html.replace(/<!--.*?-->/gs, '');
}
