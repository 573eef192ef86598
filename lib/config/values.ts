/** Reads one option as the type that it has, or throws what is wrong with it. */
import { Auth0McpConfigError, isSecret, missingOption, wrongOption } from './errors.js';
import type { OptionName, RawOptions } from './option-table.js';

/**
 * A text without white space around it; undefined if the option is absent.
 *
 * @throws Auth0McpConfigError not a string, empty, a placeholder of an example, or a value that was copied wrongly
 */
export function textOf(raw: RawOptions, option: OptionName): string | undefined {
  const value = raw[option];
  return value === undefined ? undefined : asText(value, option);
}

/** {@link textOf} for a value inside an option. */
export function asText(value: unknown, option: string): string {
  if (typeof value !== 'string') throw wrongOption(option, value, 'It has to be a string.');
  if (value.trim() === '') throw wrongOption(option, value, 'Set a value, or remove the option.');
  if (value.trim() !== value) {
    throw wrongOption(option, value, 'Remove the white space before or after it.');
  }
  refuseCopyErrors(value, option);
  const placeholder = placeholderError(value, option);
  if (placeholder !== undefined) throw placeholder;
  return value;
}

/** The error for a value that was copied from an example. */
function placeholderError(value: string, option: string): Auth0McpConfigError | undefined {
  if (/\.\.\.|…/.test(value)) {
    return wrongOption(option, value, 'That is an abbreviated example: write the full value.');
  }
  // In capitals only: a real tenant may be called `tenant`.
  if (/^(https?:\/\/)?TENANT\./.test(value)) {
    return wrongOption(
      option,
      value,
      `Replace TENANT by the name of your tenant. ${DASHBOARD}, Domain.`,
    );
  }
  if (!value.startsWith('YOUR_')) return undefined;
  const remedy = 'That is the placeholder of an example: replace it by your own value.';
  return wrongOption(option, value, `${remedy} ${DASHBOARD}.`);
}

const DASHBOARD = 'Auth0 dashboard: Applications, your application, Settings';

/**
 * A list of texts without duplicates; a single text is split as in the environment.
 *
 * @throws Auth0McpConfigError neither a list nor a text, or an entry that is not a text
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
 * The entries of a text: of a JSON array, or separated by commas and spaces.
 *
 * @throws Auth0McpConfigError it starts like a JSON array but is not one
 */
export function splitList(text: string, option: string): readonly unknown[] {
  if (!text.trimStart().startsWith('[')) return text.split(/[\s,]+/).filter((word) => word !== '');
  const parsed = parsedJson(text);
  if (Array.isArray(parsed)) return parsed;
  throw wrongOption(option, text, 'It starts like a JSON array but is not one: ["one", "two"].');
}

/** The value of a JSON text, or undefined if it is not JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may be a secret.
    return undefined;
  }
}

/** @throws Auth0McpConfigError not a boolean */
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
  const remedy = `It has to be a whole number from ${bounds.min} to ${bounds.max}.`;
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
  const choice = choices.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  const words = choices.map((word) => `'${word}'`).join(', ');
  throw wrongOption(option, value, `It has to be one of ${words}.`);
}

/** The entries of an object. @throws Auth0McpConfigError not an object */
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

/** Options without a default. */
type RequiredOption = 'configUrl' | 'clientId' | 'audience' | 'baseUrl';

/** Where each value is found. */
const MISSING_REMEDIES: Readonly<Record<RequiredOption, string>> = {
  configUrl:
    'Set it, such as https://TENANT.us.auth0.com/.well-known/openid-configuration, or set domain.',
  clientId: 'Copy it from the Auth0 dashboard: Applications, your application, Settings.',
  audience: 'Set it to the identifier of your API (Auth0 dashboard: Applications, APIs).',
  baseUrl: 'Set it to the public URL of this server, such as https://mcp.example.com.',
};

/**
 * @throws Auth0McpConfigError one line for each that is missing or empty, or still has the placeholder of an example;
 *   its `option` is the first of them
 */
export function requireOptions(raw: RawOptions, options: readonly RequiredOption[]): void {
  const missing = options
    .filter((option) => isMissing(raw, option))
    .map((option) =>
      raw[option] === undefined
        ? missingOption(option, MISSING_REMEDIES[option])
        : wrongOption(option, raw[option], MISSING_REMEDIES[option]),
    );
  const withPlaceholders = [...options, 'domain', 'clientSecret'] as const;
  const placeholders = withPlaceholders.flatMap((option) => {
    const value = raw[option];
    return typeof value === 'string' ? (placeholderError(value, option) ?? []) : [];
  });
  const errors = [...missing, ...placeholders];
  const [first] = errors;
  if (first === undefined) return;
  const lines = errors.map(({ message }) => message);
  throw new Auth0McpConfigError(first.option, lines.join('\n'));
}

