/**
 * Which scopes a request needs, and what a caller is told who lacks one.
 *
 * Spec: MCP authorization, "Scope Challenge Handling"; RS-13, RS-14, RS-15, RS-25.
 *
 * @module
 */
import type { GuardScopes } from '../config/config.js';
import { InsufficientScopeError } from '../oauth/errors.js';
import { missingScopes, unionOfScopes } from '../oauth/scope.js';
import type { AccessToken } from './auth-info.js';
import type { RpcCall } from './json-rpc.js';

/** What decides about it. */
export interface ScopeRules {
  readonly scopes: Pick<GuardScopes, 'required' | 'byTool' | 'implied'>;
  /** What a client has been granted by asking for it, and is to ask for again with what it lacks. */
  readonly askedScopes: (caller: AccessToken) => readonly string[];
}

/** RS-14: everything all calls of this request need, at once; RS-25: every element of a batch. */
export function neededFor(
  calls: readonly RpcCall[],
  { needed, scopes }: Pick<ScopeRules, 'scopes'> & { readonly needed: readonly string[] },
): readonly string[] {
  if (calls.length === 0 || scopes.byTool.size === 0) return needed;
  const byTool = calls.flatMap(({ tool }) =>
    tool === undefined ? [] : (scopes.byTool.get(tool) ?? []),
  );
  return unionOfScopes(needed, byTool);
}

/** RS-13: the challenge names what is held and what is needed, since clients replace, not add. */
export function requireScopes(
  caller: AccessToken,
  needed: readonly string[],
  { scopes, askedScopes }: ScopeRules,
): void {
  if (missingScopes(needed, caller.scopes, scopes.implied).length > 0) {
    throw new InsufficientScopeError(unionOfScopes(askedScopes(caller), needed));
  }
}
