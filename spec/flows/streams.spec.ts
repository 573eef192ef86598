/**
 * The SDK's client on a stream of the SDK's transport: it listens on when its token has expired, picks
 * up what it missed, and is out when the grant ends.
 */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

import { afterEach, expect, it } from '@jest/globals';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  type JSONRPCMessage,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import express from 'express';

import { connect, HeadlessProvider } from '../support/sdk-client.js';
import { startWorld, type World } from '../support/world.js';

/** Keeps what was sent, so that a client that comes back gets the rest. */
class ArrayEventStore implements EventStore {
  readonly events: { id: string; stream: string; message: JSONRPCMessage }[] = [];

  async storeEvent(stream: string, message: JSONRPCMessage): Promise<string> {
    const id = `${this.events.length}`;
    this.events.push({ id, stream, message });
    return id;
  }

  async replayEventsAfter(
    last: string,
    { send }: { send: (id: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const { stream = '' } = this.events[Number(last)] ?? {};
    for (const event of this.events.slice(Number(last) + 1)) {
      if (event.stream === stream) await send(event.id, event.message);
    }
    return stream;
  }
}

let world: World;
afterEach(() => world.close());

/** A server with one session that can speak on its own, and a client that listens to it. */
async function startListening() {
  const server = new McpServer(
    { name: 'spec', version: '1.0.0' },
    { capabilities: { logging: {} } },
  );
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    eventStore: new ArrayEventStore(),
    retryInterval: 50,
  });
  await server.connect(transport as Parameters<typeof server.connect>[0]);
  world = await startWorld({
    host: { streamCheckMs: 20 },
    mount(app, auth) {
      app.use(auth);
      app.all(
        '/mcp',
        express.json(),
        (req, res) => void transport.handleRequest(req, res, req.body),
      );
    },
  });
  const responses: ServerResponse[] = [];
  world.server.on('request', (req, res) => {
    if (req.method === 'GET' && req.url === '/mcp') responses.push(res);
  });
  const count = (status: number): number =>
    responses.filter(({ headersSent, statusCode }) => headersSent && statusCode === status).length;
  const streams = { opened: () => count(200), refused: () => count(401) };
  const provider = new HeadlessProvider();
  const { client } = await connect(world.mcp, provider);
  const heard: unknown[] = [];
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
    heard.push(params.data);
  });
  const say = (data: string): Promise<void> =>
    server.server.sendLoggingMessage({ level: 'info', data });
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  return { client, provider, heard, streams, say, until };
}

it('continues after the token has expired, with a new token and without a gap', async () => {
  const { client, provider, heard, streams, say, until } = await startListening();
  await until(() => streams.opened() === 1);
  await say('one');
  await until(() => heard.length === 1);
  const before = provider.saved?.access_token;
  world.advance(3700);
  await until(() => streams.opened() === 2);
  await say('two');
  await until(() => heard.length === 2);
  expect(heard).toEqual(['one', 'two']);
  expect(streams.refused()).toBeGreaterThan(0);
  expect(provider.saved?.access_token).not.toBe(before);
  expect(provider.visits).toHaveLength(1);
  await client.close();
});

it('is closed with the grant: later messages are not received', async () => {
  const { client, provider, heard, streams, say, until } = await startListening();
  await until(() => streams.opened() === 1);
  await say('one');
  await until(() => heard.length === 1);
  const [grant] = await world.auth.grants.list({ clientId: provider.information?.client_id ?? '' });
  await world.auth.grants.revoke(grant?.id ?? '');
  await until(() => streams.refused() > 0);
  await say('two');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(heard).toEqual(['one']);
  await client.close();
});
