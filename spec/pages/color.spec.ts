import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { contrastRatio, isHexColor, readableOn } from '../../lib/pages/color.js';
import { expectAlways } from '../fuzz/property.js';

describe('contrast', () => {
  it.each([
    ['#000', '#ffffff', 21],
    ['#777777', '#fff', 4.48],
    ['#abc', '#aabbcc', 1],
  ])('of %s on %s is %d', (one, other, ratio) => {
    expect(contrastRatio(one, other)).toBeCloseTo(ratio, 2);
    expect(contrastRatio(other, one)).toBeCloseTo(ratio, 2);
  });

  it('keeps a colour that is readable', () => {
    expect(readableOn('#ffffff', '#2f5fd0')).toBe('#2f5fd0');
  });

  it('changes any other colour until it is readable, on light and on dark (WCAG 1.4.3)', () => {
    const color = fc
      .integer({ min: 0, max: 0xffffff })
      .map((n) => `#${n.toString(16).padStart(6, '0')}`);
    expectAlways(
      fc.property(color, fc.constantFrom('#f3f4f7', '#191d24'), (accent, surface) => {
        expect(isHexColor(readableOn(surface, accent))).toBe(true);
        expect(contrastRatio(readableOn(surface, accent), surface)).toBeGreaterThanOrEqual(4.5);
      }),
    );
  });
});
