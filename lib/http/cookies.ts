/**
 * Names and flags of our cookies.
 *
 * Spec: RFC 6265bis §4.1.3.2 (`__Host-`); PX-10, PX-11.
 *
 * @module
 */
import type { CookieOptions, Request } from 'express';

/** How cookies are named and set here. */
export interface CookieRules {
  readonly name: (purpose: string) => string;
  /**
   * For a cookie that a neighbour on the host must not overwrite: browsers keep cookies by host, whatever
   * the port and the path of the server.
   */
  readonly ownName: (purpose: string) => string;
  readonly options: CookieOptions & { readonly secure: boolean };
}

/**
 * `__Host-`, `Secure`, `HttpOnly`, `SameSite=Lax`, always: from our own URL, never from what Express
 * thinks of the connection. `Lax` because the browser comes back from Auth0 by a cross-site link.
 *
 * @param isHttps false only on a plain-http loopback host, where browsers refuse the prefix
 * @param namespace the server's own, of which eight characters tell it from its neighbours
 */
export function cookieRules(isHttps: boolean, namespace: string): CookieRules {
  const name = (purpose: string): string => `${isHttps ? '__Host-' : ''}auth0-mcp-${purpose}`;
  return {
    name,
    ownName: (purpose) => name(`${purpose}-${namespace.slice(0, 8)}`),
    options: { secure: isHttps, httpOnly: true, sameSite: 'lax', path: '/' },
  };
}

/** The first cookie of that name on the request. */
export function cookieOf(req: Request, name: string): string | undefined {
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}
