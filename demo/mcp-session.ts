/** An MCP connection that logs in when the server requires it, and repeats the request. */
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

import type { DemoOAuthProvider } from './oauth-provider.js';

/** An open connection. */
export interface McpSession {
  /** Connects, with a login if required. */
  connect(): Promise<void>;
  /** Names of the server's tools. */
  tools(): Promise<readonly string[]>;
  /**
   * Calls a tool, and parses the JSON of its result.
   *
   * @throws an error with the message of the tool, if it failed
   */
  call(tool: string, args?: Record<string, unknown>): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

interface Connection {
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
}

/** A login, another for a missing scope, success. */
const MAX_ATTEMPTS = 3;

/** Sends nothing before `connect()` or the first call. */
export function createMcpSession(mcpUrl: URL, provider: DemoOAuthProvider): McpSession {
  let connection: Connection | undefined;

  async function open(): Promise<Connection> {
    const transport = new StreamableHTTPClientTransport(mcpUrl, { authProvider: provider });
    const client = new Client({ name: 'express-auth0-mcp-demo', version: '1.0.0' });
    connection = { client, transport };
    // The SDK's types do not support `exactOptionalPropertyTypes`.
    await client.connect(transport as Transport);
    return connection;
  }

  async function run<T>(work: (client: Client) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { client } = connection ?? (await open());
        return await work(client);
      } catch (error) {
        if (attempt === MAX_ATTEMPTS) throw error;
        await authorize(error);
      }
    }
  }

  /** Prepares the next attempt. @throws any error that is not about authorization */
  async function authorize(error: unknown): Promise<void> {
    const rejected = connection;
    connection = undefined;
    if (!(error instanceof UnauthorizedError)) throw error;
    // The SDK has opened the browser, and leaves the code exchange to the caller.
    await rejected?.transport.finishAuth(await provider.authorizationCode());
    await rejected?.client.close();
  }

  return {
    connect: () => run(async () => {}),
    tools: () => run(async (client) => (await client.listTools()).tools.map(({ name }) => name)),
    call: (name, args = {}) =>
      run(async (client) => jsonOf(await client.callTool({ name, arguments: args }))),
    async close() {
      await connection?.client.close();
    },
  };
}

function jsonOf(result: Awaited<ReturnType<Client['callTool']>>): Record<string, unknown> {
  const [first] = result.content as { text?: string }[];
  if (result.isError === true) throw new Error(first?.text ?? 'The tool failed.');
  return JSON.parse(first?.text ?? '{}');
}
