/**
 * A guarded MCP endpoint whose executor is an SDK with a zod, in a process of its own:
 * `SPEC_ZOD=… node --import …/use-zod.js --import …/run-typescript.js executor-process.ts SDK [handler]`.
 *
 * `/mcp` is behind the guard, `/bare` is the same route without one, `/copy` a guarded route that copies
 * `params` by assignment. Prints where it listens and a token without the scope of `write_file`; `GET /ran`
 * says which tools ran since it was last asked, and which ones the guard had judged.
 */
import express, { type RequestHandler } from 'express';

import { rpcCalls } from '../../lib/bearer/json-rpc.js';
import { startResourceWorld } from './resource-world.js';

const [sdk = '', kind = ''] = process.argv.slice(2);

const ran: unknown[] = [];
const judged: unknown[] = [];

const TOOLS = ['public_tool', 'write_file'];

interface AnyServer {
  registerTool?(name: string, config: object, run: () => Promise<object>): unknown;
  tool?(name: string, run: () => Promise<object>): unknown;
  connect(transport: unknown): Promise<void>;
}

function withTools<Server extends AnyServer>(server: Server): Server {
  for (const name of TOOLS) {
    const run = async () => {
      ran.push(name);
      return { content: [{ type: 'text', text: name }] };
    };
    if (server.registerTool === undefined) server.tool?.(name, run);
    else server.registerTool(name, {}, run);
  }
  return server;
}

async function route(): Promise<RequestHandler> {
  const info = { name: 'spec', version: '1.0.0' };
  const isSecond = sdk === '@modelcontextprotocol/server';
  const { McpServer, createMcpHandler } = await import(isSecond ? sdk : `${sdk}/server/mcp.js`);
  if (kind === 'handler') {
    const { toNodeHandler } = await import('@modelcontextprotocol/node');
    const handle = toNodeHandler(createMcpHandler(() => withTools(new McpServer(info))));
    return (req, res) => void handle(req, res, req.body);
  }
  const transports = isSecond
    ? await import('@modelcontextprotocol/node')
    : await import(`${sdk}/server/streamableHttp.js`);
  const Transport =
    transports.NodeStreamableHTTPServerTransport ?? transports.StreamableHTTPServerTransport;
  return async function mcp(req, res) {
    const transport = new Transport({ sessionIdGenerator: undefined });
    await withTools(new McpServer(info) as AnyServer).connect(transport);
    await transport.handleRequest(req, res, req.body);
  };
}

/** As routes do that add something of their own to what they were sent. */
const copying: RequestHandler = function copying(req, res) {
  for (const message of [req.body].flat()) {
    const copy: Record<string, unknown> = {};
    for (const key of Object.keys(message)) copy[key] = message[key];
    const params: Record<string, unknown> = {};
    for (const key of Object.keys(copy['params'] ?? {})) {
      params[key] = (copy['params'] as typeof params)[key];
    }
    if (copy['method'] === 'tools/call' && TOOLS.includes(String(params['name']))) {
      ran.push(String(params['name']));
    }
  }
  res.json({});
};

const mcp = await route();
const world = await startResourceWorld({
  options: { toolScopes: { write_file: ['files:write'] } },
  mount(app, auth) {
    app.get('/ran', (_req, res) => {
      res.json({ ran: ran.splice(0), judged: judged.splice(0) });
    });
    app.post('/bare', express.json(), mcp);
    app.use(auth);
    const note: RequestHandler = (req, _res, next) => {
      judged.push(...rpcCalls(req.body).map(({ tool }) => tool));
      next();
    };
    app.post('/copy', auth.bearer(), express.json(), note, copying);
    app.all('/mcp', express.json(), note, mcp);
  },
});
const token = await world.token();
const writer = await world.token({ claims: { scope: 'files:write' } });
process.stdout.write(`${JSON.stringify({ origin: world.origin, token, writer })}\n`);
process.stdin.on('end', () => process.exit(0)).resume();
