/**
 * Which language a page is in: what the client passed on, else what the browser asks for.
 *
 * Spec: `ui_locales` of OpenID Connect Core §3.1.2.1; `Accept-Language` of RFC 9110 §12.5.4;
 * look-up of RFC 4647 §3.4.
 *
 * @module
 */
import { trimOws } from '../../oauth/optional-whitespace.js';

/** Longest header or parameter looked at: far more than any browser sends, a bound on the work. */
const MAX_LENGTH = 400;

/** What is known about the reader; both are untrusted text and may be absent. */
export interface LocalePreference {
  /** `ui_locales`: language tags, separated by spaces, best first. */
  readonly uiLocales?: string | undefined;
  /** The `Accept-Language` header. */
  readonly acceptLanguage?: string | undefined;
}

/**
 * The first of `available` that serves as fallback, unless one fits what the reader prefers.
 *
 * @param available language tags, the fallback first
 */
export function chooseLocale<Locale extends string>(
  { uiLocales = '', acceptLanguage = '' }: LocalePreference,
  available: readonly [Locale, ...Locale[]],
): Locale {
  const wanted = [...listed(uiLocales), ...weighed(acceptLanguage)];
  for (const tag of wanted) {
    const match = lookUp(tag, available);
    if (match !== undefined) return match;
  }
  return available[0];
}

function listed(uiLocales: string): string[] {
  return uiLocales.slice(0, MAX_LENGTH).split(' ');
}

function weighed(acceptLanguage: string): string[] {
  return acceptLanguage
    .slice(0, MAX_LENGTH)
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

/** RFC 4647 §3.4: shorten the range from its end until it is one of ours. */
function lookUp<Locale extends string>(
  range: string,
  available: readonly Locale[],
): Locale | undefined {
  const subtags = range.toLowerCase().split('-');
  for (let length = subtags.length; length > 0; length -= 1) {
    const tag = subtags.slice(0, length).join('-');
    const match = available.find((locale) => locale.toLowerCase() === tag);
    if (match !== undefined) return match;
  }
  return undefined;
}
