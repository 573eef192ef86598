/** An MCP server of the first SDK, with sessions: the revision 2025-11-25. */
import { randomUUID } from 'node:crypto';

import { InMemoryEventStore } from '@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { localhostHostValidation } from '@modelcontextprotocol/sdk/server/middleware/hostHeaderValidation.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  CompleteRequestSchema,
  GetPromptRequestSchema,
  type GetPromptResult,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  ResultSchema,
  type ServerNotification,
  type ServerRequest,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import express, { type Express } from 'express';

import {
  promptContent,
  promptList,
  readResource,
  resourceList,
  templateList,
  toolList,
  tools,
} from './features.js';

/** Mounts `/mcp`, which only accepts requests to this machine. */
export function mountFirstSdk(app: Express): void {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  app.use('/mcp', localhostHostValidation(), express.json());
  app.all('/mcp', async (req, res) => {
    const id = req.headers['mcp-session-id'];
    const known = transports.get(String(id));
    if (id !== undefined && known === undefined) return void res.sendStatus(404);
    const transport =
      known ??
      new StreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        eventStore: new InMemoryEventStore(),
        retryInterval: 100,
        onsessioninitialized: (opened) => void transports.set(opened, transport),
        onsessionclosed: (closed) => void transports.delete(closed),
      });
    if (known === undefined) await createServer().connect(transport);
    await transport.handleRequest(req, res, req.body);
  });
}

function createServer(): Server {
  const server = new Server(
    { name: 'suite', version: '1.0.0' },
    {
      capabilities: {
        tools: {},
        resources: { subscribe: true },
        prompts: {},
        logging: {},
        completions: {},
      },
    },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: toolList }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const tool = tools[params.name];
    if (tool === undefined) throw new Error(`no tool ${params.name}`);
    return (await tool.call({
      args: params.arguments ?? {},
      progressToken: extra._meta?.progressToken,
      notify: (method, fields) =>
        extra.sendNotification({ method, params: fields } as ServerNotification),
      ask: (method, fields) =>
        extra.sendRequest({ method, params: fields } as ServerRequest, ResultSchema),
      closeStream: () => extra.closeSSEStream?.(),
      inputs: {},
      state: undefined,
    })) as CallToolResult;
  });
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: resourceList }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: templateList,
  }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params: { uri } }) => {
    const content = readResource(uri);
    if (content === undefined) throw new Error(`no resource ${uri}`);
    return { contents: [content] };
  });
  server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: promptList }));
  server.setRequestHandler(GetPromptRequestSchema, ({ params: { name, arguments: args } }) => {
    const messages = promptContent(name, args ?? {})?.map((content) => ({ role: 'user', content }));
    if (messages === undefined) throw new Error(`no prompt ${name}`);
    return { messages } as GetPromptResult;
  });
  server.setRequestHandler(CompleteRequestSchema, () => ({ completion: { values: ['paris'] } }));
  for (const schema of [SetLevelRequestSchema, SubscribeRequestSchema, UnsubscribeRequestSchema]) {
    server.setRequestHandler(schema, () => ({}));
  }
  return server;
}
