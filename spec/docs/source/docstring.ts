/** Parses a docstring: paragraphs, then tags. */

/** A docstring without its asterisks. */
export interface Docstring {
  /** In Markdown; line breaks inside a paragraph are removed, those of lists and code blocks stay. */
  readonly paragraphs: readonly string[];
  readonly tags: readonly DocTag[];
}

/** A tag such as `@throws TypeError for neither a URL nor a client`, on one line. */
export interface DocTag {
  readonly name: string;
  readonly text: string;
}

const EMPTY: Docstring = { paragraphs: [], tags: [] };

/** @param comment with `/**` and asterisks */
export function parseDocstring(comment: string | undefined): Docstring {
  if (comment === undefined) return EMPTY;
  const text = comment
    .replace(/^\/\*\*/, '')
    .replace(/\*\/$/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim();
  const [body = '', ...tags] = text.split(/^@(?=[a-z])/m);
  return {
    paragraphs: paragraphsOf(body),
    tags: tags.map((tag) => {
      const [, name = '', rest = ''] = /^(\w+)\s*(.*)$/s.exec(tag) ?? [];
      return { name, text: oneLine(rest) };
    }),
  };
}

/** Up to the first full stop outside of code, without it. */
export function firstSentence(paragraph: string): string {
  const [sentence] = /^(?:`[^`]*`|[^`])*?\.(?=\s|$)/.exec(paragraph) ?? [paragraph];
  return sentence.replace(/\.$/, '');
}

function paragraphsOf(body: string): string[] {
  const blocks = body.trim().split(/(^```.*?^```$)|\n\n+/ms);
  return blocks.flatMap((block = '') => {
    if (block.trim() === '') return [];
    return [block.startsWith('```') || /^- /m.test(block) ? block.trim() : oneLine(block)];
  });
}

function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}
