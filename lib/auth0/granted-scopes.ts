/**
 * What an access token of Auth0's allows: its scopes, and with RBAC its permissions.
 *
 * Auth0's RBAC puts everything that the person may do into `permissions`, whatever was asked for, and
 * what was asked for and may be done into `scope`.
 *
 * @module
 */
import { parseScope } from '../oauth/scope.js';

/** Both, without repetition, those of `scope` first. Words that are no scopes are left out. */
export function grantedScopes(claims: Readonly<Record<string, unknown>>): readonly string[] {
  return [...new Set([...scopesOf(claims), ...permissionsOf(claims)])];
}

/** Those of `scope` alone. */
export function scopesOf({ scope }: Readonly<Record<string, unknown>>): readonly string[] {
  return parseScope(typeof scope === 'string' ? scope : undefined);
}

function permissionsOf({ permissions }: Readonly<Record<string, unknown>>): readonly string[] {
  if (!Array.isArray(permissions)) return [];
  return permissions.filter((name) => typeof name === 'string').flatMap((name) => parseScope(name));
}
