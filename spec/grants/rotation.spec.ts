import { describe, expect, it } from '@jest/globals';

import {
  countReuse,
  type Generations,
  judgeGeneration,
  nextGeneration,
  reuseOf,
} from '../../lib/grants/rotation.js';

const NOW = 1_700_000_000;
const GRACE = 120;
const CALLER = 'caller';
const FIRST_USE = { callers: [CALLER], reuses: 0 };
const judge = (grant: Generations, presented: number, now = NOW) =>
  judgeGeneration(grant, presented, now, GRACE);

/** Rotates once a second, `times` over, always with the newest token. */
function storm(times: number): Generations {
  let grant: Generations = { generation: 0, replaced: [] };
  for (let at = 0; at < times; at += 1) {
    if (judge(grant, grant.generation, NOW + at) !== 'current') return grant;
    grant = nextGeneration(grant, grant.generation, NOW + at, GRACE, CALLER);
  }
  return grant;
}

describe('a refresh token that is presented', () => {
  const rotated: Generations = {
    generation: 3,
    replaced: [
      [1, NOW - 200],
      [2, NOW],
    ],
  };

  it('AS-18 is the newest: rotate', () => {
    expect(judge(rotated, 3)).toBe('current');
    expect(judge({ generation: 0, replaced: [] }, 0)).toBe('current');
  });

  it.each([
    [0, 'recent'],
    [1, 'recent'],
    [GRACE, 'recent'],
    [GRACE + 1, 'replayed'],
    [1_000_000, 'replayed'],
    // A clock that was set back, or another instance's: not older than just now.
    [-30, 'recent'],
  ])('CLI-41 was replaced %i s ago: %s', (secondsAgo, judgement) => {
    expect(judge(rotated, 2, NOW + secondsAgo)).toBe(judgement);
  });

  it('R-TK-12 was replaced so long ago that nobody knows when: a replay', () => {
    expect(judge(rotated, 0)).toBe('replayed');
    expect(judge(rotated, 1)).toBe('replayed');
  });

  it('is newer than what the store knows, which has lost a write: rotate from there', () => {
    expect(judge(rotated, 7)).toBe('current');
    expect(nextGeneration(rotated, 7, NOW, GRACE, CALLER)).toEqual({
      generation: 8,
      replaced: [
        [2, NOW],
        [7, NOW, FIRST_USE],
      ],
    });
  });

  it('has no grace where grace is switched off', () => {
    expect(judgeGeneration(rotated, 2, NOW, 0)).toBe('recent');
    expect(judgeGeneration(rotated, 2, NOW + 1, 0)).toBe('replayed');
  });
});

describe('the next generation', () => {
  it('remembers when the last one was replaced, and forgets what no longer counts', () => {
    const grant: Generations = {
      generation: 3,
      replaced: [
        [1, NOW - 121],
        [2, NOW - 120],
      ],
    };
    expect(nextGeneration(grant, 3, NOW, GRACE, CALLER)).toEqual({
      generation: 4,
      replaced: [
        [2, NOW - 120],
        [3, NOW, FIRST_USE],
      ],
    });
  });

  it('CLI-44 stops coming while a client rotates in a storm, and forgets nothing of it', () => {
    const grant = storm(50);
    expect(grant.generation).toBe(32);
    expect(grant.replaced).toHaveLength(32);
    for (let generation = 0; generation <= 32; generation += 1) {
      expect(judge(grant, generation, NOW + 50)).toBe('recent');
    }
    // The storm is over: the newest rotates again, the oldest are replays.
    expect(judge(grant, 32, NOW + 200)).toBe('current');
    expect(judge(grant, 0, NOW + 200)).toBe('replayed');
  });
});

describe('uses of a replaced generation', () => {
  const rotated = nextGeneration({ generation: 0, replaced: [] }, 0, NOW, GRACE, 'home');

  /** Each caller in turn uses it again. */
  function reused(callers: readonly string[]): Generations {
    let grant = rotated;
    for (const caller of callers) grant = { ...grant, ...countReuse(grant, 0, caller) };
    return grant;
  }

  it.each([
    [[], { reuses: 0, addresses: 1 }],
    [['home'], { reuses: 1, addresses: 1 }],
    [['home', 'away', 'home'], { reuses: 3, addresses: 2 }],
  ])(
    'FA-24: of %j are counted with their addresses, the first use included',
    (callers, expected) => {
      expect(reuseOf(reused(callers), 0, NOW + 7)).toEqual({ ageSeconds: 7, ...expected });
    },
  );

  it('FA-24: are bounded, and beyond the bound cost no write', () => {
    const callers = Array.from({ length: 100 }, (_, at) => `caller-${at}`);
    const grant = reused(callers);
    expect(reuseOf(grant, 0, NOW)).toEqual({ ageSeconds: 0, reuses: 32, addresses: 8 });
    expect(countReuse(grant, 0, 'one more')).toBeUndefined();
    expect(JSON.stringify(grant).length).toBeLessThan(200);
  });

  it('FA-24: count for the generation that was used, and are none for the newest', () => {
    const twice = nextGeneration(rotated, 1, NOW, GRACE, 'home');
    const grant = { ...twice, ...countReuse(twice, 1, 'away') };
    expect(reuseOf(grant, 0, NOW)).toMatchObject({ reuses: 0 });
    expect(reuseOf(grant, 1, NOW)).toMatchObject({ reuses: 1, addresses: 2 });
    expect(reuseOf(grant, 2, NOW)).toBeUndefined();
  });

  it('FA-24: a record of an earlier version counts from here on', () => {
    const old: Generations = { generation: 1, replaced: [[0, NOW]] };
    const grant = { ...old, ...countReuse(old, 0, 'home') };
    expect(reuseOf(grant, 0, NOW)).toMatchObject({ reuses: 1, addresses: 1 });
  });
});
