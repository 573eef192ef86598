/** opencode: its commands for the login, and a chat with a scripted model for calls. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { StartProgram } from './client-program.js';
import { run as runProcess } from './process.js';
import { type ScriptedModel, startScriptedModel } from './scripted-model.js';

export const startOpencode: StartProgram = (run, modules) => {
  const program = join(modules, '.bin/opencode');
  // No catalogue of models and no plugins from the network.
  const env = {
    ...run.env,
    OPENCODE_DISABLE_MODELS_FETCH: 'true',
    OPENCODE_DISABLE_DEFAULT_PLUGINS: 'true',
  };
  let model: ScriptedModel | undefined;

  async function opencode(...args: string[]): Promise<string> {
    const { code, text } = await runProcess(program, args, { env, cwd: run.home });
    if (code !== 0) throw new Error(text);
    return text;
  }

  async function configure(): Promise<void> {
    model ??= await startScriptedModel();
    const folder = join(run.home, '.config/opencode');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'opencode.json'), JSON.stringify(config(run.world.mcp, model.url)));
  }

  return {
    async logIn() {
      await configure();
      await opencode('mcp', 'auth', 'demo');
    },
    list: () => opencode('mcp', 'list'),
    async call(tool) {
      const text = await opencode('run', `TOOL:${tool} {}`);
      if (text.includes('✗')) throw new Error(text);
      return text;
    },
    async logInForScope(scope) {
      await configure();
      await opencode('mcp', 'logout', 'demo');
      run.select(scope);
      await opencode('mcp', 'auth', 'demo');
    },
    async quit() {
      await model?.close();
      model = undefined;
    },
  };
};

function config(mcp: string, modelUrl: string): object {
  return {
    autoupdate: false,
    share: 'disabled',
    mcp: { demo: { type: 'remote', url: mcp, enabled: true } },
    provider: {
      fake: {
        npm: '@ai-sdk/openai-compatible',
        name: 'Fake',
        models: { fake: { name: 'fake' } },
        options: { baseURL: modelUrl, apiKey: 'none' },
      },
    },
    model: 'fake/fake',
    small_model: 'fake/fake',
  };
}
