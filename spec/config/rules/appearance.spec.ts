import { describe, expect, it } from '@jest/globals';

import { refusalOf, resolveWith } from '../resolve-with.js';

describe('branding', () => {
  it('is the host of the resource by default', () => {
    expect(resolveWith().config.brand).toEqual({
      name: 'mcp.example.com',
      logo: undefined,
      accentColor: '#2f5fd0',
      policyUrl: undefined,
      termsUrl: undefined,
    });
  });

  it('is merged field by field, code over the environment', () => {
    const environment = {
      AUTH0_MCP_BRANDING_NAME: 'Harbour',
      AUTH0_MCP_BRANDING_LOGO: '/logo.svg',
    };
    const branding = { name: 'Pier', policyUrl: '/privacy', logo: undefined };
    expect(resolveWith({ branding }, environment).config.brand).toMatchObject({
      name: 'Pier',
      logo: '/logo.svg',
      policyUrl: '/privacy',
    });
  });

  it('can be from the environment alone', () => {
    const environment = {
      AUTH0_MCP_BRANDING_NAME: 'Harbour',
      AUTH0_MCP_BRANDING_LOGO: '/logo.svg',
      AUTH0_MCP_BRANDING_ACCENT_COLOR: '#123',
      AUTH0_MCP_BRANDING_POLICY_URL: 'https://harbour.example/privacy',
      AUTH0_MCP_BRANDING_TERMS_URL: '',
    };
    expect(resolveWith({}, environment).config.brand).toEqual({
      name: 'Harbour',
      logo: '/logo.svg',
      accentColor: '#123',
      policyUrl: 'https://harbour.example/privacy',
      termsUrl: undefined,
    });
  });

  it.each([
    ['a text', 'Harbour', 'branding'],
    ['a list', [], 'branding'],
    ['a misspelt field', { colour: '#fff' }, 'colour'],
    ['a logo on another host', { logo: 'https://cdn.example/logo.png' }, 'branding.logo'],
    ['a colour by name', { accentColor: 'tomato' }, 'branding.accentColor'],
    ['a policy without TLS', { policyUrl: 'http://a.example/' }, 'branding.policyUrl'],
    ['terms that are a number', { termsUrl: 7 }, 'branding.termsUrl'],
    ['an empty name', { name: '' }, 'branding.name'],
  ])('refuses %s and names the field', (_what, branding, option) => {
    expect(refusalOf({ branding }).option).toBe(option);
  });

  it('names the variable of the wrong field, its value and the remedy', () => {
    const error = refusalOf({}, { AUTH0_MCP_BRANDING_ACCENT_COLOR: 'tomato' });
    expect(error.option).toBe('branding.accentColor');
    expect(error.message).toBe(
      'branding.accentColor (environment: AUTH0_MCP_BRANDING_ACCENT_COLOR) is "tomato"; ' +
        'it must be a hex colour such as "#2f5fd0"',
    );
  });

  it('suggests the right name for a misspelt variable', () => {
    const error = refusalOf({}, { AUTH0_MCP_BRANDING_COLOR: '#fff' });
    expect(error.message).toMatch(/Did you mean AUTH0_MCP_BRANDING_\w+\?/);
  });
});

describe('texts', () => {
  it('replaces texts and adds languages', () => {
    const { catalogue } = resolveWith({
      texts: {
        en: { consent: { allow: 'Let it in' } },
        'pt-BR': { consent: { allow: 'Permitir' } },
      },
    }).config;
    const allow = (uiLocales: string): string =>
      catalogue.choose({ uiLocales, acceptLanguage: undefined }).consent.allow;
    expect([allow('en'), allow('pt-BR')]).toEqual(['Let it in', 'Permitir']);
  });

  it.each([
    ['a list', [], 'texts'],
    ['a tag that is none', { 'en US': {} }, 'texts'],
    ['an unknown sentence', { de: { consent: { permit: 'Ja' } } }, 'texts.de.consent.permit'],
    ['a lost place', { de: { consent: { heading: 'Ja?' } } }, 'texts.de.consent.heading'],
    ['texts that are a number', { de: 7 }, 'texts.de'],
  ])('refuses %s and names the place', (_what, texts, option) => {
    const error = refusalOf({ texts });
    expect(error.option).toBe(option);
    expect(error.message).toMatch(/^texts/);
  });
});

describe('scopeDescriptions', () => {
  it('describe scopes', () => {
    const scopeDescriptions = { 'files:write': ' Change your files… ' };
    expect(resolveWith({ scopeDescriptions }).config.scopes.descriptions).toEqual(
      new Map([['files:write', 'Change your files…']]),
    );
  });

  it.each([
    ['a list', ['files:write'], 'scopeDescriptions'],
    ['what is no scope', { 'two words': 'x' }, 'scopeDescriptions'],
    ['an empty description', { a: ' ' }, 'scopeDescriptions.a'],
    ['a description that is none', { a: 1 }, 'scopeDescriptions.a'],
    ['a page of text', { a: 'x'.repeat(201) }, 'scopeDescriptions.a'],
  ])('refuses %s', (_what, scopeDescriptions, option) => {
    expect(refusalOf({ scopeDescriptions }).option).toBe(option);
  });
});
