/**
 * The cookies of a browser, RFC 6265bis §5.7 (storage) and §5.8 (retrieval). Ports do not separate
 * cookies; `Secure` ones are neither accepted from nor sent to plain http; name prefixes are enforced.
 */

/** One stored cookie. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly host: string;
  readonly path: string;
  /** Sent to the host that set it only, not to its subdomains. */
  readonly hostOnly: boolean;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: 'strict' | 'lax' | 'none';
  /** Unix milliseconds; `undefined` for a session cookie. */
  readonly expiresAtMs: number | undefined;
}

/** The properties of a request that select its cookies. */
export interface RequestContext {
  readonly url: URL;
  readonly method: string;
  /** Started by a page of another site. */
  readonly crossSite: boolean;
}

/** The cookies of one browser. */
export interface CookieJar {
  store(url: URL, setCookie: readonly string[]): void;
  /** Value of the `Cookie` header; empty without cookies. */
  header(request: RequestContext): string;
  all(): readonly Cookie[];
  clear(): void;
}

export function createCookieJar(): CookieJar {
  let cookies: Cookie[] = [];

  const isSecure = (url: URL): boolean => url.protocol === 'https:';

  function alive(): Cookie[] {
    const now = Date.now();
    cookies = cookies.filter(({ expiresAtMs }) => expiresAtMs === undefined || expiresAtMs > now);
    return cookies;
  }

  return {
    store(url, setCookie) {
      for (const line of setCookie) {
        const cookie = parseSetCookie(line, url);
        if (cookie === undefined || !isAllowed(cookie, line, isSecure(url))) continue;
        cookies = [...cookies.filter((other) => !isSameCookie(other, cookie)), cookie];
      }
      alive();
    },
    header: ({ url, method, crossSite }) =>
      alive()
        .filter((cookie) => matches(cookie, url) && (!cookie.secure || isSecure(url)))
        .filter(({ sameSite }) => !crossSite || sentCrossSite(sameSite, method))
        .sort((a, b) => b.path.length - a.path.length)
        .map(({ name, value }) => (name === '' ? value : `${name}=${value}`))
        .join('; '),
    all: alive,
    clear() {
      cookies = [];
    },
  };
}

function isSameCookie(a: Cookie, b: Cookie): boolean {
  return a.name === b.name && a.host === b.host && a.path === b.path;
}

function sentCrossSite(sameSite: Cookie['sameSite'], method: string): boolean {
  return sameSite === 'none' || (sameSite === 'lax' && method === 'GET');
}

function parseSetCookie(line: string, url: URL): Cookie | undefined {
  const [pair = '', ...rest] = line.split(';').map((part) => part.trim());
  const at = pair.indexOf('=');
  if (at < 1) return undefined;
  const attributes = new Map(
    rest.map((part): [string, string] => {
      const [name = '', ...value] = part.split('=');
      return [name.trim().toLowerCase(), value.join('=').trim()];
    }),
  );
  const domain = attributes.get('domain')?.replace(/^\./, '').toLowerCase();
  const path = attributes.get('path');
  return {
    name: pair.slice(0, at).trim(),
    value: pair.slice(at + 1).trim(),
    host: domain || url.hostname,
    hostOnly: !domain,
    path: path?.startsWith('/') ? path : defaultPath(url.pathname),
    secure: attributes.has('secure'),
    httpOnly: attributes.has('httponly'),
    sameSite: sameSiteOf(attributes.get('samesite')),
    expiresAtMs: expiryOf(attributes),
  };
}

/** Default: Lax, as in browsers. */
function sameSiteOf(value = ''): Cookie['sameSite'] {
  const lower = value.toLowerCase();
  return lower === 'strict' || lower === 'none' ? lower : 'lax';
}

function expiryOf(attributes: ReadonlyMap<string, string>): number | undefined {
  const maxAge = attributes.get('max-age');
  // §5.6.2: Max-Age wins over Expires.
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return Date.now() + Number(maxAge) * 1000;
  const expires = Date.parse(attributes.get('expires') ?? '');
  return Number.isNaN(expires) ? undefined : expires;
}

/** §5.1.4: everything up to, but not including, the last slash. */
function defaultPath(path: string): string {
  const end = path.lastIndexOf('/');
  return end <= 0 ? '/' : path.slice(0, end);
}

function isAllowed(cookie: Cookie, line: string, secureUrl: boolean): boolean {
  if (cookie.secure && !secureUrl) return false;
  if (cookie.sameSite === 'none' && !cookie.secure) return false;
  if (cookie.name.startsWith('__Secure-')) return cookie.secure;
  if (!cookie.name.startsWith('__Host-')) return true;
  return cookie.secure && cookie.hostOnly && /;\s*path=\/\s*(;|$)/i.test(line);
}

function matches({ host, hostOnly, path }: Cookie, url: URL): boolean {
  const sameHost = url.hostname === host || (!hostOnly && url.hostname.endsWith(`.${host}`));
  const samePath =
    url.pathname === path ||
    (url.pathname.startsWith(path) && (path.endsWith('/') || url.pathname[path.length] === '/'));
  return sameHost && samePath;
}
