import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { fill, html, isOwnPath, postForm, webLink } from '../../lib/pages/html.js';
import { expectAlways } from '../fuzz/property.js';

const text = (value: { toString(): string }): string => value.toString();

describe('html`…`', () => {
  it('returns the template unchanged', () => {
    expect(text(html`<p class="a">x & y</p>`)).toBe('<p class="a">x & y</p>');
  });

  it.each([
    ['an element', '<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['a double quote', '" onload="x', '&quot; onload=&quot;x'],
    ['a single quote', "' onload='x", '&#39; onload=&#39;x'],
    ['an entity', '&lt;', '&amp;lt;'],
    ['a backtick', '`', '&#96;'],
  ])('R-AZ-17 escapes %s', (_name, value, escaped) => {
    expect(text(html`<b title="${value}">${value}</b>`)).toBe(
      `<b title="${escaped}">${escaped}</b>`,
    );
  });

  it('R-AZ-17 lets no value open an element or close an attribute', () => {
    expectAlways(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(text(html`${value}`)).not.toMatch(/[<>"'`]/);
      }),
    );
  });

  it('nests markup and lists of markup without escaping it', () => {
    const items = ['<', '>'].map((item) => html`<li>${item}</li>`);
    expect(text(html`<ul>${items}</ul>`)).toBe('<ul><li>&lt;</li><li>&gt;</li></ul>');
  });

  it('renders nothing for undefined and false, and renders zero', () => {
    expect(text(html`[${undefined}${false}${0}${''}]`)).toBe('[0]');
  });

  it('throws for an object that only resembles markup', () => {
    const forged = { toString: () => '<script>' } as unknown as string;
    expect(() => text(html`${forged}`)).toThrow();
  });
});

describe('fill', () => {
  it('escapes the text and the values, but not markup', () => {
    const filled = fill('{app} & {service}', { app: '<b>', service: html`<bdi>S</bdi>` });
    expect(text(filled)).toBe('&lt;b&gt; &amp; <bdi>S</bdi>');
  });

  it('does not fill placeholders inside values', () => {
    expect(text(fill('{app}', { app: '{service}', service: 'S' }))).toBe('{service}');
  });

  it.each(['app', 'constructor'])('throws for a placeholder without a value: {%s}', (name) => {
    expect(() => fill(`{${name}}`, {})).toThrow(RangeError);
  });
});

const REFUSED = [
  'javascript:alert(1)',
  'JAVASCRIPT:alert(1)',
  ' javascript:alert(1)',
  'java\tscript:alert(1)',
  'data:text/html,x',
  'vbscript:x',
  'file:///etc/passwd',
  '//evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  '\\\\evil.example',
  'https:/evil.example x',
  'https://',
  'relative',
  '',
];

describe('links and forms of the pages', () => {
  it.each(REFUSED)('R-AZ-17 do not lead to %j', (value) => {
    expect(webLink(value)).toBeUndefined();
    expect(isOwnPath(value)).toBe(false);
    expect(() => postForm({ action: value, fields: {} }, html``)).toThrow(RangeError);
  });

  it.each(['https://a.example/x?y#z', 'http://localhost:3000/', '/privacy', '/'])(
    'lead to %s',
    (value) => {
      expect(webLink(value)).toBe(value);
      expect(text(postForm({ action: value, fields: {} }, html``))).toContain(` action="${value}"`);
    },
  );
});
