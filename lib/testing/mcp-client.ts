/** An MCP client of the installed SDK with the tokens of a login: it refreshes and logs in again by itself. */
import { type ClientLogin, type ClientTokens, REDIRECT_URI } from './client-login.js';

/** What both SDKs' clients have. */
export interface McpClient {
  /** Calls a tool. */
  callTool(call: { name: string; arguments?: Record<string, unknown> }): Promise<McpToolResult>;
  /** The tools of the server. */
  listTools(): Promise<{ tools: { name: string; description?: string }[] }>;
  /** Ends the connection. */
  close(): Promise<void>;
}

/** The result of a tool call. */
export interface McpToolResult {
  /** Texts, and other content by `type`. */
  content: { type: string; text?: string }[];
  /** For a tool with an output schema. */
  structuredContent?: Record<string, unknown>;
  /** The tool failed. */
  isError?: boolean;
}

/** A client of either SDK that is not connected yet. */
export interface UnconnectedClient {
  /** Connects by a transport of the same SDK. */
  connect(transport: never): Promise<void>;
  /** Ends the connection. */
  close(): Promise<void>;
}

/** What the connection uses of an SDK. */
interface Sdk {
  readonly Client: new (info: { name: string; version: string }) => UnconnectedClient;
  readonly StreamableHTTPClientTransport: new (
    url: URL,
    options: { authProvider: object },
  ) => object;
}

/** The access token of a connected client can be replaced. */
export interface ConnectedClient<C> {
  readonly client: C;
  readonly tokens: () => ClientTokens | undefined;
  replace(tokens: ClientTokens): void;
}

/**
 * @param given a client of either SDK; by default one of the installed SDK
 * @param visit the user's part in a further login, such as for another scope
 */
export async function connectClient<C extends UnconnectedClient>(
  mcpUrl: URL,
  login: ClientLogin,
  given: C | undefined,
  visit: (authorizeUrl: URL) => Promise<URL>,
): Promise<ConnectedClient<C>> {
  const sdk = await installedSdk(given);
  const client = given ?? (new sdk.Client({ name: 'test', version: '1.0.0' }) as C);
  let tokens: ClientTokens | undefined = login.tokens;
  let codeVerifier = '';
  const authProvider = {
    redirectUrl: REDIRECT_URI,
    clientMetadata: { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'none' },
    clientInformation: () => login.client,
    tokens: () => tokens,
    saveTokens(saved: ClientTokens) {
      tokens = saved;
    },
    saveCodeVerifier(verifier: string) {
      codeVerifier = verifier;
    },
    codeVerifier: () => codeVerifier,
    // Revoked: the SDK logs in again.
    invalidateCredentials() {
      tokens = undefined;
    },
    // The SDK rejects the call that led to the login; the next one has the new tokens.
    async redirectToAuthorization(authorizeUrl: URL) {
      tokens = await login.redeem(await visit(authorizeUrl), codeVerifier);
    },
  };
  const transport = new sdk.StreamableHTTPClientTransport(mcpUrl, { authProvider });
  await client.connect(transport as never);
  return {
    client,
    tokens: () => tokens,
    replace(replaced) {
      tokens = replaced;
    },
  };
}

/** Connects with the provider of a client that needs no login. */
export async function connectWith<C extends UnconnectedClient>(
  mcpUrl: URL,
  authProvider: object,
  given: C | undefined,
): Promise<C> {
  const sdk = await installedSdk(given);
  const client = given ?? (new sdk.Client({ name: 'test', version: '1.0.0' }) as C);
  const transport = new sdk.StreamableHTTPClientTransport(mcpUrl, { authProvider });
  await client.connect(transport as never);
  return client;
}

async function installedSdk(given: UnconnectedClient | undefined): Promise<Sdk> {
  const found = (await Promise.all([loadFirstSdk(), loadSecondSdk()])).filter(
    (sdk) => sdk !== undefined,
  );
  const sdk = found.find(({ Client }) => given instanceof Client) ?? found[0];
  if (sdk !== undefined) return sdk;
  throw new Error(
    'connect() needs an MCP client. Install one: npm install --save-dev @modelcontextprotocol/sdk (or @modelcontextprotocol/client)',
  );
}

async function loadFirstSdk(): Promise<Sdk | undefined> {
  try {
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const { StreamableHTTPClientTransport } = await import(
      '@modelcontextprotocol/sdk/client/streamableHttp.js'
    );
    return { Client, StreamableHTTPClientTransport } as unknown as Sdk;
  } catch (error) {
    return absent(error);
  }
}

async function loadSecondSdk(): Promise<Sdk | undefined> {
  try {
    return (await import('@modelcontextprotocol/client')) as unknown as Sdk;
  } catch (error) {
    return absent(error);
  }
}

/** @throws the error, unless it says that the package is not installed */
function absent(error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') return undefined;
  throw error;
}
