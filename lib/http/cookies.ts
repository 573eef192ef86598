/** Names, flags and parsing of this server's cookies. */
import type { CookieOptions, Request } from 'express';

import { trimOws } from '../oauth/optional-whitespace.js';

export interface CookieRules {
  /** The name of a cookie. Servers on other ports and paths of the host have other names: browsers share cookies. */
  readonly ownName: (purpose: string) => string;
  /** The name of a login's cookie without the id of its flow. */
  readonly flowPrefix: string;
  readonly options: CookieOptions & { readonly secure: boolean };
}

/**
 * `__Host-` (RFC 6265bis §4.1.3.2), `Secure` and `HttpOnly`, from the public URL and not from the connection;
 * `SameSite=Lax`, because the redirect from Auth0 is a cross-site navigation.
 *
 * @param isHttps false only on plain-http loopback, where browsers refuse the prefix
 * @param namespace of the server: its first characters distinguish it from other servers on the host
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
 * The cookie of that name; undefined if the request has several: this server sets one, so another host or path set
 * the others, and nothing tells them apart.
 */
export function cookieOf(req: Request, name: string): string | undefined {
  const [cookie, another] = cookiesOf(req).filter(([sent]) => sent === name);
  return another === undefined ? cookie?.[1] : undefined;
}

/**
 * Name and value of each cookie. Trims space and tab only, as browsers do when they check `__Host-` (RFC 6265bis
 * §5.7): otherwise a cookie that any sibling host may set would pass for one of this server.
 */
export function cookiesOf(req: Request): [name: string, value: string][] {
  return (req.headers.cookie ?? '').split(';').map((pair) => {
    const equals = pair.indexOf('=');
    return [trimOws(pair.slice(0, Math.max(equals, 0))), trimOws(pair.slice(equals + 1))];
  });
}
