/** Every requirement has a spec that cites it in its title, or a written reason why it has none. */
import { describe, expect, it } from '@jest/globals';

import { titlesOf } from '../support/spec-titles.js';
import { REQUIREMENTS, readCitations } from './citations.js';
import { EXCLUSIONS } from './exclusions.js';

const rows = REQUIREMENTS.map(([row]) => row);
const citations = readCitations();
const cited = new Set(citations.map(({ row }) => row));
const excluded = Object.keys(EXCLUSIONS);

describe('the requirements', () => {
  it('are each cited by a spec, or excluded with a reason', () => {
    const withSpec = rows.filter((row) => cited.has(row)).length;
    process.stdout.write(
      `requirements: ${rows.length} rows, ${withSpec} with specs, ${excluded.length} exclusions\n`,
    );
    expect(rows.filter((row) => !cited.has(row) && !excluded.includes(row))).toEqual([]);
  });

  it('are listed once', () => {
    expect(rows).toHaveLength(new Set(rows).size);
  });

  it('that specs cite are in the list', () => {
    expect(citations.filter(({ row }) => !rows.includes(row))).toEqual([]);
  });

  it('are excluded with a written reason, and only if no spec cites them', () => {
    expect(excluded.filter((row) => !rows.includes(row) || cited.has(row))).toEqual([]);
    expect(Object.values(EXCLUSIONS).filter((reason) => reason.length < 30)).toEqual([]);
  });
});

describe('reading titles', () => {
  it('finds the titles of describe, it and each, and no other string', () => {
    const text = `
      describe('one', () => {
        it(\`two \${name} half\`, () => expect('no').toBe('no'));
        it.each(['not a title'])('three %s', () => {});
      });
      other('not this');`;
    expect(titlesOf(text)).toEqual(['one', 'two … half', 'three %s']);
  });
});
