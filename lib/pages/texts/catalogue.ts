/** The languages of the pages: four that ship with the package, and what the operator changes or adds. */
import { trimOws } from '../../oauth/optional-whitespace.js';
import de from './de.json' with { type: 'json' };
import en from './en.json' with { type: 'json' };
import es from './es.json' with { type: 'json' };
import fr from './fr.json' with { type: 'json' };
import type { PageTexts } from './page-texts.js';

// A spec compares the keys and placeholders of each file with those of the English one.
const ENGLISH = en as PageTexts;
const SHIPPED = [ENGLISH, de, fr, es] as readonly PageTexts[];

/** Longest `Accept-Language` or `ui_locales` that is read, in characters: far more than browsers send. */
const MAX_PREFERENCE_LENGTH = 400;

/**
 * Replacements for texts of one language, each in its place in {@link PageTexts}. There is no `lang`: it is the
 * key of the language.
 */
export type SomeTexts = Partial<Omit<Overrides<PageTexts>, 'lang'>>;

type Overrides<T> = {
  readonly [K in keyof T]?: T[K] extends string ? T[K] : Overrides<T[K]>;
};

/** Language tag → replacements for its texts. Texts that a new language leaves out stay English. */
export type TextOverrides = Readonly<Record<string, SomeTexts>>;

/** All available languages. */
export interface Catalogue {
  /** Language tags, the fallback first. */
  readonly languages: readonly [string, ...string[]];
  /** The texts in the language that the user prefers; English if none is available. */
  choose(preference: LocalePreference): PageTexts;
}

/** The languages a user prefers. Both are untrusted text. */
export interface LocalePreference {
  /** `ui_locales` of OpenID Connect Core §3.1.2.1: language tags, separated by spaces, best first. */
  readonly uiLocales?: string | undefined;
  /** The `Accept-Language` header of RFC 9110 §12.5.4. */
  readonly acceptLanguage?: string | undefined;
}

/**
 * Puts the operator's texts over the shipped ones.
 *
 * @throws RangeError an invalid language tag, an unknown key, a value that is not a string, or other placeholders
 *   than in the text it replaces: the page would no longer name the client or the host that receives access
 */
export function createCatalogue(overrides: TextOverrides = {}): Catalogue {
  const texts = new Map(SHIPPED.map((shipped) => [shipped.lang, shipped]));
  for (const [tag, changes] of Object.entries(overrides)) {
    const lang = canonicalTag(tag);
    const base = { ...(texts.get(lang) ?? ENGLISH), lang };
    texts.set(lang, merge(toTable(base), changes, `texts.${tag}`) as unknown as PageTexts);
  }
  const languages: [string, ...string[]] = [ENGLISH.lang, ...[...texts.keys()].slice(1)];
  return {
    languages,
    choose: (preference) => texts.get(chooseLocale(preference, languages)) ?? ENGLISH,
  };
}

function canonicalTag(tag: string): string {
  const [canonical] = /^[\w-]+$/.test(tag) ? Intl.getCanonicalLocales(tag.replace(/_/g, '-')) : [];
  if (canonical === undefined)
    throw new RangeError(`texts: "${tag}" is not a language tag such as "pt-BR"`);
  return canonical;
}

/** A nested table of texts: {@link PageTexts} without its field names. */
interface Table {
  readonly [key: string]: string | Table;
}

function toTable(texts: PageTexts): Table {
  return texts as unknown as Table;
}

function merge(base: Table, changes: unknown, path: string): Table {
  if (typeof changes !== 'object' || changes === null) {
    throw new RangeError(`${path} must be an object of texts`);
  }
  const merged: Record<string, string | Table> = { ...base };
  for (const [key, change] of Object.entries(changes)) {
    const original = Object.hasOwn(base, key) && key !== 'lang' ? base[key] : undefined;
    const name = `${path}.${key}`;
    if (original === undefined) throw new RangeError(`${name} is not a text of the pages`);
    merged[key] =
      typeof original === 'string'
        ? checkedText(original, change, name)
        : merge(original, change, name);
  }
  return merged;
}

function checkedText(original: string, change: unknown, name: string): string {
  if (typeof change !== 'string' || change.trim() === '') {
    throw new RangeError(`${name} must be a text that is not empty`);
  }
  if (name.endsWith('.dir') && change !== 'ltr' && change !== 'rtl') {
    throw new RangeError(`${name} must be "ltr" or "rtl"`);
  }
  const required = placeholders(original);
  if (placeholders(change) !== required) {
    throw new RangeError(`${name} must contain ${required || 'no {placeholder}'}: "${original}"`);
  }
  return change;
}

function placeholders(text: string): string {
  return [...new Set(text.match(/\{\w+\}/g))].sort().join(' ');
}

/**
 * Chooses a language: `ui_locales` first, then `Accept-Language`, then the fallback.
 *
 * @param available language tags, the fallback first
 */
export function chooseLocale(
  { uiLocales = '', acceptLanguage = '' }: LocalePreference,
  available: readonly [string, ...string[]],
): string {
  const preferred = [
    ...uiLocales.slice(0, MAX_PREFERENCE_LENGTH).split(' '),
    ...byWeight(acceptLanguage.slice(0, MAX_PREFERENCE_LENGTH)),
  ];
  for (const range of preferred) {
    const match = lookUp(range, available);
    if (match !== undefined) return match;
  }
  return available[0];
}

function byWeight(acceptLanguage: string): string[] {
  return acceptLanguage
    .split(',')
    .map((range) => {
      const [tag = '', ...parameters] = range.split(';').map(trimOws);
      const weight = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2) ?? '1';
      return { tag, weight: Number(weight) };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
}

/** RFC 4647 §3.4: the range is shortened from its end until a language matches. */
function lookUp(range: string, available: readonly string[]): string | undefined {
  const subtags = range.toLowerCase().split('-');
  for (let length = subtags.length; length > 0; length -= 1) {
    const tag = subtags.slice(0, length).join('-');
    const match = available.find((locale) => locale.toLowerCase() === tag);
    if (match !== undefined) return match;
  }
  return undefined;
}
