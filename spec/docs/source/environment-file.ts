/** The generated part of `.env.example`: the less common options, each with its meaning. */
import { environmentNames, isOptionName, OPTION_TABLE } from '../../../lib/config/option-table.js';
import { type DocumentedOption, documentedFields, documentedOptions } from './options.js';
import { wrap } from './wrap.js';

const PREFIX = 'AUTH0_MCP_';
const WIDTH = 100;

/** @param written the part that is not generated; its options are left out */
export function environmentFile(written: string): string {
  return documentedOptions()
    .flatMap(entriesOf)
    .filter(({ variable }) => !written.includes(`${variable}=`))
    .map(linesOf)
    .join('\n\n');
}

interface Entry {
  readonly variable: string;
  readonly meaning: string;
  /** In Markdown. */
  readonly fallback: string;
}

function entriesOf({ name, suffixes, meaning, fallback }: DocumentedOption): Entry[] {
  const { fields } = OPTION_TABLE[name];
  if (fields === undefined) {
    return suffixes.map((suffix) => ({
      variable: PREFIX + suffix,
      meaning,
      fallback: fallback.short,
    }));
  }
  const documented = documentedFields(name);
  return Object.entries(fields).map(([field, suffix]) => {
    const found = documented.get(field);
    if (found === undefined) throw new Error(`${name}.${field} has no docstring with a default`);
    return { variable: PREFIX + suffix, ...found };
  });
}

/** A literal default becomes the value; one in words is part of the comment. */
function linesOf({ variable, meaning, fallback }: Entry): string {
  const value = literalOf(fallback);
  const sentences = value === '' ? `${meaning}. Default: ${fallback}.` : `${meaning}.`;
  const comment = wrap(plain(sentences), WIDTH - 2).map((line) => `# ${line}`);
  // An unquoted `#` begins a comment.
  return [...comment, `# ${variable}=${value.includes('#') ? `"${value}"` : value}`].join('\n');
}

function literalOf(fallback: string): string {
  const [, code] = /^`(?:\[')?([^`']+)(?:'\])?`$/.exec(fallback) ?? [];
  if (code === 'true') return 'on';
  if (code !== undefined && !isOptionName(code)) return code;
  return /^\d[\d,]*/.exec(fallback)?.[0].replaceAll(',', '') ?? '';
}

/** Plain text, with the names of the environment instead of those in code. */
function plain(markdown: string): string {
  return markdown.replace(/`([^`]*)`/g, (_code, text: string) =>
    isOptionName(text) ? (environmentNames(text)[0] ?? text) : text,
  );
}
