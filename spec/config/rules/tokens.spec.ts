import { execFileSync } from 'node:child_process';

import { describe, expect, it } from '@jest/globals';

import { KEY_COMMAND } from '../../../lib/config/rules/tokens.js';
import { refusalOf, resolveWith } from '../resolve-with.js';

describe.each([
  ['jwtSigningKey', 'jwtSigningKeys'],
  ['storageEncryptionKey', 'storageEncryptionKeys'],
] as const)('%s', (option, resolved) => {
  it('is a string, bytes or a list, newest first', () => {
    const long = 'ü'.repeat(32);
    const bytes = new Uint8Array(32).fill(9);
    const keysOf = (value: unknown) => resolveWith({ [option]: value }).config[resolved];
    expect(keysOf(long)).toEqual([new TextEncoder().encode(long)]);
    expect(keysOf(bytes)).toEqual([bytes]);
    expect(keysOf(Buffer.from(bytes))).toEqual([bytes]);
    expect(keysOf([bytes, long])).toEqual([bytes, new TextEncoder().encode(long)]);
  });

  it.each([
    ['a short string', 'k'.repeat(31)],
    ['an empty string', ''],
    ['short bytes', new Uint8Array(31)],
    ['no bytes', new Uint8Array(0)],
    ['an empty list', []],
    ['a list with a short one', ['k'.repeat(32), 'short']],
  ])('rejects %s with a command that generates one', (_what, value) => {
    const error = refusalOf({ [option]: value });
    expect(error.option).toMatch(new RegExp(`^${option}`));
    expect(error.message).toContain(KEY_COMMAND);
    expect(error.message).not.toMatch(/kkkk|short"/);
  });

  it.each([[42], [{}], [true], [`${'k'.repeat(40)}\n`], [[null]]])('refuses %j', (value) => {
    expect(refusalOf({ [option]: value }).option).toMatch(new RegExp(`^${option}`));
  });
});

it('the command generates a key that is accepted', () => {
  const script = /-e "(.*)"$/.exec(KEY_COMMAND)?.[1] ?? '';
  const made = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }).trim();
  expect(resolveWith({ jwtSigningKey: made }).config.jwtSigningKeys[0]).toHaveLength(43);
});
