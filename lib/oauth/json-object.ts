/** Not a primitive, null or an array. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Without members that are `null` or `""`, which many clients send instead of omitting them. */
export function withoutEmptyMembers(
  object: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const given = Object.entries(object).filter(([, value]) => value !== null && value !== '');
  return Object.fromEntries(given);
}

/** The strings of an array; empty for anything else. */
export function stringsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Undefined if the text is not a JSON object. */
export function jsonObjectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Not thrown: the parser's error quotes the text, which may contain tokens.
    return undefined;
  }
}
