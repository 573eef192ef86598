import { describe, expect, it } from '@jest/globals';

import { chooseLocale, type LocalePreference } from '../../../lib/pages/texts/locale.js';

const LOCALES = ['en', 'de', 'fr', 'es', 'pt-BR'] as const;

describe('chooseLocale', () => {
  it.each<[string, LocalePreference, string]>([
    ['nothing', {}, 'en'],
    ['one language', { acceptLanguage: 'fr' }, 'fr'],
    ['a region we do not have', { acceptLanguage: 'de-AT' }, 'de'],
    ['a region we have, in any case', { acceptLanguage: 'PT-br' }, 'pt-BR'],
    ['a language we have for one region only', { acceptLanguage: 'pt' }, 'en'],
    ['weights', { acceptLanguage: 'en;q=0.5, es;q=0.9 , de;q=0.7' }, 'es'],
    ['the first of equals', { acceptLanguage: 'it, fr, de' }, 'fr'],
    ['a language the reader refuses', { acceptLanguage: 'de;q=0, fr;q=0.1' }, 'fr'],
    ['any language', { acceptLanguage: '*' }, 'en'],
    ['ui_locales over the header', { uiLocales: 'it es de', acceptLanguage: 'fr' }, 'es'],
    ['ui_locales nobody has', { uiLocales: 'it ja', acceptLanguage: 'fr' }, 'fr'],
    ['nonsense', { uiLocales: '<script> -- ', acceptLanguage: ';;q=x,,=,de;q=nan' }, 'en'],
    ['a very long header', { acceptLanguage: `${'x-'.repeat(50_000)},de` }, 'en'],
  ])('fits %s', (_what, preference, locale) => {
    expect(chooseLocale(preference, LOCALES)).toBe(locale);
  });
});
