/** mcporter: calls tools from the command line, one process for each command. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { close, listen } from '../support/listen.js';
import type { StartProgram } from './client-program.js';
import { run as runProcess } from './process.js';

export const startMcporter: StartProgram = (run, modules) => {
  async function mcporter(...args: string[]): Promise<string> {
    const program = join(modules, 'mcporter/dist/cli.js');
    const { code, text } = await runProcess(process.execPath, [program, ...args], {
      env: run.env,
      cwd: run.home,
    });
    if (code !== 0) throw new Error(text);
    return text;
  }

  return {
    async logIn() {
      mkdirSync(join(run.home, 'config'), { recursive: true });
      const demo = {
        baseUrl: run.world.mcp,
        auth: 'oauth',
        // Without it, the port and the client id are others at every run.
        oauthRedirectUrl: `http://127.0.0.1:${await freePort()}/callback`,
      };
      const config = { mcpServers: { demo } };
      writeFileSync(join(run.home, 'config/mcporter.json'), JSON.stringify(config));
      await mcporter('auth', 'demo');
    },
    list: () => mcporter('list', 'demo'),
    call: (tool) => mcporter('call', `demo.${tool}`),
    async logInForScope(scope) {
      run.select(scope);
      await mcporter('auth', 'demo', '--reset');
    },
  };
};

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await close(server);
  return port;
}
