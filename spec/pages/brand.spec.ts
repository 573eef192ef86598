import { describe, expect, it } from '@jest/globals';

import { type BrandOptions, parseBrand } from '../../lib/pages/brand.js';

const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';

describe('parseBrand', () => {
  it('needs no more than a name', () => {
    expect(parseBrand({ name: 'Harbour' })).toEqual({
      name: 'Harbour',
      logo: undefined,
      accentColor: '#2f5fd0',
      policyUrl: undefined,
      termsUrl: undefined,
    });
  });

  it.each([
    PIXEL,
    'data:image/svg+xml;utf8,%3Csvg%20/%3E',
    'data:image/svg+xml;charset=utf-8;base64,PHN2Zy8+',
    '/logo.svg?v=2',
  ])('takes the logo %s', (logo) => {
    expect(parseBrand({ name: 'Harbour', logo }).logo).toBe(logo);
  });

  it.each<[string, Partial<BrandOptions>]>([
    ['a name nobody can read', { name: '\u200b' }],
    ['a name that is no text', { name: 7 as unknown as string }],
    ['a logo on another host', { logo: 'https://cdn.example/logo.png' }],
    ['a logo on another host, in short', { logo: '//cdn.example/logo.png' }],
    ['a logo that is no image', { logo: 'data:text/html,<script>' }],
    ['a logo with a quote', { logo: 'data:image/svg+xml,"><script>' }],
    ['a logo as heavy as a photograph', { logo: `${PIXEL}${'A'.repeat(70_000)}` }],
    ['a colour by name', { accentColor: 'tomato' }],
    ['a colour with more in it', { accentColor: '#fff;}body{display:none' }],
    ['a policy that is a script', { policyUrl: 'javascript:alert(1)' }],
    ['a policy without TLS', { policyUrl: 'http://a.example/' }],
    ['terms on another host, in short', { termsUrl: '//a.example/' }],
  ])('throws for %s, with the field and a valid example', (_what, wrong) => {
    const [field = ''] = Object.keys(wrong);
    expect(() => parseBrand({ name: 'Harbour', ...wrong })).toThrow(
      new RegExp(`^branding\\.${field} is .* it must be `),
    );
  });

  it('does not repeat a whole logo in the message', () => {
    const logo = `https://cdn.example/${'x'.repeat(10_000)}`;
    expect(() => parseBrand({ name: 'Harbour', logo })).toThrow(/^.{0,250}$/);
  });
});
