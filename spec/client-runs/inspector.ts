/** The command line of MCP Inspector 2: one process for each command, on Node 22. */
import { join } from 'node:path';

import type { StartProgram } from './client-program.js';
import { installed } from './installed.js';
import { run as runProcess } from './process.js';

export const startInspector: StartProgram = (run, modules) => {
  async function inspector(...args: string[]): Promise<string> {
    const node = join(await installed('node'), 'node/bin/node');
    const program = join(
      modules,
      '@modelcontextprotocol/inspector/clients/launcher/build/index.js',
    );
    const server = ['--cli', run.world.mcp, '--transport', 'http', '--method'];
    const { code, text } = await runProcess(node, [program, ...server, ...args], {
      env: { ...run.env, MCP_INSPECTOR_SECRET_STORE: 'file', MCP_AUTO_OPEN_ENABLED: 'true' },
      cwd: run.home,
    });
    if (code !== 0) throw new Error(text);
    return text;
  }

  return {
    logIn: async () => void (await inspector('tools/list')),
    list: () => inspector('tools/list'),
    call: (tool) => inspector('tools/call', '--tool-name', tool),
    // It has opened the login already, for its first scopes.
    logInForScope: async (scope) => run.select(scope),
  };
};
