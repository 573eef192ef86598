import { describe, expect, it } from '@jest/globals';

import { refusalOf, resolveWith } from '../resolve-with.js';

describe('consent', () => {
  it.each(['always', 'remember'] as const)('can be %s', (consent) => {
    const { config, warnings } = resolveWith({ consent });
    expect(config.consent).toBe(consent);
    expect(warnings).toEqual([]);
  });

  it('warns once if another page asks for it', () => {
    const { config, warnings } = resolveWith({ consent: 'external' });
    expect(config.consent).toBe('external');
    expect(warnings).toEqual([expect.stringContaining("consent is 'external'")]);
  });

  it.each([true, false, 'true', 'False'])(
    'is not a switch: rejects %p with an explanation',
    (consent) => {
      expect(refusalOf({ consent }).message).toContain('Consent is a mode, not a switch');
    },
  );

  it.each(['Always', 'never', '', 1, {}])('refuses %p', (consent) => {
    expect(refusalOf({ consent }).message).toContain("'always', 'remember', 'external'");
  });

  it('is not a switch in the environment either', () => {
    const error = refusalOf({}, { AUTH0_MCP_CONSENT: 'true' });
    expect(error.message).toContain('AUTH0_MCP_CONSENT');
  });
});

describe('anonymous', () => {
  it('has methods and tools', () => {
    const { anonymous } = resolveWith({
      anonymous: { methods: ['initialize', 'tools/list'], tools: ['search_docs'] },
    }).config;
    expect(anonymous).toEqual({
      methods: new Set(['initialize', 'tools/list']),
      tools: new Set(['search_docs']),
    });
  });

  it.each([
    ['nothing', {}, 'anonymous'],
    ['empty lists', { methods: [], tools: [] }, 'anonymous'],
    ['a list', ['initialize'], 'anonymous'],
    ['true', true, 'anonymous'],
    ['a misspelt field', { tool: ['x'] }, 'tool'],
    ['every tool', { methods: ['tools/call'] }, 'anonymous.methods'],
    ['a wildcard', { tools: ['*'] }, 'anonymous.tools'],
    ['a number', { tools: [1] }, 'anonymous.tools[0]'],
  ])('refuses %s', (_what, anonymous, option) => {
    expect(refusalOf({ anonymous }).option).toBe(option);
  });

  it('rejects a tool of toolScopes', () => {
    const error = refusalOf({ anonymous: { tools: ['t'] }, toolScopes: { t: ['a'] } });
    expect(error).toMatchObject({
      option: 'anonymous.tools',
      message: expect.stringContaining('toolScopes'),
    });
  });
});

describe('allowedOrigins', () => {
  it('accepts web origins as browsers write them, or any', () => {
    const resolved = (allowedOrigins: unknown) =>
      resolveWith({ allowedOrigins }).config.allowedOrigins;
    expect(resolved(['https://app.example.com', 'http://app.example.com:8080/'])).toEqual([
      'https://app.example.com',
      'http://app.example.com:8080',
    ]);
    expect(resolved('*')).toBe('any');
    expect(resolved([])).toEqual([]);
  });

  it.each([
    ['a host', 'app.example.com'],
    ['a path', 'https://app.example.com/app'],
    ['a pattern', 'https://*.example.com/*'],
    ['any besides others', ['*', 'https://app.example.com']],
    ['upper case, which no browser sends', 'https://APP.example.com'],
  ])('refuses %s', (_what, allowedOrigins) => {
    expect(refusalOf({ allowedOrigins }).option).toBe('allowedOrigins');
  });
});
