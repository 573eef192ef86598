import { describe, expect, it } from '@jest/globals';

import { boundedMap } from '../../lib/storage/bounded-map.js';

describe('a bounded map', () => {
  it('forgets what was unused for longest, when there are too many', () => {
    const map = boundedMap<string>(2);
    map.set('a', '1');
    map.set('b', '2');
    expect(map.get('a')).toBe('1');
    map.set('c', '3');
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual(['1', undefined, '3']);
  });

  it('forgets as well when they are too large together, and does not keep what is too large alone', () => {
    const map = boundedMap<string>(100, 10);
    map.set('a', '1', 6);
    map.set('b', '2', 6);
    expect([map.has('a'), map.has('b')]).toEqual([false, true]);
    map.set('c', '3', 11);
    expect([map.has('b'), map.has('c')]).toEqual([true, false]);
    map.delete('b');
    map.set('d', '4', 10);
    expect(map.get('d')).toBe('4');
    map.clear();
    expect(map.has('d')).toBe(false);
  });
});
