/** A client without a user: an application of the tenant, and its tokens at a server by client credentials. */
import { randomBytes } from 'node:crypto';

import type { PreRegisteredClientOptions } from '../config/options.js';
import { type ClientTokens, discover, sendJson } from './client-login.js';
import type { McpClient, UnconnectedClient } from './mcp-client.js';

/** A client without a user. Each property has a default. */
export interface MachineOptions {
  /** Default: random. */
  readonly clientId?: string;
  /** Default: random. */
  readonly clientSecret?: string;
  /** Permissions at the first API of the tenant. Default: all of its scopes. */
  readonly scopes?: readonly string[];
}

/** The scopes and the client of a connection without a user. */
export interface MachineConnectOptions<C = McpClient> {
  /** The scopes that the client requests. Default: none, for all that it may have. */
  readonly scopes?: readonly string[];
  /** A client of `@modelcontextprotocol/sdk` or `@modelcontextprotocol/client`. Default: one of the installed package. */
  readonly client?: C & UnconnectedClient;
}

/** A client without a user, which is a machine-to-machine application of the tenant. */
export interface TestMachine {
  /** Its id at the server and at the tenant. */
  readonly clientId: string;
  /** Its secret. */
  readonly clientSecret: string;
  /**
   * For `auth0Mcp()`: `clients: [machine.entry]`. For a server that has the secret itself, give it an entry with `clientId`,
   * `clientSecret` and `scopes` instead.
   */
  readonly entry: PreRegisteredClientOptions;
  /**
   * An MCP client with a token of the server. Close it with `tenant.close()`.
   *
   * @param mcpUrl of the MCP endpoint; its server has to listen
   */
  connect<C = McpClient>(mcpUrl: string | URL, options?: MachineConnectOptions<C>): Promise<C>;
  /** Its access token at the server, for requests without an SDK. */
  token(mcpUrl: string | URL, options?: Pick<MachineConnectOptions, 'scopes'>): Promise<string>;
}

/** Id and secret. */
export type MachineCredentials = Pick<TestMachine, 'clientId' | 'clientSecret'>;

export function machineCredentials(options: MachineOptions): MachineCredentials {
  const random = (): string => randomBytes(24).toString('base64url');
  return {
    clientId: options.clientId ?? `machine-${random()}`,
    clientSecret: options.clientSecret ?? `${random()}${random()}`,
  };
}

/** @throws naming the request that failed */
export async function tokensOfMachine(
  mcpUrl: URL,
  { clientId, clientSecret }: MachineCredentials,
  scopes: readonly string[] | undefined,
): Promise<ClientTokens> {
  const { resource, server } = await discover(mcpUrl);
  const failure = `The client ${clientId} got no token. Is it in clients, with the grant client_credentials?`;
  const tokens = await sendJson(String(server['token_endpoint']), failure, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      resource,
      ...(scopes && { scope: scopes.join(' ') }),
    }),
  });
  return { ...(tokens as unknown as ClientTokens), issuer: String(server['issuer']) };
}

/** For the transport of either SDK: the SDK requests a new token when this one is rejected. */
export function machineProvider(
  { clientId, clientSecret }: MachineCredentials,
  first: ClientTokens,
  scopes: readonly string[] | undefined,
): { readonly authProvider: object } {
  let tokens: ClientTokens | undefined = first;
  const { issuer } = first;
  const authProvider = {
    redirectUrl: undefined,
    clientMetadata: {
      redirect_uris: [],
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'client_secret_basic',
    },
    clientInformation: () => ({ client_id: clientId, client_secret: clientSecret, issuer }),
    tokens: () => tokens,
    saveTokens(saved: ClientTokens) {
      tokens = saved;
    },
    invalidateCredentials() {
      tokens = undefined;
    },
    prepareTokenRequest() {
      const scope = scopes && { scope: scopes.join(' ') };
      return new URLSearchParams({ grant_type: 'client_credentials', ...scope });
    },
    saveCodeVerifier() {},
    codeVerifier: () => '',
    redirectToAuthorization() {
      throw new Error('A client without a user cannot log in');
    },
  };
  return { authProvider };
}
