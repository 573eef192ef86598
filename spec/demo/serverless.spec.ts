/** The app as a function: serverless-http, and a gateway that sends events of API Gateway and buffers responses. */
import type { IncomingMessage } from 'node:http';
import { afterEach, expect, it } from '@jest/globals';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express, { type RequestHandler } from 'express';
import serverless from 'serverless-http';

import { getAccessToken } from '../../lib/bearer/caller.js';
import { ADA } from '../../lib/testing/options.js';
import { type MountedApp, startApp } from '../support/mounted-app.js';
import { callJson, connect, HeadlessProvider } from '../support/sdk-client.js';

/** The response of a function, payload format 2.0. */
interface FunctionResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

let app: MountedApp;
afterEach(() => app.close());

it('logs in, calls a tool and refreshes behind a gateway that buffers', async () => {
  const ips = new Set<string | undefined>();
  app = await startApp(({ app: gateway, auth, origin }) => {
    const inner = express();
    inner.set('trust proxy', 1);
    inner.use((req, _res, next) => {
      ips.add(req.ip);
      next();
    });
    inner.use(auth({ baseUrl: origin }));
    inner.post('/mcp', express.json(), async (req, res) => {
      const server = new McpServer({ name: 'My server', version: '1.0.0' });
      server.registerTool('whoami', {}, () => ({
        content: [{ type: 'text', text: JSON.stringify({ subject: getAccessToken().subject }) }],
      }));
      const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
      await server.connect(transport as Parameters<typeof server.connect>[0]);
      await transport.handleRequest(req, res, req.body);
    });
    inner.all('/mcp', (_req, res) => void res.sendStatus(405));
    // The transport of the SDK reads `rawHeaders`, which the adapter leaves out.
    const handler = serverless(inner, {
      request(req: IncomingMessage) {
        req.rawHeaders = Object.entries(req.headers).flatMap(([name, value]) => [
          name,
          String(value),
        ]);
      },
    });
    gateway.use(express.text({ type: () => true }), forward(handler));
  });
  const provider = new HeadlessProvider();
  const { client } = await connect(`${app.origin}/mcp`, provider);
  expect(await callJson(client, 'whoami')).toEqual({ subject: ADA.sub });
  provider.saved = { ...provider.saved, access_token: 'lost' } as typeof provider.saved;
  expect(await callJson(client, 'whoami')).toEqual({ subject: ADA.sub });
  await client.close();
  expect([...ips]).toEqual(['203.0.113.7']);
  expect(app.complaints).toEqual([]);
});

/** API Gateway: a request becomes an event, and the result of the function the response. */
function forward(handler: serverless.Handler): RequestHandler {
  return async function callFunction(req, res) {
    const { 'content-length': _length, cookie, ...headers } = req.headers;
    const [rawPath = '', rawQueryString = ''] = req.originalUrl.split('?');
    const event = {
      version: '2.0',
      ...{
        rawPath,
        rawQueryString,
        headers: { ...headers, 'x-forwarded-for': '198.51.100.1, 203.0.113.7' },
      },
      ...(cookie !== undefined && { cookies: cookie.split('; ') }),
      requestContext: { http: { method: req.method, path: rawPath, sourceIp: '203.0.113.7' } },
      ...(typeof req.body === 'string' && { body: req.body, isBase64Encoded: false }),
    };
    const result = (await handler(event, {})) as FunctionResponse;
    res.status(result.statusCode).set(result.headers);
    for (const value of result.cookies ?? []) res.append('set-cookie', value);
    res.end(result.isBase64Encoded ? Buffer.from(result.body, 'base64') : result.body);
  };
}
