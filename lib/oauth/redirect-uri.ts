/**
 * Redirect URIs: which may be registered, and when a requested one is a registered one.
 *
 * Spec: RFC 6749 §3.1.2, RFC 8252 §7 and §8.10, RFC 9700 §2.1 and §4.1.3. Compared as strings; the
 * single exception is the port of a loopback URI (RFC 8252 §7.3), which native apps pick at run time.
 *
 * @module
 */

/** Where an answer goes: a web server, this machine, or an app that claimed a scheme. */
export type RedirectUriKind = 'https' | 'loopback' | 'custom_scheme';

/** Longest redirect URI accepted, in characters. */
export const MAX_REDIRECT_URI_LENGTH = 1024;

/**
 * Schemes of browsers and systems: they show content, or start a program, instead of handing over to an app that
 * asked for it. Never redirect URIs, not even if the operator names one.
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
 * Families of them: Windows and Office, LibreOffice (`vnd.`), Apple, Android, other browsers, calls, stores, extensions
 * of a browser. Some look like a reverse domain name.
 */
const SYSTEM_FAMILY =
  /^(?:ms-|microsoft[-.]|windows\.|explorer\.|ie\.|vnd\.|x-apple|com\.apple\.|android\.|com\.android\.|com\.epicgames\.|googlechrome|firefox|itms-|facetime-)|-extension$/;

/** MCP clients whose scheme is no domain name: VS Code and editors made of it, Zed, Claude. */
const CLIENT_SCHEMES: ReadonlySet<string> = new Set(
  (
    'vscode vscode-insiders vscodium code-oss cursor cursor-nightly windsurf windsurf-next kiro trae trae-cn qoder ' +
    'void antigravity positron zed claude'
  ).split(' '),
);

/**
 * A callback of theirs: an extension (`publisher.name`), a domain or `oauth` for the authority, and a last segment
 * that says what it is for. What they install, import, open or connect to has another form.
 */
const CLIENT_CALLBACK =
  /^[a-z-]+:\/\/(?:[\w-]+(?:\.[\w-]+)+|oauth|auth|mcp-oauth)\/(?:[^?]*\/)?(?:cb|[\w.-]*(?:callback|redirect|auth|login|sign-?in)[\w.-]*)\/?(?:\?|$)/;
const CLIENT_COMMAND = /^[^?]*(?:install|import|deeplink|clone|remote|checkout)/;

/** RFC 3986 §3.1 scheme, then only characters §2 allows in a URI; `*` is left out (PX-16). */
const URI = /^([A-Za-z][A-Za-z0-9+.-]*):[A-Za-z0-9\-._~:/?[\]@!$&'()+,;=%]+$/;
/** The host of a web URI as it is written; nothing matches where a port is empty or a user is named. */
const WEB_URI = /^https?:\/\/([^/:?@[\]]+|\[[^\]]*\])(?::\d+)?(?:[/?]|$)/i;
/** RFC 3986 §3.2.1, also an empty one, which parsers drop. */
const USER_INFO = /^[^/]*\/\/[^/?]*@/;
/** All but the port. */
const HTTP_URI = /^(http:\/\/(?:[^/:?[\]]+|\[[^\]]*\]))(?::\d+)?([/?].*)?$/;

/**
 * What kind of redirect URI this is, or undefined for one that must never be used: relative, with
 * fragment, user info or wildcard, plain http to another machine, or of a scheme of browsers and systems.
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
 * Whether a client may choose this redirect URI for itself: a web address, or a scheme that is an app's own.
 *
 * RFC 8252 §7.1 and §8.4: such a scheme is a reverse domain name, and one without a period is refused. No list of
 * what else a device may start (calls, stores, settings, games) is ever complete. Callbacks of known MCP clients are
 * excepted: their schemes also install extensions and servers.
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
  // Written as it is meant: what a pattern compares and a person reads is where the browser goes.
  if (host === undefined || host !== new URL(uri).hostname) return undefined;
  if (isLoopbackHost(host)) return 'loopback';
  return scheme === 'https' ? 'https' : undefined;
}

/** Whether a host name means this machine (RFC 8252 §7.3, RFC 6761 §6.3). */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, '');
  if (host === 'localhost' || host.endsWith('.localhost') || host === '[::1]') return true;
  return /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether `requested` is one of `registered`: equal, or equal but for a loopback port. Only loopback
 * has http, so that the scheme says where the port is free.
 */
export function isRegisteredRedirectUri(requested: string, registered: readonly string[]): boolean {
  if (redirectUriKind(requested) === undefined) return false;
  return registered.some((one) => one === requested || isSameLoopback(one, requested));
}

/**
 * What to show a person as the destination: host and port. An app's scheme has no owner whose host could
 * be named: the scheme itself decides who gets it, so it stands in front.
 */
export function redirectUriHost(uri: string): string {
  const { host, protocol } = new URL(uri);
  if (protocol === 'http:' || protocol === 'https:') return host;
  return host === '' ? protocol : `${protocol}//${host}`;
}

/** Whether two redirect URIs lead to one scheme and host, on any port where that is free (RFC 8252 §7.3). */
export function haveSameHost(one: string, other: string): boolean {
  return hostOf(one) === hostOf(other);
}

function hostOf(uri: string): string {
  const { protocol, host, hostname } = new URL(uri);
  return `${protocol}//${isLoopbackHost(hostname) ? hostname : host}`;
}

/**
 * RFC 8252 §7.3: any port. The host stays as written (`localhost` is not `127.0.0.1`), and so do
 * path and query, except that an absent path and `/` are one (R-8252-5).
 */
function isSameLoopback(registered: string, requested: string): boolean {
  const expected = withoutPort(registered);
  return expected !== undefined && expected === withoutPort(requested);
}

function withoutPort(uri: string): string | undefined {
  const [, host, rest = '/'] = HTTP_URI.exec(uri) ?? [];
  return host && host + rest;
}

/** Dot segments, plain or percent-encoded once: parsers disagree on where they lead. */
function hasDotSegment(uri: string): boolean {
  const path = uri.replace(/\?.*/, '');
  return path.split('/').some((segment) => /^(\.|%2e){1,2}$/i.test(segment));
}
