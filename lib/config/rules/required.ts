/**
 * The options that have no default, and where each value is found.
 *
 * All that are missing are told at once: whoever starts has four to fetch, from two places.
 *
 * @module
 */
import { Auth0McpConfigError, missingOption, wrongOption } from '../errors.js';
import type { RawOptions } from '../option-table.js';

export type RequiredOption = 'configUrl' | 'clientId' | 'audience' | 'baseUrl';

const REMEDIES: Readonly<Record<RequiredOption, string>> = {
  configUrl:
    'Give it, such as https://TENANT.us.auth0.com/.well-known/openid-configuration, or domain.',
  clientId: 'Copy it from the Auth0 dashboard: Applications, your application, Settings.',
  audience: 'Give the identifier of your API (Auth0 dashboard: Applications, APIs).',
  baseUrl: 'Give the public URL of this server, such as https://mcp.example.com.',
};

/** Of `auth0Mcp()`. */
export const REQUIRED_OPTIONS: readonly RequiredOption[] = [
  'configUrl',
  'clientId',
  'audience',
  'baseUrl',
];

/** @throws Auth0McpConfigError one line for each that is missing or empty; its `option` is the first */
export function requireOptions(raw: RawOptions, options: readonly RequiredOption[]): void {
  const errors = options
    .filter((option) => isMissing(raw, option))
    .map((option) =>
      raw[option] === undefined
        ? missingOption(option, REMEDIES[option])
        : wrongOption(option, raw[option], REMEDIES[option]),
    );
  const [first] = errors;
  if (first === undefined) return;
  const lines = errors.map(({ message }) => message);
  throw new Auth0McpConfigError(first.option, lines.join('\n'));
}

/** The value, for the compiler: {@link requireOptions} has been there before. */
export function required<T>(value: T | undefined, option: RequiredOption): T {
  if (value !== undefined) return value;
  throw missingOption(option, REMEDIES[option]);
}

function isMissing(raw: RawOptions, option: RequiredOption): boolean {
  const isNamedOtherwise = option === 'configUrl' && !isEmpty(raw.domain);
  return isEmpty(raw[option]) && !isNamedOtherwise;
}

/** As a variable that is not set often arrives: `process.env.CLIENT_ID ?? ''`. */
function isEmpty(value: unknown): boolean {
  return (
    value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
  );
}
