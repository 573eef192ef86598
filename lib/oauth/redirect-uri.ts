/**
 * Redirect URIs: RFC 6749 §3.1.2, RFC 8252 §7 and §8.10, RFC 9700 §2.1 and §4.1.3. They are compared as strings, except
 * for the port of a loopback URI, which native apps choose at run time (RFC 8252 §7.3).
 */

/** A web server, this machine, or an app with a scheme of its own. */
export type RedirectUriKind = 'https' | 'loopback' | 'custom_scheme';

/** In characters. */
export const MAX_REDIRECT_URI_LENGTH = 1024;

/**
 * Schemes of browsers and operating systems, which show content or start a program. Never redirect URIs, even if the
 * operator configures one.
 */
const SYSTEM_SCHEMES: ReadonlySet<string> = new Set(
  (
    'javascript data vbscript file blob about filesystem view-source ws wss jar mhtml mk res its ' +
    'resource chrome edge opera brave intent content android-app market package ' +
    'ftp sftp ssh telnet tn3270 rlogin rdp vnc spice ldap ldaps smb afp nfs dav davs cifs git svn ' +
    'shell search search-ms calculator bingmaps hcp jnlp ' +
    'mailto tel telprompt sms smsto mms sip sips callto facetime facetime-audio im imessage xmpp irc ircs ' +
    'webcal webcals feed news nntp rtsp magnet maps geo itms itmss itunes macappstore podcast podcasts ' +
    'shortcuts workflow applescript help x-man-page x-help-script prefs app-prefs message steam'
  ).split(' '),
);
/**
 * Families of such schemes: Windows and Office, LibreOffice (`vnd.`), Apple, Android, other browsers, calls, stores,
 * browser extensions. Some look like a reverse domain name.
 */
const SYSTEM_FAMILY =
  /^(?:ms-|microsoft[-.]|windows\.|explorer\.|ie\.|vnd\.|x-apple|com\.apple\.|android\.|com\.android\.|com\.epicgames\.|googlechrome|firefox|itms-|facetime-)|-extension$/;

/** MCP clients whose scheme is no domain name: VS Code and its forks, Zed, Claude. */
const CLIENT_SCHEMES: ReadonlySet<string> = new Set(
  (
    'vscode vscode-insiders vscodium code-oss cursor cursor-nightly windsurf windsurf-next kiro trae trae-cn qoder ' +
    'void antigravity positron zed claude'
  ).split(' '),
);

/**
 * Their callbacks: the authority is an extension (`publisher.name`), a domain or `oauth`, and the last segment names the
 * purpose. URIs that install, import, open or connect to something have another form.
 */
const CLIENT_CALLBACK =
  /^[a-z-]+:\/\/(?:[\w-]+(?:\.[\w-]+)+|oauth|auth|mcp-oauth)\/(?:[^?]*\/)?(?:cb|[\w.-]*(?:callback|redirect|auth|login|sign-?in)[\w.-]*)\/?(?:\?|$)/;
const CLIENT_COMMAND = /^[^?]*(?:install|import|deeplink|clone|remote|checkout)/;

/** RFC 3986 §3.1 scheme, then characters that §2 allows in a URI, except `*`. */
const URI = /^([A-Za-z][A-Za-z0-9+.-]*):[A-Za-z0-9\-._~:/?[\]@!$&'()+,;=%]+$/;
/** The host of a web URI as written. No match for an empty port or user info. */
const WEB_URI = /^https?:\/\/([^/:?@[\]]+|\[[^\]]*\])(?::\d+)?(?:[/?]|$)/i;
/** RFC 3986 §3.2.1, including an empty one, which parsers drop. */
const USER_INFO = /^[^/]*\/\/[^/?]*@/;
/** Everything except the port. */
const HTTP_URI = /^(http:\/\/(?:[^/:?[\]]+|\[[^\]]*\]))(?::\d+)?([/?].*)?$/;

/**
 * Undefined for an invalid redirect URI: relative, with a fragment, user info or wildcard, http to another machine, or
 * with a scheme of browsers and operating systems.
 */
