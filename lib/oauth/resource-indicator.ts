/**
 * Resource indicators: whichever way a client names our resource, it means the one we guard.
 *
 * Spec: RFC 8707 §2; MCP authorization, "Canonical Server URI"; AS-24, RS-19.
 *
 * @module
 */
import { InvalidTargetError } from './errors.js';

/**
 * Checks what a client sent as `resource`. Clients write the same thing in several ways: upper-case
 * host, trailing slash, the query of the URL they were given, or only the origin (ChatGPT). Each of
 * them means `resource`; anything else is somebody else's.
 *
 * @throws InvalidTargetError for any value that is not ours, also if only one of several is not
 */
export function checkResource(sent: readonly string[], resource: string): void {
  const ours = new URL(resource);
  for (const value of sent) {
    if (!isOurs(value, ours)) {
      throw new InvalidTargetError('The resource is not served here', {
        detail: `expected ${resource}`,
      });
    }
  }
}

function isOurs(value: string, ours: URL): boolean {
  // §2: an absolute URI without a fragment.
  if (value.includes('#') || !URL.canParse(value)) return false;
  const sent = new URL(value);
  if (sent.username !== '' || sent.password !== '' || sent.origin !== ours.origin) return false;
  const path = withoutTrailingSlash(sent.pathname);
  return path === '' || path === withoutTrailingSlash(ours.pathname);
}

function withoutTrailingSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
