/**
 * How to point each client at the demo. The terminal and the landing page both show it.
 *
 * @module
 */

/** One client, and what to type or paste for it. */
export interface ClientSetUp {
  readonly client: string;
  /** Where it belongs. */
  readonly where: string;
  readonly text: string;
}

/** Where `npm run demo:client` looks by itself. */
const DEFAULT_URL = 'http://localhost:8000/mcp';

/** A name for the server in other people's lists. */
const NAME = 'auth0-demo';

/** @param mcpUrl the MCP endpoint, in full */
export function clientSetUps(mcpUrl: string): readonly ClientSetUp[] {
  return [
    {
      client: 'Demo client',
      where: 'in a second terminal',
      text: `npm run demo:client${mcpUrl === DEFAULT_URL ? '' : ` -- ${mcpUrl}`}`,
    },
    {
      client: 'Claude Code',
      where: 'in a terminal; then type /mcp in Claude Code and choose the server to log in',
      text: `claude mcp add --transport http ${NAME} ${mcpUrl}`,
    },
    {
      client: 'Cursor',
      where: '.cursor/mcp.json',
      text: json({ mcpServers: { [NAME]: { url: mcpUrl } } }),
    },
    {
      client: 'VS Code',
      where: '.vscode/mcp.json',
      text: json({ servers: { [NAME]: { type: 'http', url: mcpUrl } } }),
    },
    {
      client: 'mcp-remote',
      where: 'for clients that only start programs, in their list of servers',
      text: json({
        mcpServers: { [NAME]: { command: 'npx', args: ['-y', 'mcp-remote', mcpUrl] } },
      }),
    },
    {
      client: 'MCP Inspector',
      where: `in a terminal; then choose Streamable HTTP and enter ${mcpUrl}`,
      text: 'npx @modelcontextprotocol/inspector',
    },
  ];
}

function json(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}
