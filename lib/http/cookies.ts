/**
 * Names and flags of our cookies.
 *
 * Spec: RFC 6265bis §4.1.3.2 (`__Host-`); PX-10, PX-11.
 *
 * @module
 */
import type { CookieOptions, Request } from 'express';

import { trimOws } from '../oauth/optional-whitespace.js';

/** How cookies are named and set here. */
export interface CookieRules {
  /**
   * A cookie that a neighbour on the host does not overwrite: browsers keep cookies by host, whatever the
   * port and the path of the server.
   */
  readonly ownName: (purpose: string) => string;
  /** The same for the cookies of logins, of which a browser has several: the name without the flow's id. */
  readonly flowPrefix: string;
  readonly options: CookieOptions & { readonly secure: boolean };
}

/**
 * `__Host-`, `Secure`, `HttpOnly`, `SameSite=Lax`, always: from our own URL, never from what Express
 * thinks of the connection. `Lax` because the browser comes back from Auth0 by a cross-site link.
 *
 * @param isHttps false only on a plain-http loopback host, where browsers refuse the prefix
 * @param namespace the server's own, of which a few characters tell it from its neighbours
 */
export function cookieRules(isHttps: boolean, namespace: string): CookieRules {
  const prefix = `${isHttps ? '__Host-' : ''}auth0-mcp-`;
  return {
    ownName: (purpose) => `${prefix}${purpose}-${namespace.slice(0, 8)}`,
    flowPrefix: `${prefix}${namespace.slice(0, 6)}-`,
    options: { secure: isHttps, httpOnly: true, sameSite: 'lax', path: '/' },
  };
}

/**
 * The cookie of that name. None where the request has several: we set one, so that the others come from another
 * host or for another path, and nothing tells which is ours.
 */
export function cookieOf(req: Request, name: string): string | undefined {
  const [cookie, another] = cookiesOf(req).filter(([sent]) => sent === name);
  return another === undefined ? cookie?.[1] : undefined;
}

/**
 * Name and value of each cookie on the request. Browsers compare a name with `__Host-` as it was sent, without
 * space and tab around it (RFC 6265bis §5.7): a reader that drops more takes a name for ours that any sibling host may set.
 */
export function cookiesOf(req: Request): [name: string, value: string][] {
  return (req.headers.cookie ?? '').split(';').map((pair) => {
    const equals = pair.indexOf('=');
    return [trimOws(pair.slice(0, Math.max(equals, 0))), trimOws(pair.slice(equals + 1))];
  });
}
