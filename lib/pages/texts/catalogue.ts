/**
 * The texts of the pages: four languages of our own, and what the operator changes or adds.
 *
 * @module
 */
import { de } from './de.js';
import { en } from './en.js';
import { es } from './es.js';
import { fr } from './fr.js';
import { chooseLocale, type LocalePreference } from './locale.js';
import type { PageTexts } from './page-texts.js';

/**
 * Some of the texts of one language: those of {@link PageTexts} to say differently, each where it
 * stands there. `lang` is left out: it is the key they stand under.
 */
export type SomeTexts = Partial<Omit<Overrides<PageTexts>, 'lang'>>;

type Overrides<T> = {
  readonly [K in keyof T]?: T[K] extends string ? T[K] : Overrides<T[K]>;
};

/** Language tag → texts to use instead of ours; what a new language leaves out stays English. */
export type TextOverrides = Readonly<Record<string, SomeTexts>>;

/** All languages at hand. */
export interface Catalogue {
  /** Language tags, the fallback first. */
  readonly languages: readonly [string, ...string[]];
  /** The texts this reader understands best; English where nothing fits. */
  choose(preference: LocalePreference): PageTexts;
}

/** A nested table of sentences: what {@link PageTexts} is once its field names don't matter. */
interface Table {
  readonly [key: string]: string | Table;
}

const SHIPPED: ReadonlyMap<string, PageTexts> = new Map([en, de, fr, es].map((t) => [t.lang, t]));

/**
 * Puts the operator's texts over ours.
 *
 * @throws RangeError on a tag that names no language, an unknown text, one that is no string, and
 *   one that lacks a `{placeholder}` or has another: the page would no longer say who asks
 */
export function createCatalogue(overrides: TextOverrides = {}): Catalogue {
  const texts = new Map(SHIPPED);
  for (const [tag, changes] of Object.entries(overrides)) {
    const lang = canonicalTag(tag);
    const base = { ...(texts.get(lang) ?? en), lang };
    texts.set(lang, merge(toTable(base), changes, `texts.${tag}`) as unknown as PageTexts);
  }
  const languages: [string, ...string[]] = [en.lang, ...[...texts.keys()].slice(1)];
  return {
    languages,
    choose: (preference) => texts.get(chooseLocale(preference, languages)) ?? en,
  };
}

function canonicalTag(tag: string): string {
  const [canonical] = /^[\w-]+$/.test(tag) ? Intl.getCanonicalLocales(tag.replace(/_/g, '-')) : [];
  if (canonical === undefined)
    throw new RangeError(`texts: "${tag}" is no language tag such as "pt-BR"`);
  return canonical;
}

function toTable(texts: PageTexts): Table {
  return texts as unknown as Table;
}

function merge(base: Table, changes: unknown, path: string): Table {
  if (typeof changes !== 'object' || changes === null) {
    throw new RangeError(`${path} has to be an object of texts`);
  }
  const merged: Record<string, string | Table> = { ...base };
  for (const [key, change] of Object.entries(changes)) {
    const original = Object.hasOwn(base, key) && key !== 'lang' ? base[key] : undefined;
    const name = `${path}.${key}`;
    if (original === undefined) throw new RangeError(`${name} is not a text of the pages`);
    merged[key] =
      typeof original === 'string'
        ? sentence(original, change, name)
        : merge(original, change, name);
  }
  return merged;
}

function sentence(original: string, change: unknown, name: string): string {
  if (typeof change !== 'string' || change.trim() === '') {
    throw new RangeError(`${name} has to be a text that is not empty`);
  }
  if (name.endsWith('.dir') && change !== 'ltr' && change !== 'rtl') {
    throw new RangeError(`${name} has to be "ltr" or "rtl"`);
  }
  const places = placeholders(original);
  if (placeholders(change) !== places) {
    throw new RangeError(`${name} has to name ${places || 'no {placeholder}'}: "${original}"`);
  }
  return change;
}

function placeholders(text: string): string {
  return [...new Set(text.match(/\{\w+\}/g))].sort().join(' ');
}
