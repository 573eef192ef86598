/** An MCP connection that logs in when the server requires it, and repeats the request. */
import {
  type OAuthClientProvider,
  UnauthorizedError,
} from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

/** A connection, opened by the first request, with a login if required. */
export interface McpSession {
  tools(): Promise<readonly Tool[]>;
  /**
   * Calls a tool.
   *
   * @returns the texts of its result, each other part as JSON
   * @throws an error with the message of the tool, if it failed
   */
  call(tool: string, args?: Record<string, unknown>): Promise<readonly string[]>;
  close(): Promise<void>;
}

type Tool = Awaited<ReturnType<Client['listTools']>>['tools'][number];

interface Connection {
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
}

/** A provider with a login in the browser has the code of the callback; one with credentials needs none. */
type Provider = OAuthClientProvider & { authorizationCode?(): Promise<string> };

/** A login, another for a missing scope, success. */
const MAX_ATTEMPTS = 3;

export function createMcpSession(mcpUrl: URL, provider: Provider): McpSession {
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
    const code = error instanceof UnauthorizedError ? provider.authorizationCode?.() : undefined;
    if (code === undefined) throw error;
    // The SDK has opened the browser, and leaves the code exchange to the caller.
    await rejected?.transport.finishAuth(await code);
    await rejected?.client.close();
  }

  return {
    tools: () => run(async (client) => (await client.listTools()).tools),
    call: (name, args = {}) =>
      run(async (client) => textsOf(await client.callTool({ name, arguments: args }))),
    async close() {
      await connection?.client.close();
    },
  };
}

function textsOf(result: Awaited<ReturnType<Client['callTool']>>): readonly string[] {
  const parts = result.content as { text?: string }[];
  const texts = parts.map((part) => part.text ?? JSON.stringify(part));
  if (result.isError === true) throw new Error(texts.join('\n') || 'The tool failed.');
  return texts;
}
