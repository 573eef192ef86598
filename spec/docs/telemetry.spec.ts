import { describe, expect, it } from '@jest/globals';

import { METRICS, SPANS } from '../../lib/telemetry.js';
import { pageAt, section } from './markdown.js';

const page = pageAt('docs/telemetry.md');

/** The cells of a table, without its head. */
function rows(heading: string): string[][] {
  const { text } = section(page, heading);
  return [...text.matchAll(/^\| (.+) \|$/gm)]
    .slice(1)
    .map(([, cells = '']) => cells.split(' | ').map((cell) => cell.replace(/`/g, '')));
}

describe('the page on telemetry', () => {
  it('names every span and what it covers', () => {
    expect(rows('Spans')).toEqual(Object.entries(SPANS));
  });

  it('names every metric, its kind, unit and meaning', () => {
    expect(rows('Metrics')).toEqual(
      Object.entries(METRICS).map(([name, { kind, unit, description }]) => [
        name,
        kind,
        unit,
        description,
      ]),
    );
  });
});
