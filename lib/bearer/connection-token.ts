/** `connectionToken()` of the caller, and the error that leads users to connect an account. */
import { type ConnectionRequest, NotConnectedError } from '../auth0/connected-accounts.js';
import { Auth0McpConfigError, unknownName } from '../config/errors.js';
import type { Core } from '../core.js';
import type { Connections } from '../http/connections.js';
import type { ChallengeBase } from '../oauth/challenge.js';
import { InvalidGrantError } from '../oauth/errors.js';
import { shareInstances } from '../process-wide.js';
import { Auth0SessionEndedError } from './caller.js';

/**
 * The user has not connected an account of this provider, or the provider refuses to renew its token. Show `url` to
 * the user, for example with `connectionRequiredResult()`, and let the tool be called again.
 */
export class ConnectionRequiredError extends Error {
  /** For code that cannot use `instanceof`. */
  override readonly name = 'ConnectionRequiredError';
  /** Stable error code, as in Node. */
  readonly code = 'ERR_AUTH0_MCP_CONNECTION_REQUIRED';
  /** Name of the connection at Auth0, such as `google-oauth2`. */
  readonly connection: string;
  /** Name of the provider for users, from the option `connections`. */
  readonly connectionName: string;
  /**
   * A page of this server on which the user connects an account: valid for 15 minutes and one use, and only for the
   * user of the request, who has to be signed in there.
   */
  readonly url: string;

  constructor(connection: string, connectionName: string, url: string, cause?: unknown) {
    super(`The user has to connect an account of ${connectionName}`, { cause });
    this.connection = connection;
    this.connectionName = connectionName;
    this.url = url;
  }
}
shareInstances(ConnectionRequiredError, 'ConnectionRequiredError');

/** The token of the user of a grant. The arguments are those of `connectionToken()`, unchecked. */
export type ConnectionTokenOf = (
  grantId: string,
  connection: unknown,
  request: unknown,
) => Promise<string>;

/** @param connections undefined without the option */
export function createConnectionTokenOf(
  { config }: Core,
  connections: Connections | undefined,
  challenge: ChallengeBase,
): ConnectionTokenOf {
  return async function connectionTokenOf(grantId, name, options) {
    if (connections === undefined) throw noConnections();
    const request = parseRequest(name, options, [...config.connections.keys()]);
    try {
      return await connections.tokens.token(grantId, request);
    } catch (error) {
      if (error instanceof InvalidGrantError) throw new Auth0SessionEndedError(challenge, error);
      if (!(error instanceof NotConnectedError)) throw error;
      const { connection } = request;
      const shown = config.connections.get(connection)?.name ?? connection;
      const url = connections.links.create(grantId, request);
      throw new ConnectionRequiredError(connection, shown, url, error);
    }
  };
}

/** For a server without the option, and for `auth0McpResource()`. */
export function noConnections(): Auth0McpConfigError {
  return new Auth0McpConfigError(
    'connections',
    "connectionToken() needs the option connections of auth0Mcp(), which names the connections: { 'google-oauth2': {} }. auth0McpResource() has no refresh tokens to exchange.",
  );
}

function parseRequest(
  connection: unknown,
  options: unknown,
  known: readonly string[],
): ConnectionRequest {
  if (typeof connection !== 'string') {
    throw new TypeError("connectionToken() takes the name of a connection: 'google-oauth2'");
  }
  if (!known.includes(connection)) {
    throw unknownName('connection in connectionToken()', connection, known);
  }
  if (options === undefined) return { connection, loginHint: undefined };
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('The second argument of connectionToken() is an object: { loginHint }');
  }
  const { loginHint, ...unknown } = options as Record<string, unknown>;
  const [name] = Object.keys(unknown);
  if (name !== undefined) {
    throw new TypeError(`connectionToken() takes loginHint only, not ${JSON.stringify(name)}`);
  }
  if (loginHint !== undefined && (typeof loginHint !== 'string' || loginHint === '')) {
    throw new TypeError("loginHint must be the user's id at the provider");
  }
  return { connection, loginHint };
}
