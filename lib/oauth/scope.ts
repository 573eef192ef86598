/**
 * Scopes: lists of case-sensitive tokens.
 *
 * Spec: RFC 6749 §3.3.
 *
 * @module
 */

/** Scope → the scopes it includes, closed transitively (RS-15). */
export type ImpliedScopes = ReadonlyMap<string, readonly string[]>;

/** RFC 6749 §3.3: `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Whether one word can be a scope. */
export function isScopeToken(word: string): boolean {
  return SCOPE_TOKEN.test(word);
}

/** The scopes in a `scope` value, without repetition, in the order sent. Malformed words are left out. */
export function parseScope(value: string | undefined): readonly string[] {
  return unique((value ?? '').split(' ').filter(isScopeToken));
}

/** The `scope` value for a list. */
export function formatScope(scopes: readonly string[]): string {
  return scopes.join(' ');
}

/** Every scope of both lists once, the first list's order first. */
export function unionOfScopes(a: readonly string[], b: readonly string[]): readonly string[] {
  return unique([...a, ...b]);
}

/** Those needed that the granted ones neither name nor imply. */
export function missingScopes(
  needed: readonly string[],
  granted: readonly string[],
  implied: ImpliedScopes,
): readonly string[] {
  // The everyday case, without a set: everything needed is named.
  if (needed.every((scope) => granted.includes(scope))) return [];
  const held = new Set(withImpliedScopes(granted, implied));
  return needed.filter((scope) => !held.has(scope));
}

/** The scopes and everything they include. */
export function withImpliedScopes(
  scopes: readonly string[],
  implied: ImpliedScopes,
): readonly string[] {
  return unique(scopes.flatMap((scope) => [scope, ...(implied.get(scope) ?? [])]));
}

/**
 * What a client gets asked for when it asks for `requested`: unknown scopes are dropped, not
 * refused (CLI-31); nothing left means the initial ones (CLI-30); the required ones are always in it,
 * since every token must have them.
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
