/**
 * Both SDKs in one form: a server's MCP endpoint and a client of the same generation, for specs that
 * run with each.
 */
import type { RequestHandler } from 'express';

import { ADA } from '../../lib/testing/options.js';
import { mcpRoute, sessionRoute } from './mcp-route.js';
import { callJson, connect, HeadlessProvider } from './sdk-client.js';
import {
  callJsonV2,
  connectV2,
  HeadlessProviderV2,
  handlerRoute,
  sessionTransportRoute,
} from './sdk-v2.js';

/** A person at a connected client. */
export interface Visitor {
  readonly provider: HeadlessProvider;
  /** The JSON that a tool answers. */
  call(tool: string): Promise<Record<string, unknown>>;
  leave(): Promise<void>;
}

/** A generation of the SDK. */
export interface Sdk {
  readonly sdk: 'SDK v1' | 'SDK v2';
  /** The MCP endpoint without sessions. */
  route(): RequestHandler;
  /** The MCP endpoint with sessions. */
  sessionRoute(): RequestHandler;
  /** Connects the client, which logs in on the way. */
  logIn(mcp: string, user?: { email: string; password: string }): Promise<Visitor>;
}

export const SDKS: readonly Sdk[] = [
  {
    sdk: 'SDK v1',
    route: () => mcpRoute,
    sessionRoute,
    async logIn(mcp, user = ADA) {
      const provider = new HeadlessProvider(user);
      const { client } = await connect(mcp, provider);
      return { provider, call: (tool) => callJson(client, tool), leave: () => client.close() };
    },
  },
  {
    sdk: 'SDK v2',
    route: handlerRoute,
    sessionRoute: sessionTransportRoute,
    async logIn(mcp, user = ADA) {
      const provider = new HeadlessProviderV2(user);
      const { client } = await connectV2(mcp, provider, 'auto');
      return { provider, call: (tool) => callJsonV2(client, tool), leave: () => client.close() };
    },
  },
];
