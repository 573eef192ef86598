/** Leads the user of a tool to connect an account: by a link in its result, or by URL elicitation. */
import { randomUUID } from 'node:crypto';

import { ConnectionRequiredError } from './connection-token.js';

/** `McpServer.server` of either MCP SDK, as far as it is used. */
export interface ElicitingServer {
  /** What the client advertised in its session. */
  getClientCapabilities(): { readonly elicitation?: unknown } | undefined;
  /** Asks the user to open a URL. */
  elicitInput(
    params: {
      readonly mode: 'url';
      readonly message: string;
      readonly url: string;
      readonly elicitationId: string;
    },
    options?: { readonly relatedRequestId?: string | number },
  ): Promise<{ readonly action: string }>;
}

/** How the client can be asked. */
export interface ConnectionRequiredOptions {
  /** `server.server` of an MCP server with sessions. Default: the link is in the result of the tool. */
  readonly server?: ElicitingServer | undefined;
  /** `extra.requestId` of the tool, in SDK v2 `context.mcpReq.id`, so that the question is sent on the stream of its request. */
  readonly requestId?: string | number | undefined;
}

/** The result of an MCP tool. */
export interface ConnectionRequiredResult {
  /** The SDKs' results are open. */
  [key: string]: unknown;
  /** What to do, for the model and the user. */
  content: { type: 'text'; text: string }[];
  /** The tool did not do its work. */
  isError: true;
}

/**
 * The result of an MCP tool that needs a connected account: a text with the link. A client that has advertised
 * `elicitation.url` is asked to open the link first; `elicitation: {}` means forms only (MCP 2025-11-25, Elicitation).
 *
 * @param error what `connectionToken()` threw
 * @throws the same error if it is another one
 */
export async function connectionRequiredResult(
  error: unknown,
  options: ConnectionRequiredOptions = {},
): Promise<ConnectionRequiredResult> {
  if (!(error instanceof ConnectionRequiredError)) throw error;
  const { connectionName, url } = error;
  const action = await askToOpen(error, options);
  const text =
    action === 'accept'
      ? `The user has opened the page that connects an account of ${connectionName}. Call this tool again when the user says that the account is connected.`
      : action === 'link'
        ? `This needs an account of ${connectionName}. Ask the user to open this link, and call this tool again when the account is connected: ${url}`
        : `This needs an account of ${connectionName}, and the user has not opened the page that connects one.`;
  return { content: [{ type: 'text', text }], isError: true };
}

/** @returns the user's decision, or `link` for a client that cannot be asked */
async function askToOpen(
  { connectionName, url }: ConnectionRequiredError,
  { server, requestId }: ConnectionRequiredOptions,
): Promise<string> {
  if (server === undefined || !opensUrls(server)) return 'link';
  const message = `Connect your account of ${connectionName} to go on.`;
  const params = { mode: 'url', message, url, elicitationId: randomUUID() } as const;
  const related = requestId === undefined ? {} : { relatedRequestId: requestId };
  try {
    return (await server.elicitInput(params, related)).action;
  } catch {
    // Revisions of MCP without requests of the server, and clients that do not respond.
    return 'link';
  }
}

function opensUrls(server: ElicitingServer): boolean {
  const elicitation = server.getClientCapabilities()?.elicitation;
  return (
    typeof elicitation === 'object' && elicitation !== null && Object.hasOwn(elicitation, 'url')
  );
}
