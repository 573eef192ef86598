import { describe, expect, it } from '@jest/globals';

import { createCatalogue, type TextOverrides } from '../../../lib/pages/texts/catalogue.js';
import { de } from '../../../lib/pages/texts/de.js';
import { en } from '../../../lib/pages/texts/en.js';
import { es } from '../../../lib/pages/texts/es.js';
import { fr } from '../../../lib/pages/texts/fr.js';

/** Path → text, so that two languages can be laid side by side. */
function flat(texts: object, path = ''): [string, string][] {
  return Object.entries(texts).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[`${path}${key}`, value]] : flat(value, `${path}${key}.`),
  );
}

const shape = (texts: object): string[] =>
  flat(texts).map(([path, text]) => `${path} ${[...(text.match(/\{\w+\}/g) ?? [])].sort()}`);

describe('the texts', () => {
  it.each([de, fr, es])(
    'in $lang say all that the English ones say, with the same places',
    (texts) => {
      expect(shape(texts)).toEqual(shape(en));
    },
  );

  it.each([de, fr, es])('in $lang are translated, every one', (texts) => {
    const english = new Map(flat(en));
    const same = flat(texts).filter(([path, text]) => english.get(path) === text);
    expect(same.map(([path]) => path)).toEqual(['dir']);
  });
});

describe('createCatalogue', () => {
  it('has four languages, English first', () => {
    expect(createCatalogue().languages).toEqual(['en', 'de', 'fr', 'es']);
    expect(createCatalogue().choose({ acceptLanguage: 'es-MX' })).toBe(es);
    expect(createCatalogue().choose({ acceptLanguage: 'ja' })).toBe(en);
  });

  it('puts one sentence of the operator over ours and keeps the rest', () => {
    const catalogue = createCatalogue({ de: { consent: { allow: 'Ja, gern' } } });
    const { consent } = catalogue.choose({ uiLocales: 'de' });
    expect(consent).toEqual({ ...de.consent, allow: 'Ja, gern' });
    expect(de.consent.allow).toBe('Erlauben');
  });

  it('adds a language, from right to left if it has to be', () => {
    const catalogue = createCatalogue({ ar: { dir: 'rtl', consent: { allow: 'السماح' } } });
    const texts = catalogue.choose({ acceptLanguage: 'ar-EG' });
    expect(texts).toMatchObject({ lang: 'ar', dir: 'rtl', consent: { allow: 'السماح' } });
    expect(texts.error).toEqual(en.error);
  });

  it('reads a tag the way people write it', () => {
    expect(createCatalogue({ pt_br: {} }).languages).toContain('pt-BR');
  });

  it.each<[string, unknown, RegExp]>([
    ['a tag that is no language', { 'not a tag': {} }, /language tag/],
    ['a tag that is malformed', { e: {} }, /./],
    [
      'an unknown text',
      { en: { consent: { alow: 'Yes' } } },
      /texts\.en\.consent\.alow is not a text/,
    ],
    ['an inherited name', { en: { constructor: 'x' } }, /texts\.en\.constructor is not a text/],
    ['the language itself', { en: { lang: 'fr' } }, /texts\.en\.lang is not a text/],
    ['a text that is no text', { en: { consent: { allow: 1 } } }, /has to be a text/],
    ['an empty text', { en: { consent: { allow: ' ' } } }, /has to be a text/],
    ['a text in place of a group', { en: { consent: 'x' } }, /has to be an object/],
    ['a direction that is none', { en: { dir: 'up' } }, /"ltr" or "rtl"/],
    [
      'a heading that hides who asks',
      { en: { consent: { heading: '{service}?' } } },
      /\{app\} \{service\}/,
    ],
    ['a place that nothing fills', { en: { consent: { allow: '{app}' } } }, /no \{placeholder\}/],
  ])('refuses %s', (_what, overrides, message) => {
    const create = (): unknown => createCatalogue(overrides as TextOverrides);
    expect(create).toThrow(RangeError);
    expect(create).toThrow(message);
  });
});
