/**
 * Request parameters: from bytes to single-valued fields, with repetition noticed.
 *
 * Spec: RFC 6749 §3.1 and §3.2 (parameters must not repeat; one without a value counts as
 * omitted; unknown ones are ignored), RFC 8707 §2 (`resource` may repeat).
 *
 * @module
 */
import { InvalidRequestError } from './errors.js';

/** Longest value of any parameter, in characters; `state` of real clients reaches 2 kB (R-AZ-8). */
export const MAX_PARAMETER_LENGTH = 8192;

/** Fields of a query or a form: every value that was sent for a name, in order. */
export type Parameters = ReadonlyMap<string, readonly string[]>;

/** Reads `application/x-www-form-urlencoded` text, from a body or a query string. */
export function parseParameters(encoded: string): Parameters {
  const fields = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(encoded)) {
    // §3.1: a parameter sent without a value is treated as if it were omitted.
    if (value === '') continue;
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [value]);
    else values.push(value);
  }
  return fields;
}

/**
 * The same for a body that a parser of the host app read before us. Only flat text is taken:
 * nesting (`client_id[a]=1`) is a malformed request, never a crash (R-DP-5).
 *
 * @throws InvalidRequestError for anything but a plain object of strings and lists of strings
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
 * The one value of a parameter, or undefined where it was not sent.
 *
 * @throws InvalidRequestError the parameter was sent twice, is too long, or holds a control character
 */
export function optionalParameter(parameters: Parameters, name: string): string | undefined {
  const [value, ...rest] = repeatedParameter(parameters, name);
  if (rest.length > 0) throw new InvalidRequestError(`The parameter ${name} must not be repeated`);
  return value;
}

/** As {@link optionalParameter}. @throws InvalidRequestError also where the parameter is missing */
export function requiredParameter(parameters: Parameters, name: string): string {
  const value = optionalParameter(parameters, name);
  if (value === undefined) throw new InvalidRequestError(`The parameter ${name} is missing`);
  return value;
}

/** Every value of a parameter that may repeat. @throws InvalidRequestError as above */
export function repeatedParameter(parameters: Parameters, name: string): readonly string[] {
  const values = parameters.get(name) ?? [];
  for (const value of values) check(name, value);
  return values;
}

/** NUL to US and DEL: no value of ours has them, and they forge log lines and headers. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/;

function check(name: string, value: string): void {
  if (value.length > MAX_PARAMETER_LENGTH) {
    throw new InvalidRequestError(`The parameter ${name} is too long`);
  }
  if (CONTROL_CHARACTER.test(value)) {
    throw new InvalidRequestError(`The parameter ${name} contains a control character`);
  }
}
