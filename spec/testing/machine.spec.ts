/** `tenant.machine()`: a client without a user for the tests of an app, with the clients of both SDKs. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client as SecondClient } from '@modelcontextprotocol/client';
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js';
import express from 'express';

import { auth0Mcp } from '../../lib/auth0-mcp.js';
import type { TestMachine } from '../../lib/testing/machine.js';
import { startThread } from '../../lib/testing/tenant-thread.js';
import { startTenantIn, type TestTenant } from '../../lib/testing/test-tenant.js';
import { mcpRoute } from '../support/mcp-route.js';
import { ROOT } from '../support/source-tree.js';

const SECRET = 'a-secret-of-a-machine-0123456789abcdef';

describe('tenant.machine()', () => {
  let tenant: TestTenant;
  let machine: TestMachine;
  let own: TestMachine;
  let mcpUrl: string;

  beforeAll(async () => {
    const thread = startThread(join(ROOT, 'lib/testing/worker.ts'), {
      execArgv: ['--import', join(ROOT, 'spec/support/run-typescript.js')],
    });
    tenant = await startTenantIn(thread, {
      apis: [{ identifier: 'https://api.test', scopes: ['notes:read', 'files:write'] }],
    });
    machine = await tenant.machine();
    own = await tenant.machine({ clientId: 'nightly', clientSecret: SECRET });
    const nightly = {
      clientId: 'nightly',
      name: 'Nightly',
      grants: ['client_credentials' as const],
      scopes: ['notes:read'],
      clientSecret: SECRET,
    };
    const baseUrl = await tenant.serve((options) => {
      const app = express();
      const clients = [machine.entry, nightly];
      app.use(auth0Mcp({ ...options, clients, toolScopes: { write_file: ['files:write'] } }));
      app.all('/mcp', express.json(), mcpRoute);
      return app;
    });
    mcpUrl = `${baseUrl}/mcp`;
  });
  afterAll(() => tenant.close());

  it.each([
    ['the first SDK', () => new FirstClient({ name: 'spec', version: '1.0.0' })],
    ['the second SDK', () => new SecondClient({ name: 'spec', version: '1.0.0' })],
    ['the installed SDK', () => undefined],
  ])('connects a client of %s', async (_sdk, create) => {
    const client = create();
    const connected = await machine.connect(mcpUrl, client === undefined ? {} : { client });
    const { content } = await connected.callTool({ name: 'whoami', arguments: {} });
    expect(JSON.stringify(content)).toContain(machine.clientId);
    const { content: written } = await connected.callTool({ name: 'write_file', arguments: {} });
    expect(JSON.stringify(written)).toContain('written');
  });

  it('gives a token, also for a server that has the secret itself', async () => {
    expect((await own.token(mcpUrl)).split('.')).toHaveLength(3);
    const narrow = await own.connect(mcpUrl, { scopes: ['notes:read'] });
    await expect(narrow.callTool({ name: 'write_file', arguments: {} })).rejects.toThrow();
  });

  it('names the remedy for a server that does not have it in clients', async () => {
    const unlisted = await tenant.machine();
    await expect(unlisted.token(mcpUrl)).rejects.toThrow('Is it in clients');
  });
});
