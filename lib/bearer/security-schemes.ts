/** What each tool needs, in the form that ChatGPT reads in `tools/list`. */
import type { AnonymousAccess, GuardScopes } from '../config/config.js';
import { unionOfScopes } from '../oauth/scope.js';

/** A way to call a tool: without a token, or with one that has these scopes. */
export type SecurityScheme = { type: 'noauth' } | { type: 'oauth2'; scopes: string[] };

/** As the guard decides, see `guard.ts`. */
export function securitySchemesOf(
  tool: string,
  { required, byTool }: GuardScopes,
  anonymous: AnonymousAccess | undefined,
): SecurityScheme[] {
  const scopes = [...unionOfScopes(required, byTool.get(tool) ?? [])];
  const withToken: SecurityScheme = { type: 'oauth2', scopes };
  return anonymous?.tools.has(tool) ? [{ type: 'noauth' }, withToken] : [withToken];
}
