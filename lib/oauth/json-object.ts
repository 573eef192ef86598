/**
 * Whether JSON is an object: what every message between servers and clients has to be.
 *
 * @module
 */

/** Neither a plain value, nor null, nor a list. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Without members that are `null` or `""`, which many clients send for what they leave out. */
export function withoutEmptyMembers(
  object: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const given = Object.entries(object).filter(([, value]) => value !== null && value !== '');
  return Object.fromEntries(given);
}

/** The object that a text says; undefined where it says anything else, or nothing. */
export function jsonObjectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // The parser's own error quotes the text, which may hold tokens: it goes no further.
    return undefined;
  }
}
