/** Breaks text into lines. */

/** Starts a list, a heading or a table at the beginning of a line of Markdown. */
const NOT_FIRST = /^(?:[-+*#>|=~]|\d+[.)])/;

/** Lines of at most `width` characters, where words allow it. Code in backticks counts as a word. */
export function wrap(text: string, width: number): string[] {
  const words = text.match(/(?:`[^`]*`|<code>.*?<\/code>|\[[^\]]*\]\([^)]*\)|\S)+/g) ?? [];
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line === undefined || (line.length + 1 + word.length > width && !NOT_FIRST.test(word))) {
      lines.push(word);
    } else {
      lines[lines.length - 1] = `${line} ${word}`;
    }
  }
  return lines;
}

/** Wraps paragraphs and lists of Markdown at `width`; other blocks stay. */
export function wrapMarkdown(block: string, width: number): string {
  if (/^(?:```|#|\|)/.test(block)) return block;
  return block
    .split('\n')
    .map((line) => {
      const [, indent = '', bullet = ''] = /^( *)(- )?/.exec(line) ?? [];
      const inner = ' '.repeat(indent.length + bullet.length);
      const [first = '', ...rest] = wrap(line.slice(inner.length), width - inner.length);
      return [indent + bullet + first, ...rest.map((more) => inner + more)].join('\n');
    })
    .join('\n');
}
