import { describe, expect, it } from '@jest/globals';

import { createIds } from '../../lib/config/random-ids.js';

describe('random ids', () => {
  it('are as long as asked for, and none comes twice', () => {
    const newId = createIds(9);
    // Past the end of what is fetched at once.
    const ids = Array.from({ length: 1500 }, newId);
    expect(new Set(ids).size).toBe(1500);
    expect(ids.every((id) => /^[\w-]{12}$/.test(id))).toBe(true);
  });
});
