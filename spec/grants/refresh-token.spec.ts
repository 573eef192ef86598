import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  classifyGeneration,
  countReuse,
  createRefreshTokens,
  type Generations,
  nextGeneration,
  reuseOf,
} from '../../lib/grants/refresh-token.js';

const ISSUER = 'https://mcp.example';
const [KEY, OTHER] = [createSecretKey(randomBytes(32)), createSecretKey(randomBytes(32))];
const grantId = randomBytes(16).toString('base64url');
const tokens = createRefreshTokens([KEY], ISSUER);
/** Every character there is in base64url, and some that decoders pass over. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/. \nü';
const CLIENT = 'client';
const token = tokens.mint({ grantId, generation: 7 }, CLIENT);

describe('a refresh token', () => {
  it('contains its grant and its generation', () => {
    expect(tokens.parse(token, CLIENT)).toEqual({ grantId, generation: 7 });
    expect(token).toMatch(/^[A-Za-z0-9_-]{71}$/);
  });

  it.each([0, 1, 2 ** 32 - 1])('carries generation %i', (generation) => {
    expect(tokens.parse(tokens.mint({ grantId, generation }, CLIENT), CLIENT)).toEqual({
      grantId,
      generation,
    });
  });

  it('CLI-41 is the same for every caller that gets that generation', () => {
    expect(tokens.mint({ grantId, generation: 7 }, CLIENT)).toBe(token);
    expect(tokens.mint({ grantId, generation: 8 }, CLIENT)).not.toBe(token);
  });

  it('AS-29 is invalid when any bit of it is changed', () => {
    const bytes = Buffer.from(token, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(tokens.parse(changed.toString('base64url'), CLIENT)).toBeUndefined();
    }
  });

  it('AS-29 is invalid when any character of it is changed', () => {
    for (let at = 0; at < token.length; at += 1) {
      for (const other of ALPHABET) {
        if (other === token[at]) continue;
        const changed = token.slice(0, at) + other + token.slice(at + 1);
        expect(tokens.parse(changed, CLIENT)).toBeUndefined();
      }
    }
  });

  it.each([
    ['nothing', ''],
    ['a character less', token.slice(1)],
    ['a character more', `${token}A`],
    ['padding', `${token}=`],
    ['a space before', ` ${token}`],
    ['zeros', 'A'.repeat(71)],
    ['a JWT', 'eyJhbGciOiJub25lIn0.e30.'],
    ['very much', 'A'.repeat(100_000)],
  ])('R-RS-7 is not %s', (_what, text) => {
    expect(tokens.parse(text, CLIENT)).toBeUndefined();
  });

  it('AS-29 is invalid at another issuer with the same key', () => {
    for (const issuer of ['https://other.example', `${ISSUER}/`, '']) {
      expect(createRefreshTokens([KEY], issuer).parse(token, CLIENT)).toBeUndefined();
    }
  });

  it.each(['other', 'client ', 'Client', '', 'https://client.example/c.json'])(
    'FA-26: is invalid with another client: %j',
    (clientId) => {
      expect(tokens.parse(token, clientId)).toBeUndefined();
    },
  );

  it('AS-29 is invalid under another key, and valid under one that has been replaced', () => {
    expect(createRefreshTokens([OTHER], ISSUER).parse(token, CLIENT)).toBeUndefined();
    const rotated = createRefreshTokens([OTHER, KEY], ISSUER);
    expect(rotated.parse(token, CLIENT)).toEqual({ grantId, generation: 7 });
    expect(tokens.parse(rotated.mint({ grantId, generation: 8 }, CLIENT), CLIENT)).toBeUndefined();
  });

  it('cannot be made without a key', () => {
    expect(() => createRefreshTokens([], ISSUER)).toThrow(RangeError);
  });
});

const NOW = 1_700_000_000;
const GRACE = 120;
const CALLER = 'caller';
const FIRST_USE = { callers: [CALLER], reuses: 0 };
const judge = (grant: Generations, presented: number, now = NOW) =>
  classifyGeneration(grant, presented, now, GRACE);

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

  it('R-TK-12 was replaced so long ago that it is no longer recorded: a replay', () => {
    expect(judge(rotated, 0)).toBe('replayed');
    expect(judge(rotated, 1)).toBe('replayed');
  });

  it('is newer than the stored one, since a write was lost: rotate from there', () => {
    expect(judge(rotated, 7)).toBe('current');
    expect(nextGeneration(rotated, 7, NOW, GRACE, CALLER)).toEqual({
      generation: 8,
      replaced: [
        [2, NOW],
        [7, NOW, FIRST_USE],
      ],
    });
  });

  it('has no grace window where it is disabled', () => {
    expect(classifyGeneration(rotated, 2, NOW, 0)).toBe('recent');
    expect(classifyGeneration(rotated, 2, NOW + 1, 0)).toBe('replayed');
  });
});

describe('the next generation', () => {
  it('records when the last one was replaced, and drops what is outside the window', () => {
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

  it('CLI-44 is not issued while a client rotates too fast, and none of its tokens is dropped', () => {
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

  it('FA-24: are limited, and cost no write beyond the limit', () => {
    const callers = Array.from({ length: 100 }, (_, at) => `caller-${at}`);
    const grant = reused(callers);
    expect(reuseOf(grant, 0, NOW)).toEqual({ ageSeconds: 0, reuses: 32, addresses: 8 });
    expect(countReuse(grant, 0, 'one more')).toBeUndefined();
    expect(JSON.stringify(grant).length).toBeLessThan(200);
  });

  it('FA-24: count for the generation that was used, and not for the newest', () => {
    const twice = nextGeneration(rotated, 1, NOW, GRACE, 'home');
    const grant = { ...twice, ...countReuse(twice, 1, 'away') };
    expect(reuseOf(grant, 0, NOW)).toMatchObject({ reuses: 0 });
    expect(reuseOf(grant, 1, NOW)).toMatchObject({ reuses: 1, addresses: 2 });
    expect(reuseOf(grant, 2, NOW)).toBeUndefined();
  });

  it('FA-24: are counted in a record without uses', () => {
    const old: Generations = { generation: 1, replaced: [[0, NOW]] };
    const grant = { ...old, ...countReuse(old, 0, 'home') };
    expect(reuseOf(grant, 0, NOW)).toMatchObject({ reuses: 1, addresses: 1 });
  });
});