export function redirectUriKind(uri: string): RedirectUriKind | undefined {
  const scheme = URI.exec(uri)?.[1]?.toLowerCase();
  if (scheme === undefined || uri.length > MAX_REDIRECT_URI_LENGTH) return undefined;
  if (SYSTEM_SCHEMES.has(scheme) || SYSTEM_FAMILY.test(scheme)) return undefined;
  if (!URL.canParse(uri)) return undefined;
  if (USER_INFO.test(uri) || hasDotSegment(uri)) return undefined;
  return scheme === 'http' || scheme === 'https' ? webUriKind(uri, scheme) : 'custom_scheme';
}

/**
 * Whether a client may register this redirect URI without the operator: a web URL, or a scheme of the app's own.
 *
 * RFC 8252 §7.1 and §8.4: such a scheme is a reverse domain name, so one without a period is rejected; no list of the
 * schemes that a device handles (calls, stores, settings, games) is complete. Known MCP clients are exceptions, for
 * callbacks only, since their schemes install extensions and servers as well.
 */
export function isClientsOwnChoice(uri: string): boolean {
  const kind = redirectUriKind(uri);
  if (kind !== 'custom_scheme') return kind !== undefined;
  const lowercase = uri.toLowerCase();
  const [scheme = ''] = lowercase.split(':', 1);
  if (scheme.includes('.')) return true;
  if (!CLIENT_SCHEMES.has(scheme)) return false;
  return CLIENT_CALLBACK.test(lowercase) && !CLIENT_COMMAND.test(lowercase);
}

function webUriKind(uri: string, scheme: 'http' | 'https'): RedirectUriKind | undefined {
  const host = WEB_URI.exec(uri)?.[1]?.toLowerCase();
  // The host as written, which patterns compare and users read, is the host that the browser opens.
  if (host === undefined || host !== new URL(uri).hostname) return undefined;
  if (isLoopbackHost(host)) return 'loopback';
  return scheme === 'https' ? 'https' : undefined;
}

/** RFC 8252 §7.3, RFC 6761 §6.3. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, '');
  if (host === 'localhost' || host.endsWith('.localhost') || host === '[::1]') return true;
  return /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether `requested` equals one of `registered`, except for a loopback port. Only loopback URIs have http, so the
 * scheme shows where any port is allowed.
 */
export function isRegisteredRedirectUri(requested: string, registered: readonly string[]): boolean {
  if (redirectUriKind(requested) === undefined) return false;
  return registered.some((one) => one === requested || isSameLoopback(one, requested));
}

/**
 * The destination to show to the user: host and port; for an app, its scheme first, which decides who receives the
 * response.
 */
export function redirectUriHost(uri: string): string {
  const { host, protocol } = new URL(uri);
  if (protocol === 'http:' || protocol === 'https:') return host;
  return host === '' ? protocol : `${protocol}//${host}`;
}

/** Whether two redirect URIs have the same scheme and host, and the same port unless it is loopback (RFC 8252 §7.3). */
export function haveSameHost(one: string, other: string): boolean {
  return hostOf(one) === hostOf(other);
}

function hostOf(uri: string): string {
  const { protocol, host, hostname } = new URL(uri);
  return `${protocol}//${isLoopbackHost(hostname) ? hostname : host}`;
}

/**
 * RFC 8252 §7.3: any port. Host (`localhost` is not `127.0.0.1`), path and query must be equal; a missing path equals
 * `/`.
 */
function isSameLoopback(registered: string, requested: string): boolean {
  const expected = withoutPort(registered);
  return expected !== undefined && expected === withoutPort(requested);
}

function withoutPort(uri: string): string | undefined {
  const [, host, rest = '/'] = HTTP_URI.exec(uri) ?? [];
  return host && host + rest;
}

/** Dot segments, also percent-encoded: parsers resolve them differently. */
function hasDotSegment(uri: string): boolean {
  const path = uri.replace(/\?.*/, '');
  return path.split('/').some((segment) => /^(\.|%2e){1,2}$/i.test(segment));
}
