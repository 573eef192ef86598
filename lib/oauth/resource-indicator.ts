/** Resource indicators: RFC 8707 §2; MCP authorization, "Canonical Server URI". */
import { InvalidTargetError } from './errors.js';

/**
 * Clients write the resource in several ways: with an upper-case host, a trailing slash, the query of the configured
 * URL, or as the origin only (ChatGPT).
 *
 * @throws InvalidTargetError one of the values is another resource
 */
export function checkResource(sent: readonly string[], resource: string): void {
  const expected = new URL(resource);
  for (const value of sent) {
    if (!isResource(value, expected)) {
      throw new InvalidTargetError('The resource is not served here', {
        detail: `expected ${resource}`,
      });
    }
  }
}

function isResource(value: string, resource: URL): boolean {
  // §2: an absolute URI without a fragment.
  if (value.includes('#') || !URL.canParse(value)) return false;
  const sent = new URL(value);
  if (sent.username !== '' || sent.password !== '' || sent.origin !== resource.origin) return false;
  const path = withoutTrailingSlash(sent.pathname);
  return path === '' || path === withoutTrailingSlash(resource.pathname);
}

function withoutTrailingSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