/** The value of an option that {@link requireOptions} has checked. */
export function required<T>(value: T | undefined, option: RequiredOption): T {
  if (value !== undefined) return value;
  throw missingOption(option, MISSING_REMEDIES[option]);
}

function isMissing(raw: RawOptions, option: RequiredOption): boolean {
  const hasDomain = option === 'configUrl' && !isEmpty(raw.domain);
  return isEmpty(raw[option]) && !hasDomain;
}

/** `process.env.CLIENT_ID ?? ''` is empty where the variable is not set. */
function isEmpty(value: unknown): boolean {
  return (
    value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
  );
}

/** Texts for users, which may contain `#`, and characters that join others or set their direction. */
const FREE_TEXT = /^(branding|authorizeParams)\.|\.name$/;

const QUOTES = /^\\?(["'`]).*\1$|^[“”„‘’‚«»].*[“”‘’«»]$/s;
const COMMENT = /\s#/;

/** `${A}`, `${{ a }}`, `$(A)`, `$A`, `$env:A`, `%A%`, `{{ a }}`, `#{A}#`, `<a>`; references to a vault. */
const VARIABLE =
  /^(\$\{[^{}]*\}|\$\{\{[^{}]*\}\}|\$\([^()]*\)|\$[A-Z_][A-Z0-9_]*|\$env:\w+|%\w+%|\{\{[^{}]*\}\}|#\{[^{}]*\}#?|<[^<>]*>|@Microsoft\.\w+\(.*\)|op:\/\/.*)$/;
/** May be part of a secret by chance, but of no other value. */
const VARIABLE_WITHIN = /\$\{[^{}]*\}|\{\{[^{}]*\}\}|^\$\w+$/;

/** Zero-width and directional characters, soft hyphen, byte order mark. */
const INVISIBLE = /\p{Cf}/u;
/** Control characters, and white space other than a space. */
const ODD_SPACE = /(?! )[\p{Cc}\p{Z}]/u;

/**
 * Rejects what other tools leave in a value: quotation marks and comments that `docker run --env-file` passes
 * on, variables that were not expanded, invisible characters of a web page or a PDF.
 *
 * @throws Auth0McpConfigError with the cause; a secret is never shown
 */
export function refuseCopyErrors(value: string, option: string): void {
  if (QUOTES.test(value)) throw wrongOption(option, value, UNQUOTE);
  const secret = isSecret(option);
  if (VARIABLE.test(value) || (!secret && VARIABLE_WITHIN.test(value))) {
    throw wrongOption(option, value, EXPAND);
  }
  if (FREE_TEXT.test(option)) return;
  if (COMMENT.test(value)) throw wrongOption(option, value, UNCOMMENT);
  const odd = INVISIBLE.exec(value) ?? (secret ? null : ODD_SPACE.exec(value));
  if (odd !== null) {
    throw wrongOption(
      option,
      value,
      `It contains the invisible character ${codePoint(odd[0])}, which comes from copying. Type the value by hand, or copy it from Auth0 again.`,
    );
  }
}

const UNQUOTE =
  'The quotation marks around it are part of the value: `docker run --env-file` and Kubernetes keep them, unlike a shell and `node --env-file`. Remove them.';
const UNCOMMENT =
  'The comment after it is part of the value: `docker run --env-file` and Kubernetes keep it, unlike a shell and `node --env-file`. Put it on a line of its own.';
const EXPAND =
  'That is a variable or a placeholder, not its value: `node --env-file`, `docker run --env-file` and others do not expand variables. Write the value itself.';

/** A warning about a value that may be intended, but looks wrong. */
export function suspicionAbout(value: string): string | undefined {
  if (/^["'`“‘]|["'`”’]$/.test(value)) {
    return 'it has a quotation mark at one end. If that is not part of the value, remove it';
  }
  if (VARIABLE_WITHIN.test(value)) {
    return 'it contains a variable that was not expanded. If that is not part of the value, write the value of the variable';
  }
  if (ODD_SPACE.test(value)) {
    return 'it contains a line break or a special space. If that comes from copying, type it by hand';
  }
  return undefined;
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
