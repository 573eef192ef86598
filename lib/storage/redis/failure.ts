/**
 * From what Redis or the network said to an error that says what to do.
 *
 * @module
 */
import { StorageUnavailableError } from '../storage.js';

/**
 * What the user of an ACL has to be allowed, in the notation of `ACL SETUSER`: commands of the
 * storage, of its scripts, of rate-limit-redis and of connect-redis; and of the connection. The others
 * that a connection begins with are open to everybody, or not missed.
 */
export const NEEDED_COMMANDS: readonly string[] = [
  ...['+get', '+set', '+getdel', '+del', '+expire', '+exists', '+incr', '+decr', '+pttl'],
  ...['+zadd', '+zrem', '+zremrangebyscore', '+zrevrange', '+zrangebyscore', '+pexpireat', '+time'],
  ...['+eval', '+evalsha', '+ping', '+select', '+info'],
];

/** Redis 6.2, 7.0 and 7.2 each have other words for what a script may not do. */
const FORBIDDEN = /^NOPERM|ACL failure in script|The user executing the script can't/;

/** The beginning of a Redis error, or the name of one of node-redis, and what it means for the operator. */
const REMEDIES: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [/^(NOAUTH|WRONGPASS|ERR AUTH)/, 'it refuses the password: check the URL or the client options'],
  [
    FORBIDDEN,
    'its ACL forbids a command or a key: allow the user ~express-auth0-mcp:* (your keyPrefix) and ' +
      NEEDED_COMMANDS.join(' '),
  ],
  [/^OOM/, 'its maxmemory is reached and it evicts nothing: give it more memory'],
  [/^READONLY/, 'this server is a replica: connect to the primary, or through Sentinel'],
  [
    /^(LOADING|BUSY|CLUSTERDOWN|MASTERDOWN|TRYAGAIN)/,
    'it is busy recovering; this passes by itself',
  ],
  [/^MISCONF/, 'it cannot save to its disk: see its log'],
  [
    /unknown (redis )?command/i,
    'a command is switched off there (rename-command, a managed service), or it is older than Redis 6.2. In ' +
      `use are: ${NEEDED_COMMANDS.join(' ')}`,
  ],
  [/DB index|invalid DB/i, 'it has no database of that number: check the end of the URL'],
  [
    /SELF_SIGNED|UNABLE_TO_|CERT_UNTRUSTED|ISSUER/,
    'its certificate is from an authority that Node does not know: name the file of it in NODE_EXTRA_CA_CERTS, ' +
      'or pass a client with socket: { tls: true, ca }',
  ],
  [/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/, 'its certificate has expired, or is not valid yet'],
  [/ALTNAME_INVALID/, 'its certificate is for another host name: connect by a name that is in it'],
  [
    /ERR_SSL|EPROTO|before secure TLS/,
    'the TLS handshake failed: a server without TLS takes redis://, not rediss://',
  ],
  [
    /Socket closed unexpectedly|ECONNRESET/,
    'it closed the connection: a server with TLS takes rediss://, not redis://; else see its log',
  ],
  [/ENOTFOUND|EAI_AGAIN/, 'no host of this name is known: check the URL'],
  [/client is closed/i, 'the client is not connected: call its connect() at start-up'],
];

/**
 * The error of a failed command. The message carries no value and no password; `cause` is the
 * original.
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
    `Redis (${where}) did not answer as it should: ${remedy ?? 'is it running and reachable?'}`,
    { cause },
  );
}

/** A command that took longer than its deadline. */
export class RedisTimeoutError extends StorageUnavailableError {
  constructor(where: string, deadlineMs: number) {
    // One without TLS waits for the rest of a handshake that it takes for a command.
    const tls = where.startsWith('rediss:')
      ? ' A server without TLS takes redis://, not rediss://.'
      : '';
    super(
      `Redis (${where}) did not answer within ${deadlineMs} ms: is it running and reachable?${tls}`,
    );
  }
}
