/** Configuration of each client for the demo, shown in the terminal and on the web page. */

/** A client, and the command or configuration to paste. */
export interface ClientSetUp {
  readonly client: string;
  /** Where to paste it. */
  readonly where: string;
  readonly text: string;
}

/** Default URL of `npm run demo:client`. */
const DEFAULT_URL = 'http://localhost:8000/mcp';

/** Name of the server in the clients' configuration. */
const NAME = 'auth0-demo';

/** @param mcpUrl full URL of the MCP endpoint */
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
