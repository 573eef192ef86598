/** An MCP server of the second SDK, without sessions: the revision 2026-07-28. */
import { localhostHostValidation } from '@modelcontextprotocol/express';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  type CallToolResult,
  createMcpHandler,
  type GetPromptResult,
  ResourceNotFoundError,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import express, { type Express } from 'express';

import {
  type Call,
  promptContent,
  promptList,
  promptWithInput,
  readResource,
  resourceList,
  templateList,
  toolList,
  tools,
} from './features.js';

/** Mounts `/mcp`, which only accepts requests to this machine. */
export function mountSecondSdk(app: Express): void {
  const handle = toNodeHandler(createMcpHandler(createServer));
  app.use('/mcp', localhostHostValidation(), express.json());
  app.all('/mcp', (req, res) => void handle(req, res, req.body));
}

function createServer(): Server {
  const server = new Server(
    { name: 'suite', version: '2.0.0' },
    { capabilities: { tools: {}, resources: {}, prompts: {}, completions: {} } },
  );
  server.setRequestHandler('tools/list', () => ({ tools: toolList }));
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const tool = tools[params.name];
    if (tool === undefined) throw new Error(`no tool ${params.name}`);
    return (await tool.call(callOf(params.arguments, context))) as CallToolResult;
  });
  server.setRequestHandler('resources/list', () => ({ resources: resourceList }));
  server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: templateList }));
  server.setRequestHandler('resources/read', ({ params: { uri } }) => {
    const content = readResource(uri);
    if (content === undefined) throw new ResourceNotFoundError(uri);
    return { contents: [content] };
  });
  server.setRequestHandler('prompts/list', () => ({ prompts: promptList }));
  server.setRequestHandler(
    'prompts/get',
    async ({ params: { name, arguments: args } }, context) => {
      if (name === 'test_input_required_result_prompt') {
        const { content, ...result } = await promptWithInput.call(callOf(args, context));
        const messages = (content as object[] | undefined)?.map((one) => ({
          role: 'user',
          content: one,
        }));
        return { ...result, ...(messages && { messages }) } as GetPromptResult;
      }
      const messages = promptContent(name, args ?? {})?.map((content) => ({
        role: 'user',
        content,
      }));
      if (messages === undefined) throw new Error(`no prompt ${name}`);
      return { messages } as GetPromptResult;
    },
  );
  server.setRequestHandler('completion/complete', () => ({ completion: { values: ['paris'] } }));
  return server;
}

function callOf(args: Call['args'] | undefined, { mcpReq }: ServerContext): Call {
  return {
    args: args ?? {},
    progressToken: mcpReq._meta?.progressToken,
    notify: (method, params) => mcpReq.notify({ method, params }),
    ask: () => Promise.reject(new Error('this revision has no requests to the client')),
    closeStream: () => undefined,
    inputs: mcpReq.inputResponses ?? {},
    state: mcpReq.requestState(),
  };
}
