/** `connectionRequiredResult()`: how the user of a tool gets the link, by what the client has advertised. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type ClientCapabilities as ClientCapabilitiesV2,
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
  type VersionNegotiationMode,
} from '@modelcontextprotocol/client';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { type ClientCapabilities, ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { createMcpHandler, McpServer as McpServerV2 } from '@modelcontextprotocol/server';
import express, { type RequestHandler } from 'express';
import { auth0Mcp } from '../../lib/auth0-mcp.js';
import { getAccessToken } from '../../lib/bearer/caller.js';
import { connectionRequiredResult } from '../../lib/bearer/connection-required-result.js';
import { startThread } from '../../lib/testing/tenant-thread.js';
import {
  startTenantIn,
  type TestTenant,
  type TestTenantOptions,
} from '../../lib/testing/test-tenant.js';
import { connect, GOOGLE } from '../support/connected-accounts.js';
import { NEWEST_PROTOCOL } from '../support/sdk-v2.js';
import { ROOT } from '../support/source-tree.js';

/** With sessions, which hold what the client has advertised. */
function sessions(): RequestHandler {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  return async function serve(req, res) {
    let transport = transports.get(String(req.headers['mcp-session-id']));
    if (transport === undefined) {
      const created = new StreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        onsessioninitialized: (id) => void transports.set(id, created),
      });
      transport = created;
      const server = new McpServer({ name: 'spec', version: '1.0.0' });
      server.registerTool('calendars', {}, async ({ requestId }) => {
        try {
          const token = await getAccessToken().connectionToken(GOOGLE);
          return { content: [{ type: 'text', text: token }] };
        } catch (error) {
          return connectionRequiredResult(error, { server: server.server, requestId });
        }
      });
      await server.connect(created as Parameters<typeof server.connect>[0]);
    }
    await transport.handleRequest(req, res, req.body);
  };
}

/** A server of the second SDK with the same tool. */
function createServerV2(): McpServerV2 {
  const server = new McpServerV2({ name: 'spec', version: '2.0.0' });
  server.registerTool('calendars', {}, async ({ mcpReq }) => {
    try {
      const token = await getAccessToken().connectionToken(GOOGLE);
      return { content: [{ type: 'text', text: token }] };
    } catch (error) {
      return connectionRequiredResult(error, { server: server.server, requestId: mcpReq.id });
    }
  });
  return server;
}

function sessionsV2(): RequestHandler {
  const transports = new Map<string, NodeStreamableHTTPServerTransport>();
  return async function serve(req, res) {
    let transport = transports.get(String(req.headers['mcp-session-id']));
    if (transport === undefined) {
      const created = new NodeStreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        onsessioninitialized: (id) => void transports.set(id, created),
      });
      transport = created;
      await createServerV2().connect(created);
    }
    await transport.handleRequest(req, res, req.body);
  };
}

/** Revision 2026-07-28, in which a server sends no requests. */
function handlerV2(): RequestHandler {
  const handle = toNodeHandler(createMcpHandler(createServerV2));
  return (req, res) => void handle(req, res, req.body);
}

/** Jest runs the TypeScript of the thread through a loader. */
const start = (options: TestTenantOptions): Promise<TestTenant> =>
  startTenantIn(
    startThread(join(ROOT, 'lib/testing/worker.ts'), {
      execArgv: ['--import', join(ROOT, 'spec/support/run-typescript.js')],
    }),
    options,
  );

let tenant: TestTenant;
let base: string;

async function serve(route: RequestHandler): Promise<void> {
  base = await tenant.serve((options) => {
    const app = express();
    app.use(auth0Mcp({ ...options, connections: { [GOOGLE]: { name: 'Google' } } }));
    app.all('/mcp', express.json(), route);
    return app;
  });
}

beforeEach(async () => {
  tenant = await start({ connections: [{ name: GOOGLE }] });
  await serve(sessions());
});
afterEach(() => tenant.close());

/** The result of the tool, and the URLs that the client was asked to open. */
async function call(capabilities: ClientCapabilities, action: 'accept' | 'decline' = 'accept') {
  const client = new Client({ name: 'spec', version: '1.0.0' }, { capabilities });
  const opened: unknown[] = [];
  if (capabilities.elicitation !== undefined) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      opened.push(params);
      return { action };
    });
  }
  const transport = new StreamableHTTPClientTransport(new URL(`${base}/mcp`), await bearer());
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  const result = await client.callTool({ name: 'calendars' });
  await client.close();
  return { ...textOf(result), opened };
}

type Advertised = Pick<ClientCapabilitiesV2, 'elicitation'>;

