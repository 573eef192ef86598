/**
 * What is made from the source is what stands in the pages; and the source says enough to make it.
 *
 * @module
 */
import { describe, expect, it } from '@jest/globals';

import { generatedPages } from './generated-pages.js';
import { anchors, pageAt } from './markdown.js';
import { firstSentence, parseDocstring } from './source/docstring.js';
import { hiddenNames, undocumented } from './source/gaps.js';
import { replaceMarked } from './source/marked.js';
import { readPublicNames } from './source/public-names.js';
import { wrap, wrapMarkdown } from './source/wrap.js';

describe('the generated pages', () => {
  it.each(generatedPages())('$path is what `npm run docs` writes', ({ path, text }) => {
    expect(pageAt(path).text).toBe(text);
  });

  it('give each name an address of its own', () => {
    const all = anchors(pageAt('docs/api.md'));
    expect(all.filter((anchor, index) => all.indexOf(anchor) !== index)).toEqual([]);
  });
});

describe('the public names', () => {
  const names = readPublicNames();

  it('have a docstring each, and so has every member', () => {
    expect(undocumented(names)).toEqual([]);
  });

  it('speak of no type of ours that users cannot import', () => {
    expect(hiddenNames(names)).toEqual([]);
  });
});

describe('a docstring', () => {
  it('is read in paragraphs and tags, lists and code as they are', () => {
    const comment = `/**
   * One, over
   * two lines.
   *
   * - a
   * - b
   *
   * \`\`\`ts
   * code();
   *
   * more();
   * \`\`\`
   *
   * @throws TypeError for
   *   this
   */`;
    expect(parseDocstring(comment)).toEqual({
      paragraphs: ['One, over two lines.', '- a\n- b', '```ts\ncode();\n\nmore();\n```'],
      tags: [{ name: 'throws', text: 'TypeError for this' }],
    });
  });

  it.each([
    ['One. Two.', 'One'],
    ['`a.b. c` and `d`. Two.', '`a.b. c` and `d`'],
    ['At most 0.5 of it', 'At most 0.5 of it'],
  ])('%j begins with the sentence %j', (text, sentence) => {
    expect(firstSentence(text)).toBe(sentence);
  });
});

describe('a line of Markdown', () => {
  it('is broken between words, not inside of code or links, nor before what looks like a list', () => {
    expect(wrap('one two `a b c` [x y](z) - three', 8)).toEqual([
      'one two',
      '`a b c`',
      '[x y](z) -',
      'three',
    ]);
  });

  it('keeps the indent of its list; code and headings stay as they are', () => {
    expect(wrapMarkdown('- one two three\n  four', 9)).toBe('- one two\n  three\n  four');
    expect(wrapMarkdown('```ts\none two three\n```', 5)).toBe('```ts\none two three\n```');
  });
});

describe('the markers in a page', () => {
  it('stay, with the new part between them', () => {
    const page = replaceMarked('page', 'a\n<\nold\n>\nb\n', ['<', '>'], 'new');
    expect(page).toBe('a\n<\n\nnew\n\n>\nb\n');
    expect(replaceMarked('page', page, ['<', '>'], 'new')).toBe(page);
  });

  it('are missed when they are gone', () => {
    expect(() => replaceMarked('page.md', 'text', ['<', '>'], 'new')).toThrow('page.md lacks "<"');
  });
});
