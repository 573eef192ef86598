/**
 * The client of an SDK that people still have, in a process of its own:
 * `node --import …/run-typescript.js old-sdk-client.ts PACKAGE MCP_URL [once | step-up]`. Logs in, calls a
 * tool, loses its access token (not with `once`), calls again; prints what it saw as JSON. With `step-up` the
 * second call is to a tool that needs a further scope.
 */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { callJson, HeadlessProvider } from './sdk-client.js';

const [sdk = '', mcp = '', times = ''] = process.argv.slice(2);

interface Sdk {
  readonly Client: typeof Client;
  readonly StreamableHTTPClientTransport: typeof StreamableHTTPClientTransport;
}

const { Client: OldClient }: Pick<Sdk, 'Client'> = await import(`${sdk}/client/index.js`);
const { StreamableHTTPClientTransport: OldTransport }: Pick<Sdk, 'StreamableHTTPClientTransport'> =
  await import(`${sdk}/client/streamableHttp.js`);

const provider = new HeadlessProvider();

async function connect(): Promise<{
  client: Client;
  transport: StreamableHTTPClientTransport;
}> {
  for (const attempt of ['first', 'after the login']) {
    const transport = new OldTransport(new URL(mcp), { authProvider: provider });
    const client = new OldClient({ name: 'spec', version: '1.0.0' });
    try {
      await client.connect(transport as Parameters<typeof client.connect>[0]);
      return { client, transport };
    } catch (error) {
      if (attempt !== 'first' || provider.visits.length === 0) throw error;
      await transport.finishAuth(provider.answer.get('code') ?? '');
    }
  }
  throw new Error('not authorized after a login');
}

/** As an app does: the call that needs a login fails, and is made again after it. */
async function callWithLogin(tool: string): Promise<unknown> {
  try {
    return await callJson(client, tool);
  } catch {
    await transport.finishAuth(provider.answer.get('code') ?? '');
    return callJson(client, tool);
  }
}

const { client, transport } = await connect();
const first = await callJson(client, 'whoami');
if (times === '') {
  provider.saved = { ...provider.saved, access_token: 'gone' } as typeof provider.saved;
}
const second =
  times === 'step-up' ? await callWithLogin('write_file') : await callJson(client, 'whoami');
process.stdout.write(
  JSON.stringify({
    first,
    second,
    visits: provider.visits.length,
    scopes: provider.visits.map((url) => url.searchParams.get('scope')),
    authorize: Object.fromEntries(provider.visits[0]?.searchParams ?? []),
  }),
);
await client.close();
process.exit(0);
