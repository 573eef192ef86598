/** Errors of Redis and of the network, each with its remedy. */
import { StorageUnavailableError } from '../storage.js';

/**
 * Permissions that the user of an ACL needs, in the notation of `ACL SETUSER`: commands of the
 * storage, its scripts, rate-limit-redis, connect-redis and the connection. Other commands that open a
 * connection need no permission, or may fail.
 */
export const NEEDED_COMMANDS: readonly string[] = [
  ...['+get', '+set', '+getdel', '+del', '+expire', '+exists', '+incr', '+decr', '+pttl'],
  ...['+zadd', '+zrem', '+zremrangebyscore', '+zrevrange', '+zrangebyscore', '+pexpireat', '+time'],
  ...['+eval', '+evalsha', '+ping', '+select', '+info'],
];

/** Redis 6.2, 7.0 and 7.2 each word a denied command of a script differently. */
const FORBIDDEN = /^NOPERM|ACL failure in script|The user executing the script can't/;

/** Message or code of a Redis, network or TLS error → what is wrong and what to do. */
const REMEDIES: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [/^(NOAUTH|WRONGPASS|ERR AUTH)/, 'it rejects the password: check the URL or the client options'],
  [
    FORBIDDEN,
    'its ACL forbids a command or a key: allow the user ~express-auth0-mcp:* (your keyPrefix) and ' +
      NEEDED_COMMANDS.join(' '),
  ],
  [/^OOM/, 'its maxmemory is reached and it evicts nothing: give it more memory'],
  [/^READONLY/, 'this server is a replica: connect to the primary, or through Sentinel'],
  [
    /^(LOADING|BUSY|CLUSTERDOWN|MASTERDOWN|TRYAGAIN)/,
    'it is recovering and will be available again without action',
  ],
  [/^MISCONF/, 'it cannot save to its disk: see its log'],
  [
    /unknown (redis )?command/i,
    'a command is disabled there (rename-command, a managed service), or it is older than Redis 6.2. ' +
      `Needed are: ${NEEDED_COMMANDS.join(' ')}`,
  ],
  [/DB index|invalid DB/i, 'it has no database with that number: check the end of the URL'],
  [
    /SELF_SIGNED|UNABLE_TO_|CERT_UNTRUSTED|ISSUER/,
    'its certificate is from an authority that Node does not trust: set NODE_EXTRA_CA_CERTS to its file, ' +
      'or pass a client with socket: { tls: true, ca }',
  ],
  [/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/, 'its certificate has expired, or is not valid yet'],
  [
    /ALTNAME_INVALID/,
    'its certificate is for another host name: connect with a name that is in it',
  ],
  [
    /ERR_SSL|EPROTO|before secure TLS/,
    'the TLS handshake failed: a server without TLS needs redis://, not rediss://',
  ],
  [
    /Socket closed unexpectedly|ECONNRESET/,
    'it closed the connection: a server with TLS needs rediss://, not redis://; otherwise see its log',
  ],
  [/ENOTFOUND|EAI_AGAIN/, 'its host name cannot be resolved: check the URL'],
  [/client is closed/i, 'the client is not connected: call its connect() at start-up'],
];

/**
 * The error of a failed command. The message has no value and no password; `cause` is the original.
 *
 * @param where the server, without credentials
 */
export function unavailable(where: string, cause: unknown): StorageUnavailableError {
  if (cause instanceof StorageUnavailableError) return cause;
  const { code = '', message = String(cause) } = Object(cause) as {
    code?: string;
    message?: string;
  };
  const remedy = REMEDIES.find(([pattern]) => pattern.test(message) || pattern.test(code))?.[1];
  return new StorageUnavailableError(
    `Redis (${where}) failed: ${remedy ?? 'is it running and reachable?'}`,
    { cause },
  );
}

/** A command exceeded its deadline. */
export class RedisTimeoutError extends StorageUnavailableError {
  constructor(where: string, deadlineMs: number) {
    // A server without TLS takes the handshake for an incomplete command, and waits for the rest.
    const tls = where.startsWith('rediss:')
      ? ' A server without TLS needs redis://, not rediss://.'
      : '';
    super(
      `Redis (${where}) did not respond within ${deadlineMs} ms: is it running and reachable?${tls}`,
    );
  }
}

const URL_FORM =
  'Write redis://[[user]:password@]host[:port][/database], or rediss:// for TLS; for Sentinel or a Cluster ' +
  'use redisStorage({ client }).';

const ENCODING =
  'Percent-encode the user name and the password, with encodeURIComponent(): % # / ? in them break the URL.';

/**
 * What is wrong with a Redis URL and how to correct it; undefined for a usable one. Checked at start-up, since
 * node-redis fails with it at the first request only. Does not repeat its text, which may hold a password.
 */
export function redisUrlProblem(url: string): string | undefined {
  if (!/^rediss?:\/\//i.test(url)) return URL_FORM;
  const problem = `${ENCODING} ${URL_FORM}`;
  // A `/`, `?` or `#` of a password ends the authority before its `@`.
  if (/[/?#][^@]*@/.test(url.slice(url.indexOf('//') + 2))) return problem;
  if (!URL.canParse(url)) return url.includes('@') ? problem : URL_FORM;
  const { hostname, username, password, pathname, search, hash } = new URL(url);
  if (hostname === '') return URL_FORM;
  if (![username, password].every(isEncoded)) return problem;
  if (search !== '' || hash !== '') return `Remove the query and the fragment. ${URL_FORM}`;
  if (!/^(\/\d*)?$/.test(pathname)) return `The database has to be a number. ${URL_FORM}`;
  return undefined;
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
