import { randomBytes } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { createRefreshTokens } from '../../lib/grants/refresh-token.js';

const ISSUER = 'https://mcp.example';
const [KEY, OTHER] = [randomBytes(32), randomBytes(32)];
const grantId = randomBytes(16).toString('base64url');
const tokens = createRefreshTokens([KEY], ISSUER);
/** Every character there is in base64url, and some that decoders pass over. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/. \nü';
const CLIENT = 'client';
const token = tokens.mint({ grantId, generation: 7 }, CLIENT);

describe('a refresh token', () => {
  it('says its grant and its generation', () => {
    expect(tokens.parse(token, CLIENT)).toEqual({ grantId, generation: 7 });
    expect(token).toMatch(/^[A-Za-z0-9_-]{71}$/);
  });

  it.each([0, 1, 2 ** 32 - 1])('carries generation %i', (generation) => {
    expect(tokens.parse(tokens.mint({ grantId, generation }, CLIENT), CLIENT)).toEqual({
      grantId,
      generation,
    });
  });

  it('CLI-41 is the same for everyone who gets that generation', () => {
    expect(tokens.mint({ grantId, generation: 7 }, CLIENT)).toBe(token);
    expect(tokens.mint({ grantId, generation: 8 }, CLIENT)).not.toBe(token);
  });

  it('AS-29 is garbage when any bit of it is changed', () => {
    const bytes = Buffer.from(token, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(tokens.parse(changed.toString('base64url'), CLIENT)).toBeUndefined();
    }
  });

  it('AS-29 is garbage when any character of it is changed', () => {
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

  it('AS-29 means nothing to another issuer with the same key', () => {
    for (const issuer of ['https://other.example', `${ISSUER}/`, '']) {
      expect(createRefreshTokens([KEY], issuer).parse(token, CLIENT)).toBeUndefined();
    }
  });

  it.each(['other', 'client ', 'Client', '', 'https://client.example/c.json'])(
    'FA-26: means nothing with another client: %j',
    (clientId) => {
      expect(tokens.parse(token, clientId)).toBeUndefined();
    },
  );

  it('AS-29 means nothing under another key, and stays good under one that has been replaced', () => {
    expect(createRefreshTokens([OTHER], ISSUER).parse(token, CLIENT)).toBeUndefined();
    const rotated = createRefreshTokens([OTHER, KEY], ISSUER);
    expect(rotated.parse(token, CLIENT)).toEqual({ grantId, generation: 7 });
    expect(tokens.parse(rotated.mint({ grantId, generation: 8 }, CLIENT), CLIENT)).toBeUndefined();
  });

  it('cannot be made without a key', () => {
    expect(() => createRefreshTokens([], ISSUER)).toThrow(RangeError);
  });
});
