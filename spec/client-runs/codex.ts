/** Codex CLI: its commands for the login, its app server for calls, which need no model. */
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import type { StartProgram } from './client-program.js';
import { run as runProcess, start, stop } from './process.js';

export const startCodex: StartProgram = (run, modules) => {
  const program = join(modules, '@openai/codex/bin/codex.js');
  const options = { env: run.env, cwd: run.home };
  let server: AppServer | undefined;

  async function codex(...args: string[]): Promise<string> {
    const { code, text } = await runProcess(process.execPath, [program, ...args], options);
    if (code !== 0) throw new Error(text);
    return text;
  }

  async function connected(): Promise<AppServer> {
    server ??= await startAppServer(program, options);
    return server;
  }

  const byRegistration = ['--oauth-client-registration', 'dcr'];
  return {
    async logIn() {
      await codex('mcp', 'add', 'demo', '--url', run.world.mcp, ...byRegistration);
    },
    list: async () => JSON.stringify(await (await connected()).request('mcpServerStatus/list', {})),
    async call(tool) {
      const { request, threadId } = await connected();
      const call = { threadId, server: 'demo', tool, arguments: {} };
      return JSON.stringify(await request('mcpServer/tool/call', call));
    },
    async logInForScope(scope) {
      await codex('mcp', 'login', 'demo', '--scopes', `openid,${scope}`, ...byRegistration);
    },
    async quit() {
      server?.stop();
      server = undefined;
    },
  };
};

interface AppServer {
  readonly threadId: string;
  request(method: string, params: object): Promise<unknown>;
  stop(): void;
}

/** JSON-RPC, one message a line. */
async function startAppServer(
  program: string,
  options: Parameters<typeof start>[2],
): Promise<AppServer> {
  const child = start(process.execPath, [program, 'app-server'], options);
  const pending = new Map<number, (message: Message) => void>();
  if (child.stdin === null || child.stdout === null) throw new Error('no pipes');
  const { stdin } = child;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line) as Message;
    pending.get(message.id ?? -1)?.(message);
  });
  const send = (message: object): void => void stdin.write(`${JSON.stringify(message)}\n`);
  let last = 0;
  async function request(method: string, params: object): Promise<Record<string, unknown>> {
    const id = ++last;
    const answered = new Promise<Message>((resolve) => pending.set(id, resolve));
    send({ id, method, params });
    const { result, error } = await answered;
    if (error !== undefined) throw new Error(error.message);
    return result ?? {};
  }
  const clientInfo = { name: 'spec', version: '1.0.0' };
  await request('initialize', { clientInfo, capabilities: { experimentalApi: true } });
  send({ method: 'initialized' });
  // A thread needs a model, which nothing here asks.
  const fake = { name: 'fake', base_url: 'http://127.0.0.1:9/v1', wire_api: 'responses' };
  const { thread } = (await request('thread/start', {
    cwd: options.cwd,
    ephemeral: true,
    modelProvider: 'fake',
    config: { model_providers: { fake } },
  })) as { thread: { id: string } };
  return { threadId: thread.id, request, stop: () => stop(child) };
}

interface Message {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}
