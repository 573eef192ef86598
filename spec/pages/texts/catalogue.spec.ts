import { describe, expect, it } from '@jest/globals';

import {
  chooseLocale,
  createCatalogue,
  type LocalePreference,
  type TextOverrides,
} from '../../../lib/pages/texts/catalogue.js';
import de from '../../../lib/pages/texts/de.json' with { type: 'json' };
import en from '../../../lib/pages/texts/en.json' with { type: 'json' };
import es from '../../../lib/pages/texts/es.json' with { type: 'json' };
import fr from '../../../lib/pages/texts/fr.json' with { type: 'json' };

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
    'in $lang have every text of the English ones, with the same placeholders',
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

  it('replaces one text by the operator’s and keeps the rest', () => {
    const catalogue = createCatalogue({ de: { consent: { allow: 'Ja, gern' } } });
    const { consent } = catalogue.choose({ uiLocales: 'de' });
    expect(consent).toEqual({ ...de.consent, allow: 'Ja, gern' });
    expect(de.consent.allow).toBe('Erlauben');
  });

  it('adds a language, also one written from right to left', () => {
    const catalogue = createCatalogue({ ar: { dir: 'rtl', consent: { allow: 'السماح' } } });
    const texts = catalogue.choose({ acceptLanguage: 'ar-EG' });
    expect(texts).toMatchObject({ lang: 'ar', dir: 'rtl', consent: { allow: 'السماح' } });
    expect(texts.error).toEqual(en.error);
  });

  it('normalizes a language tag', () => {
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
    ['a text that is no text', { en: { consent: { allow: 1 } } }, /must be a text/],
    ['an empty text', { en: { consent: { allow: ' ' } } }, /must be a text/],
    ['a text in place of a group', { en: { consent: 'x' } }, /must be an object/],
    ['a direction that is none', { en: { dir: 'up' } }, /"ltr" or "rtl"/],
    [
      'a heading without the name of the client',
      { en: { consent: { heading: '{service}?' } } },
      /\{app\} \{service\}/,
    ],
    [
      'a placeholder without a value',
      { en: { consent: { allow: '{app}' } } },
      /no \{placeholder\}/,
    ],
  ])('refuses %s', (_what, overrides, message) => {
    const create = (): unknown => createCatalogue(overrides as TextOverrides);
    expect(create).toThrow(RangeError);
    expect(create).toThrow(message);
  });
});

const LOCALES = ['en', 'de', 'fr', 'es', 'pt-BR'] as const;

describe('chooseLocale', () => {
  it.each<[string, LocalePreference, string]>([
    ['nothing', {}, 'en'],
    ['one language', { acceptLanguage: 'fr' }, 'fr'],
    ['an unavailable region', { acceptLanguage: 'de-AT' }, 'de'],
    ['an available region, in any letter case', { acceptLanguage: 'PT-br' }, 'pt-BR'],
    ['a language that is available for one region only', { acceptLanguage: 'pt' }, 'en'],
    ['weights', { acceptLanguage: 'en;q=0.5, es;q=0.9 , de;q=0.7' }, 'es'],
    ['the first of equals', { acceptLanguage: 'it, fr, de' }, 'fr'],
    ['a language with weight 0', { acceptLanguage: 'de;q=0, fr;q=0.1' }, 'fr'],
    ['any language', { acceptLanguage: '*' }, 'en'],
    ['ui_locales over the header', { uiLocales: 'it es de', acceptLanguage: 'fr' }, 'es'],
    ['unavailable ui_locales', { uiLocales: 'it ja', acceptLanguage: 'fr' }, 'fr'],
    ['malformed values', { uiLocales: '<script> -- ', acceptLanguage: ';;q=x,,=,de;q=nan' }, 'en'],
    ['a very long header', { acceptLanguage: `${'x-'.repeat(50_000)},de` }, 'en'],
  ])('chooses for %s', (_what, preference, locale) => {
    expect(chooseLocale(preference, LOCALES)).toBe(locale);
  });
});
