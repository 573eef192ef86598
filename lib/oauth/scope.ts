/** Scopes: RFC 6749 §3.3. */

/** Scope → the scopes it includes, transitively. */
type ImpliedScopes = ReadonlyMap<string, readonly string[]>;

/** RFC 6749 §3.3: `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

export function isScopeToken(word: string): boolean {
  return SCOPE_TOKEN.test(word);
}

/** The scopes of a `scope` value, without duplicates and malformed ones. */
export function parseScope(value: string | undefined): readonly string[] {
  return unique((value ?? '').split(' ').filter(isScopeToken));
}

export function formatScope(scopes: readonly string[]): string {
  return scopes.join(' ');
}

export function unionOfScopes(a: readonly string[], b: readonly string[]): readonly string[] {
  return unique([...a, ...b]);
}

/** The needed scopes that are neither granted nor implied. */
export function missingScopes(
  needed: readonly string[],
  granted: readonly string[],
  implied: ImpliedScopes,
): readonly string[] {
  // The usual case, without a set.
  if (needed.every((scope) => granted.includes(scope))) return [];
  const held = new Set(withImpliedScopes(granted, implied));
  return needed.filter((scope) => !held.has(scope));
}

export function withImpliedScopes(
  scopes: readonly string[],
  implied: ImpliedScopes,
): readonly string[] {
  return unique(scopes.flatMap((scope) => [scope, ...(implied.get(scope) ?? [])]));
}

/**
 * The scopes of a login. Unknown scopes are dropped, as RFC 6749 §3.3 allows; without any known scope the initial ones
 * are used. Every token has the required scopes.
 */
export function selectScopes(
  requested: readonly string[],
  rules: {
    readonly required: readonly string[];
    readonly initial: readonly string[];
    readonly known: ReadonlySet<string>;
  },
): readonly string[] {
  const known = requested.filter((scope) => rules.known.has(scope));
  return unionOfScopes(rules.required, known.length > 0 ? known : rules.initial);
}

function unique(scopes: readonly string[]): readonly string[] {
  return [...new Set(scopes)];
}
