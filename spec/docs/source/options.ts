/** The options with their docstrings and their names in the environment. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  environmentNames,
  isOptionName,
  OPTION_TABLE,
  type OptionName,
  PREFIX,
} from '../../../lib/config/option-table.js';
import { ROOT } from '../../support/source-tree.js';
import { firstSentence, parseDocstring } from './docstring.js';

/** An option with its documentation. */
export interface DocumentedOption {
  readonly name: OptionName;
  /** Every paragraph but the last, in Markdown. */
  readonly paragraphs: readonly string[];
  /** In one sentence, without the full stop. */
  readonly meaning: string;
  /** The default, in full and in short. */
  readonly fallback: { readonly full: string; readonly short: string };
  /** Names in the environment, without our prefix; some options have none. */
  readonly suffixes: readonly string[];
  readonly isInFastMcp: boolean;
}

const SOURCE = readFileSync(join(ROOT, 'lib/config/options.ts'), 'utf8');

/** A docstring and the field below it. */
const FIELDS = /(\/\*\*(?:(?!\*\/).)*\*\/)\s+readonly (\w+)\??:/gs;

/** The last paragraph: `Default: 10.` or `Required.`, then the names in the environment. */
const CLOSING = /^(?:Default: )?(.+?) Environment: .+\.$/;

/** All options, in the order of their types. */
export function documentedOptions(): DocumentedOption[] {
  return [...bodyOf('Auth0McpOptions').matchAll(FIELDS)].map(([, comment, name = '']) =>
    documented(name, comment),
  );
}

/** Fields of an option that is an object. Their docstrings contain the default. */
export function documentedFields(
  option: OptionName,
): Map<string, { readonly meaning: string; readonly fallback: string }> {
  const [, type = ''] = new RegExp(`readonly ${option}\\?: (\\w+)`).exec(SOURCE) ?? [];
  return new Map(
    [...bodyOf(type).matchAll(FIELDS)].map(([, comment, name = '']) => {
      const text = parseDocstring(comment).paragraphs.join(' ');
      const [, fallback = ''] = /Default: (.+)\.$/.exec(text) ?? [];
      return [name, { meaning: firstSentence(text), fallback }];
    }),
  );
}

function bodyOf(type: string): string {
  const [, body = ''] = new RegExp(`^export interface ${type} {(.*?)^}`, 'ms').exec(SOURCE) ?? [];
  return body;
}

function documented(name: string, comment: string | undefined): DocumentedOption {
  const all = parseDocstring(comment).paragraphs;
  const [, fallback] = CLOSING.exec(all.at(-1) ?? '') ?? [];
  const [first] = all;
  if (!isOptionName(name) || fallback === undefined || first === undefined) {
    throw new Error(`lib/config/options.ts: ${name} lacks a meaning, a default or an environment`);
  }
  return {
    name,
    paragraphs: all.slice(0, -1),
    meaning: firstSentence(first),
    fallback: { full: fallback, short: firstSentence(fallback).replace(/^Required/, 'required') },
    suffixes: environmentNames(name)
      .filter((variable) => variable.startsWith(PREFIX))
      .map((variable) => variable.slice(PREFIX.length)),
    isInFastMcp: OPTION_TABLE[name].inFastMcp === true,
  };
}
