import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { fill, html } from '../../../lib/pages/markup/html.js';
import { expectAlways } from '../../fuzz/property.js';

const text = (value: { toString(): string }): string => value.toString();

describe('html`…`', () => {
  it('leaves the template as it stands', () => {
    expect(text(html`<p class="a">x & y</p>`)).toBe('<p class="a">x & y</p>');
  });

  it.each([
    ['an element', '<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['a double quote', '" onload="x', '&quot; onload=&quot;x'],
    ['a single quote', "' onload='x", '&#39; onload=&#39;x'],
    ['an entity', '&lt;', '&amp;lt;'],
    ['a backtick', '`', '&#96;'],
  ])('R-AZ-17 makes %s inert', (_name, value, escaped) => {
    expect(text(html`<b title="${value}">${value}</b>`)).toBe(
      `<b title="${escaped}">${escaped}</b>`,
    );
  });

  it('R-AZ-17 lets no value whatever open an element or close an attribute', () => {
    expectAlways(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(text(html`${value}`)).not.toMatch(/[<>"'`]/);
      }),
    );
  });

  it('puts markup into markup as it is, and lists of it', () => {
    const items = ['<', '>'].map((item) => html`<li>${item}</li>`);
    expect(text(html`<ul>${items}</ul>`)).toBe('<ul><li>&lt;</li><li>&gt;</li></ul>');
  });

  it('leaves nothing for undefined and false, and writes zero', () => {
    expect(text(html`[${undefined}${false}${0}${''}]`)).toBe('[0]');
  });

  it('is not fooled by an object that looks like markup', () => {
    const forged = { toString: () => '<script>' } as unknown as string;
    expect(() => text(html`${forged}`)).toThrow();
  });
});

describe('fill', () => {
  it('escapes the sentence and the values, but not markup', () => {
    const filled = fill('{app} & {service}', { app: '<b>', service: html`<bdi>S</bdi>` });
    expect(text(filled)).toBe('&lt;b&gt; &amp; <bdi>S</bdi>');
  });

  it('does not fill what a value brings along', () => {
    expect(text(fill('{app}', { app: '{service}', service: 'S' }))).toBe('{service}');
  });

  it.each(['app', 'constructor'])('refuses a placeholder without a value: {%s}', (name) => {
    expect(() => fill(`{${name}}`, {})).toThrow(RangeError);
  });
});
