/**
 * Reads one raw value as the type its option has, or throws.
 *
 * @module
 */

import { refuseCopyErrors } from './copied-values.js';
import { wrongOption } from './errors.js';
import type { OptionName, RawOptions } from './option-table.js';

/**
 * A text without white space around it; undefined where the option was not given.
 *
 * @throws Auth0McpConfigError not a string, empty, still the placeholder of an example, or with what other
 *   tools leave in a value
 */
export function textOf(raw: RawOptions, option: OptionName): string | undefined {
  const value = raw[option];
  return value === undefined ? undefined : asText(value, option);
}

/** {@link textOf} for a value inside an option. */
export function asText(value: unknown, option: string): string {
  if (typeof value !== 'string') throw wrongOption(option, value, 'It has to be a string.');
  if (value.trim() === '') throw wrongOption(option, value, 'Give a value, or leave it out.');
  if (value.trim() !== value) {
    throw wrongOption(option, value, 'Remove the white space before or after it.');
  }
  refuseCopyErrors(value, option);
  if (/\.\.\.|…/.test(value)) {
    throw wrongOption(
      option,
      value,
      'That is an example with something left out: write it in full.',
    );
  }
  if (value.startsWith('YOUR_')) {
    throw wrongOption(
      option,
      value,
      'That is the placeholder of an example: put your own value there. Those of Auth0 are in its ' +
        'dashboard: Applications, your application, Settings.',
    );
  }
  return value;
}

/**
 * A list of texts without repetition; a single text is split as in the environment.
 *
 * @throws Auth0McpConfigError neither a list nor a text, or an entry that is no text
 */
export function listOf(raw: RawOptions, option: OptionName): readonly string[] | undefined {
  const value = raw[option];
  return value === undefined ? undefined : asList(value, option);
}

/** {@link listOf} for a value inside an option. */
export function asList(value: unknown, option: string): readonly string[] {
  const list = typeof value === 'string' ? splitList(value, option) : value;
  if (!Array.isArray(list)) throw wrongOption(option, value, 'It has to be a list of strings.');
  return [...new Set(list.map((entry: unknown, at) => asText(entry, `${option}[${at}]`)))];
}

/**
 * The entries of a text: a JSON array if it starts like one, else parted by commas and spaces.
 *
 * @throws Auth0McpConfigError it starts like a JSON array and is none
 */
export function splitList(text: string, option: string): readonly unknown[] {
  if (!text.trimStart().startsWith('[')) return text.split(/[\s,]+/).filter((word) => word !== '');
  const parsed = parsedJson(text);
  if (Array.isArray(parsed)) return parsed;
  throw wrongOption(option, text, 'It starts like a JSON array but is none: ["one", "two"].');
}

/** What the JSON text says, or undefined where it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may be a secret.
    return undefined;
  }
}

/** On or off. @throws Auth0McpConfigError not a boolean */
export function switchOf(raw: RawOptions, option: OptionName, fallback: boolean): boolean {
  const value = raw[option] === undefined ? fallback : raw[option];
  if (typeof value !== 'boolean') throw wrongOption(option, value, 'It has to be true or false.');
  return value;
}

/** A whole number within bounds, both included. @throws Auth0McpConfigError anything else */
export function wholeNumberOf(
  raw: RawOptions,
  option: OptionName,
  bounds: { readonly min: number; readonly max: number; readonly fallback: number },
): number {
  const value = raw[option] === undefined ? bounds.fallback : raw[option];
  if (Number.isInteger(value) && Number(value) >= bounds.min && Number(value) <= bounds.max) {
    return Number(value);
  }
  const remedy = `It has to be a whole number of seconds from ${bounds.min} to ${bounds.max}.`;
  throw wrongOption(option, value, remedy);
}

/** One of a closed set of words, or undefined. @throws Auth0McpConfigError any other value */
export function choiceOf<Choice extends string>(
  raw: RawOptions,
  option: OptionName,
  choices: readonly Choice[],
): Choice | undefined {
  const value = raw[option];
  if (value === undefined) return undefined;
  const choice = choices.find((one) => one === value);
  if (choice !== undefined) return choice;
  const words = choices.map((one) => `'${one}'`).join(', ');
  throw wrongOption(option, value, `It has to be one of ${words}.`);
}

/** The entries of an object; `remedy` may show which. @throws Auth0McpConfigError not an object */
export function asEntries(
  value: unknown,
  option: string,
  remedy = 'It has to be an object.',
): readonly (readonly [string, unknown])[] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value);
  }
  throw wrongOption(option, value, remedy);
}
