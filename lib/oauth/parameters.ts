/** Request parameters: RFC 6749 §3.1 and §3.2, RFC 8707 §2. */
import { InvalidRequestError } from './errors.js';

/** In characters; `state` of known clients has up to 2,000. */
export const MAX_PARAMETER_LENGTH = 8192;

/** All values of each parameter of a query or form. */
export type Parameters = ReadonlyMap<string, readonly string[]>;

/** Parses `application/x-www-form-urlencoded` text. */
export function parseParameters(encoded: string): Parameters {
  const fields = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(encoded)) {
    // §3.1: a parameter without a value is treated as omitted.
    if (value === '') continue;
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [value]);
    else values.push(value);
  }
  return fields;
}

/**
 * For a body that a parser of the host app has read.
 *
 * @throws InvalidRequestError a value is not a string or an array of strings, such as `client_id[a]=1`
 */
export function parametersFromObject(body: object): Parameters {
  const fields = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(body)) {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (!values.every((one): one is string => typeof one === 'string')) {
      throw new InvalidRequestError('Parameters must be plain text');
    }
    const given = values.filter((one) => one !== '');
    if (given.length > 0) fields.set(name, given);
  }
  return fields;
}

/**
 * The value of a parameter, if it was sent.
 *
 * @throws InvalidRequestError the parameter is repeated, too long, or contains a control character
 */
export function optionalParameter(parameters: Parameters, name: string): string | undefined {
  const [value, ...rest] = repeatedParameter(parameters, name);
  if (rest.length > 0) throw new InvalidRequestError(`The parameter ${name} must not be repeated`);
  return value;
}

/** @throws InvalidRequestError as {@link optionalParameter}, or the parameter is missing */
export function requiredParameter(parameters: Parameters, name: string): string {
  const value = optionalParameter(parameters, name);
  if (value === undefined) throw new InvalidRequestError(`The parameter ${name} is missing`);
  return value;
}

/** All values of a parameter that may be repeated. @throws InvalidRequestError a value is too long or malformed */
export function repeatedParameter(parameters: Parameters, name: string): readonly string[] {
  const values = parameters.get(name) ?? [];
  for (const value of values) check(name, value);
  return values;
}

/** They could forge log lines and headers. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it matches control characters
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/;

function check(name: string, value: string): void {
  if (value.length > MAX_PARAMETER_LENGTH) {
    throw new InvalidRequestError(`The parameter ${name} is too long`);
  }
  if (CONTROL_CHARACTER.test(value)) {
    throw new InvalidRequestError(`The parameter ${name} contains a control character`);
  }
}
