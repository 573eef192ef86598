/** mcp-remote: a stdio server for clients that know no other transport. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

import type { ClientProgram, StartProgram } from './client-program.js';
import type { ClientRun } from './client-run.js';

/** A user needs some time to log in. */
const LOGIN_TIMEOUT_MS = 60_000;

/** 0.15 logs in again by itself, and then responds. */
export const startMcpRemote: StartProgram = (...where) => mcpRemote(...where);

/** 0.1 gives up, without a response to the client. */
export const startMcpRemote01: StartProgram = (...where) =>
  mcpRemote(...where, /Server returned 403.*|UnauthorizedError.*/);

/** @param failure in its log */
function mcpRemote(run: ClientRun, modules: string, failure?: RegExp): ClientProgram {
  const folder = join(run.home, 'mcp-auth');
  const started: Client[] = [];
  let client: Client;
  let stderr: Readable;

  async function disconnect(): Promise<void> {
    for (const one of started.splice(0)) await one.close();
  }

  async function connect(): Promise<void> {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [join(modules, 'mcp-remote/dist/proxy.js'), run.world.mcp],
      env: { ...run.env, MCP_REMOTE_CONFIG_DIR: folder },
      cwd: run.home,
      stderr: 'pipe',
    });
    stderr = (transport.stderr as Readable).setEncoding('utf8').resume();
    client = new Client({ name: 'spec', version: '1.0.0' });
    started.push(client);
    await client.connect(transport as Parameters<typeof client.connect>[0], {
      timeout: LOGIN_TIMEOUT_MS,
    });
  }

  function failureInLog(): Promise<never> {
    return new Promise((_, reject) => {
      stderr.on('data', (text: string) => {
        const [message] = failure?.exec(text) ?? [];
        if (message !== undefined) reject(new Error(message));
      });
    });
  }

  return {
    logIn: connect,
    list: async () => JSON.stringify(await client.listTools()),
    async call(tool) {
      const call = client.callTool({ name: tool, arguments: {} });
      // Pending after a failure, until the process ends.
      call.catch(() => undefined);
      return JSON.stringify((await Promise.race([call, failureInLog()])).content);
    },
    async logInForScope(scope) {
      // As its documentation says, for whatever is wrong with a login.
      rmSync(folder, { recursive: true });
      run.select(scope);
      await connect();
    },
    quit: disconnect,
  };
}
