import { createServer, type Server } from 'node:http';

import { afterEach, describe, expect, it } from '@jest/globals';
import express, { type Express } from 'express';

import { logIn } from '../../lib/testing/log-in.js';
import { ADA } from '../../lib/testing/options.js';
import { close, listen } from '../support/listen.js';
import { registerClient } from '../support/oauth-client.js';
import { startWorld, type World, type WorldOptions } from '../support/world.js';
import { mountFirstSdk } from './first-sdk-server.js';
import { mountSecondSdk } from './second-sdk-server.js';
import { type Check, runSuite, tokenProxy } from './suite.js';

/** Whole runs of the suite. */
const TIMEOUT_MS = 120_000;

/** Scenarios that the MCP server fails, with and without the library. */
const EXPECTED_FAILURES: Readonly<Record<string, string>> = {
  'tasks-capability-negotiation': 'the server does not offer the extension for tasks',
  'tasks-dispatch-and-envelope': 'the server does not offer the extension for tasks',
  'tasks-lifecycle': 'the server does not offer the extension for tasks',
  'tasks-mrtr-composition': 'the server does not offer the extension for tasks',
  'tasks-mrtr-input': 'the server does not offer the extension for tasks',
  'tasks-request-headers': 'the server does not offer the extension for tasks',
  'tasks-request-state-removal': 'the server does not offer the extension for tasks',
  'tasks-required-task-error': 'the server does not offer the extension for tasks',
  'tasks-wire-fields': 'the server does not offer the extension for tasks',
  'http-custom-header-server-validation':
    'the SDK’s class Server, unlike McpServer, does not compare Mcp-Param headers with the body',
};

let world: World;
const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map(close));
  await world.close();
});

async function open(server: Server): Promise<number> {
  servers.push(server);
  return await listen(server);
}

const failuresOf = (checks: readonly Check[]): readonly Check[] =>
  checks.filter(({ status }) => status === 'FAILURE');
const counted = (checks: readonly Check[]): readonly string[] =>
  checks.map(({ scenario, id, status }) => `${scenario} ${id} ${status}`);

describe('the official conformance suite against the authorization server', () => {
  it.each<[string, WorldOptions, readonly string[]]>([
    ['at the root', {}, []],
    ['below a path, for a resource', { basePath: '/api' }, ['--resource']],
  ])(
    'passes every check %s',
    async (_, options, [resource]) => {
      world = await startWorld(options);
      const issuer = world.origin + (options.basePath ?? '');
      const { id } = await registerClient(issuer, {
        redirect_uris: ['http://127.0.0.1:1/callback'],
        token_endpoint_auth_method: 'none',
      });
      const free = createServer();
      const port = await listen(free);
      await close(free);
      let login: Promise<unknown> | undefined;
      const args = ['--url', issuer, '--client-id', id, '--port', String(port)];
      const checks = await runSuite(
        ['authorization', ...args, ...(resource ? [resource, world.mcp] : [])],
        (output) => {
          const [url] = /^http\S+\/authorize\?\S+$/m.exec(output) ?? [];
          if (url !== undefined) login ??= logIn(url, ADA).then((callback) => fetch(callback));
        },
      );
      await login;
      expect(checks.map(({ id, status }) => [id, status])).toEqual([
        ['authorization-code-grant', 'SUCCESS'],
        ['authorization-server-metadata', 'SUCCESS'],
        ['authorization-server-metadata-cimd', 'SUCCESS'],
      ]);
    },
    TIMEOUT_MS,
  );
});

describe('the official conformance suite against an MCP server', () => {
  /** Whatever the server, requests come through a proxy that adds a token. */
  async function checksOf(revision: string, origin: string, token: string) {
    const port = await open(tokenProxy(origin, token));
    const url = `http://localhost:${port}/mcp`;
    return await runSuite(['server', '--url', url, '--requirements', revision]);
  }

  it.each<[string, (app: Express) => void, number]>([
    ['2025-11-25', mountFirstSdk, 84],
    ['2026-07-28', mountSecondSdk, 156],
  ])(
    'has the same result for each check of %s with the library in front of it as without',
    async (revision, mount, successes) => {
      const bare = express();
      mount(bare);
      const bareOrigin = `http://127.0.0.1:${await open(createServer(bare))}`;
      world = await startWorld({
        mount(app, auth) {
          app.use(auth);
          mount(app);
        },
      });
      const { access_token } = await (await registerClient(world.origin)).tokens();
      const token = String(access_token);
      const expected = await checksOf(revision, bareOrigin, token);
      const guarded = await checksOf(revision, world.origin, token);
      expect(counted(guarded)).toEqual(counted(expected));
      const failed = failuresOf(expected).filter(({ scenario }) => !EXPECTED_FAILURES[scenario]);
      expect(failed).toEqual([]);
      expect(expected.filter(({ status }) => status === 'SUCCESS')).toHaveLength(successes);
    },
    TIMEOUT_MS,
  );

  it(
    'fails behind the library without a token',
    async () => {
      world = await startWorld({
        mount(app, auth) {
          app.use(auth);
          mountFirstSdk(app);
        },
      });
      const checks = await runSuite(['server', '--url', world.mcp, '--scenario', 'ping']);
      expect(failuresOf(checks)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );
});
