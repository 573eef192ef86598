import { describe, expect, it } from '@jest/globals';

import { refusalOf, resolveWith } from '../resolve-with.js';

const CALENDAR = 'https://www.googleapis.com/auth/calendar.readonly';

describe('connections', () => {
  it('have a name for users and scopes, both optional', () => {
    const connections = { 'google-oauth2': { name: 'Google', scopes: [CALENDAR] }, slack: {} };
    expect([...resolveWith({ connections }).config.connections]).toEqual([
      ['google-oauth2', { name: 'Google', scopes: [CALENDAR] }],
      ['slack', { name: 'slack', scopes: [] }],
    ]);
  });

  it.each([
    ['connections', ['google-oauth2']],
    ['connections', { 'google oauth2': {} }],
    ['connections.google-oauth2', { 'google-oauth2': true }],
    ['scope', { 'google-oauth2': { scope: CALENDAR } }],
    ['connections.google-oauth2.name', { 'google-oauth2': { name: '' } }],
    ['connections.google-oauth2.scopes', { 'google-oauth2': { scopes: [] } }],
    ['connections.google-oauth2.scopes', { 'google-oauth2': { scopes: ['a "b"'] } }],
    [
      'connections.google-oauth2.scopes',
      { 'google-oauth2': { scopes: Array.from({ length: 101 }, (_, n) => `s${n}`) } },
    ],
  ])('%s: %j is refused', (option, connections) => {
    expect(refusalOf({ connections } as never).option).toBe(option);
  });

  it('need an application that authenticates: Token Vault refuses public clients', () => {
    const error = refusalOf({ connections: { slack: {} }, clientSecret: undefined });
    expect([error.option, error.message]).toEqual([
      'connections',
      expect.stringContaining('set clientSecret or auth0PrivateKey'),
    ]);
  });
});
