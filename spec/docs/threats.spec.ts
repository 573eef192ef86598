/** Every defence in docs/security.md cites specs that exist. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { ROOT } from '../support/source-tree.js';
import { titlesOf } from '../support/spec-titles.js';
import { pageAt } from './markdown.js';

/** Rows of all tables: attack, defence, specs. */
const rows = [...pageAt('docs/security.md').text.matchAll(/^\| (.+) \| (.+) \| (.+) \|$/gm)]
  .map(([, attack = '', , shownBy = '']) => ({ attack, shownBy }))
  .filter(({ attack }) => attack !== 'attack');

/** `file.ts` “title”, “title”; `file.ts` “title”. */
const citations = rows.flatMap(({ shownBy }) =>
  shownBy.split('; ').flatMap((part) => {
    const [, file = ''] = /^`([\w/.-]+)` “/.exec(part) ?? [];
    return [...part.matchAll(/“([^”]+)”/g)].map(([, title = '']) => ({ file, title }));
  }),
);

describe('the page on attacks and defences', () => {
  it('names a spec for every attack', () => {
    expect(rows.length).toBeGreaterThan(30);
    for (const { attack, shownBy } of rows) {
      expect([attack, shownBy]).toEqual([attack, expect.stringMatching(/^`[\w/.-]+` “.+”$/)]);
    }
  });

  it.each(citations)('$file: “$title” is there', ({ file, title }) => {
    const path = join(ROOT, 'spec', file);
    expect([file, existsSync(path)]).toEqual([file, true]);
    const titles = titlesOf(readFileSync(path, 'utf8'));
    expect(titles.filter((one) => one.includes(title))).not.toEqual([]);
  });
});
