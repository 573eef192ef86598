/** Every defence in docs/security.md, and every fault in docs/proof.md, cites specs that exist. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { ROOT } from '../support/source-tree.js';
import { titlesOf } from '../support/spec-titles.js';
import { pageAt, section } from './markdown.js';

/** Rows of all tables: attack or fault, defence or effect, specs. */
const rows = [pageAt('docs/security.md'), section(pageAt('docs/proof.md'), 'Faults')]
  .flatMap(({ text }) => [...text.matchAll(/^\| (.+) \| (.+) \| (.+) \|$/gm)])
  .map(([, attack = '', , shownBy = '']) => ({ attack, shownBy }))
  .filter(({ attack }) => !['attack', 'fault'].includes(attack));

/** `file.ts` “title”, “title”; `file.ts` “title”. */
const citations = rows.flatMap(({ shownBy }) =>
  shownBy.split('; ').flatMap((part) => {
    const [, file = ''] = /^`([\w/.-]+)` “/.exec(part) ?? [];
    return [...part.matchAll(/“([^”]+)”/g)].map(([, title = '']) => ({ file, title }));
  }),
);

describe('the tables of attacks and faults', () => {
  it('name a spec for every row', () => {
    expect(rows.length).toBeGreaterThan(30);
    for (const { attack, shownBy } of rows) {
      expect([attack, shownBy]).toEqual([attack, expect.stringMatching(/^`[\w/.-]+` “.+”$/)]);
    }
  });

  it.each(citations)('$file: “$title” exists', ({ file, title }) => {
    const path = join(ROOT, 'spec', file);
    expect([file, existsSync(path)]).toEqual([file, true]);
    const titles = titlesOf(readFileSync(path, 'utf8'));
    expect(titles.filter((one) => one.includes(title))).not.toEqual([]);
  });
});