/** The same with the client of the second SDK. */
async function callV2(
  capabilities: Advertised,
  mode: VersionNegotiationMode,
  action: 'accept' | 'decline' = 'accept',
) {
  const client = new ClientV2(
    { name: 'spec', version: '2.0.0' },
    { capabilities, versionNegotiation: { mode } },
  );
  const opened: unknown[] = [];
  if (capabilities.elicitation !== undefined) {
    client.setRequestHandler('elicitation/create', ({ params }) => {
      opened.push(params);
      return { action };
    });
  }
  await client.connect(new TransportV2(new URL(`${base}/mcp`), await bearer()));
  const result = await client.callTool({ name: 'calendars', arguments: {} });
  await client.close();
  return { ...textOf(result), opened };
}

/** @returns the link in the result, without a question */
async function expectLink(advertised: Advertised, mode: VersionNegotiationMode): Promise<string> {
  const { text, isError, opened } = await callV2(advertised, mode);
  const [url = ''] = /http\S+$/.exec(text) ?? [];
  expect([isError, opened]).toEqual([true, []]);
  expect(url).toContain(`${base}/connected-accounts/connect?link=`);
  return url;
}

async function bearer() {
  const authorization = `Bearer ${await tenant.token(`${base}/mcp`)}`;
  return { requestInit: { headers: { authorization } } };
}

function textOf(result: { [key: string]: unknown; content?: unknown; isError?: unknown }) {
  const [{ text = '' } = {}] = result.content as { text?: string }[];
  return { text, isError: result.isError === true };
}

describe('connectionRequiredResult()', () => {
  it.each<[string, ClientCapabilities]>([
    ['no elicitation', {}],
    ['elicitation: {}, which means forms', { elicitation: {} }],
    ['elicitation.form', { elicitation: { form: {} } }],
  ])('a client with %s gets the link in the result', async (_, capabilities) => {
    const { text, isError, opened } = await call(capabilities);
    expect([isError, opened]).toEqual([true, []]);
    const [url = ''] = /http\S+$/.exec(text) ?? [];
    expect(url.startsWith(`${base}/connected-accounts/connect?link=`)).toBe(true);
    const { ada } = tenant.users;
    expect((await connect(url, ada)).status).toBe(200);
    expect(await call(capabilities)).toMatchObject({ isError: false });
  });

  it('a client with elicitation.url is asked to open it, and the link is not in the result', async () => {
    const { text, isError, opened } = await call({ elicitation: { url: {} } });
    expect(opened).toEqual([
      {
        mode: 'url',
        message: 'Connect your account of Google to go on.',
        url: expect.stringContaining(`${base}/connected-accounts/connect?link=`),
        elicitationId: expect.any(String),
      },
    ]);
    expect([isError, text]).toEqual([true, expect.stringContaining('Call this tool again')]);
    expect(text).not.toContain('http');
  });

  it('a user who declines has opened nothing', async () => {
    const { text } = await call({ elicitation: { url: {} } }, 'decline');
    expect(text).toContain('has not opened the page');
  });

  it('an account that the test kit says is connected needs no link', async () => {
    await tenant.close();
    tenant = await start({
      connections: [{ name: GOOGLE }],
      users: { ada: { connectedAccounts: [GOOGLE] } },
    });
    await serve(sessions());
    expect(await call({})).toMatchObject({
      isError: false,
      text: expect.stringMatching(/^google/),
    });
  });

  it.each([
    ['SDK v1', sessions],
    ['SDK v2', sessionsV2],
  ])(
    'the client of SDK v2 at a server of %s is asked only with elicitation.url',
    async (_name, createRoute) => {
      await serve(createRoute());
      const asked = { elicitation: { url: {} } };
      const url = expect.stringContaining(`${base}/connected-accounts/connect?link=`);
      const accepted = await callV2(asked, 'legacy');
      expect(accepted.opened).toMatchObject([
        { mode: 'url', url, elicitationId: expect.any(String) },
      ]);
      expect(accepted).toMatchObject({
        isError: true,
        text: expect.stringMatching(/this tool again/),
      });
      const declined = await callV2(asked, 'legacy', 'decline');
      expect(declined.text).toContain('has not opened the page');
      for (const advertised of [{}, { elicitation: {} }]) await expectLink(advertised, 'legacy');
      await connect(await expectLink({}, 'legacy'), tenant.users.ada);
      expect(await callV2({}, 'legacy')).toMatchObject({ isError: false });
    },
  );

  it('a client of revision 2026-07-28 gets the link in the result: its server sends no requests', async () => {
    await serve(handlerV2());
    for (const advertised of [{}, { elicitation: {} }, { elicitation: { url: {} } }]) {
      await expectLink(advertised, { pin: NEWEST_PROTOCOL });
    }
  });

  it('throws any other error again', async () => {
    const error = new Error('another one');
    await expect(connectionRequiredResult(error)).rejects.toBe(error);
  });
});
