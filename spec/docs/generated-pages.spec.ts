/** The generated pages are up to date, and every public name has a docstring. */
import { describe, expect, it } from '@jest/globals';
import { CLIENTS } from '../../lib/doctor/clients/clients.js';
import { readRecordedRuns } from '../client-runs/recorded-runs.js';
import { generatedPages } from './generated-pages.js';
import { anchors, pageAt } from './markdown.js';
import { hiddenNames, undocumented } from './source/api/gaps.js';
import { groupsOf } from './source/api/groups.js';
import { readPublicNames } from './source/api/public-names.js';
import { compatibilityPage } from './source/compatibility-page.js';
import { firstSentence, parseDocstring } from './source/docstring.js';
import { replaceMarked } from './source/marked.js';
import { wrap, wrapMarkdown } from './source/wrap.js';

describe('the generated pages', () => {
  it.each(generatedPages())('$path is what `npm run docs` writes', ({ path, text }) => {
    expect(pageAt(path).text).toBe(text);
  });

  it.each(
    Object.keys(JSON.parse(pageAt('package.json').text).devDependencies).filter((name) =>
      /^(?:sdk-|@modelcontextprotocol\/(?:sdk|client)$)/.test(name),
    ),
  )('name %s among the clients, in the installed version', (name) => {
    const { version } = JSON.parse(pageAt(`node_modules/${name}/package.json`).text);
    expect(compatibilityPage()).toContain(` ${version}`);
  });

  it('show runs of the pinned clients, all of them', () => {
    const { node: _node, ...pinned } = JSON.parse(pageAt('spec/client-runs/versions.json').text);
    const versions = Object.values<string>(pinned).map((name) => name.replace(/^.+@/, ''));
    const recorded = readRecordedRuns();
    expect(recorded.map(({ version }) => version).toSorted()).toEqual(versions.toSorted());
    const names = CLIENTS.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(recorded.map(({ client }) => client)));
    for (const { steps } of recorded) expect(Object.keys(steps)).toHaveLength(7);
  });

  it('have unique anchors', () => {
    const all = anchors(pageAt('docs/api.md'));
    expect(all.filter((anchor, index) => all.indexOf(anchor) !== index)).toEqual([]);
  });
});

describe('the public names', () => {
  const names = readPublicNames();

  it('have a docstring, and so has every member', () => {
    expect(undocumented(names)).toEqual([]);
  });

  it('use no type of ours that users cannot import', () => {
    expect(hiddenNames(names)).toEqual([]);
  });
});

describe('a name that is not listed in a group', () => {
  const placed = (name: string, kind: 'function' | 'interface', file: string) => ({
    name,
    kind,
    file,
  });

  it('follows those of its file, functions first; alone in its file, it comes last', () => {
    const names = [
      placed('Stray', 'interface', 'lib/stray.ts'),
      placed('NewOptions', 'interface', 'lib/auth0-mcp.ts'),
      placed('newFunction', 'function', 'lib/auth0-mcp.ts'),
      placed('auth0Mcp', 'function', 'lib/auth0-mcp.ts'),
    ];
    const groups = groupsOf(names).map(({ title, names: members }) => [
      title,
      members.map(({ name }) => name),
    ]);
    expect(groups).toEqual([
      ['The middleware', ['auth0Mcp', 'newFunction', 'NewOptions']],
      ['Other', ['Stray']],
    ]);
  });
});

describe('a docstring', () => {
  it('is parsed into paragraphs and tags; lists and code are unchanged', () => {
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
  ])('%j has the first sentence %j', (text, sentence) => {
    expect(firstSentence(text)).toBe(sentence);
  });
});

describe('a line of Markdown', () => {
  it('is wrapped between words, not in code or links, nor before the marker of a list', () => {
    expect(wrap('one two `a b c` [x y](z) - three', 8)).toEqual([
      'one two',
      '`a b c`',
      '[x y](z) -',
      'three',
    ]);
  });

  it('keeps the indent of its list; code and headings are unchanged', () => {
    expect(wrapMarkdown('- one two three\n  four', 9)).toBe('- one two\n  three\n  four');
    expect(wrapMarkdown('```ts\none two three\n```', 5)).toBe('```ts\none two three\n```');
  });
});

describe('the markers in a page', () => {
  it('stay, around the new part', () => {
    const page = replaceMarked('page', 'a\n<\nold\n>\nb\n', ['<', '>'], 'new');
    expect(page).toBe('a\n<\n\nnew\n\n>\nb\n');
    expect(replaceMarked('page', page, ['<', '>'], 'new')).toBe(page);
  });

  it('are required', () => {
    expect(() => replaceMarked('page.md', 'text', ['<', '>'], 'new')).toThrow('page.md lacks "<"');
  });
});
