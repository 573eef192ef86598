/** A model that calls the tool named in the user's text, as `TOOL:whoami {}`, and then says what the tool returned. */
import { createServer } from 'node:http';

import express from 'express';

import { close, listen } from '../support/listen.js';

export interface ScriptedModel {
  /** Base URL of its OpenAI API. */
  readonly url: string;
  close(): Promise<void>;
}

interface Message {
  readonly role: string;
  readonly content: string | readonly { readonly text?: string }[];
}

interface Completion {
  readonly messages: readonly Message[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
}

export async function startScriptedModel(): Promise<ScriptedModel> {
  const app = express();
  app.post('/v1/chat/completions', express.json({ limit: '10mb' }), (req, res) => {
    const { delta, finishReason } = nextMessage(req.body as Completion);
    const chunk = (choice: object) =>
      `data: ${JSON.stringify({ id: 'a', object: 'chat.completion.chunk', created: 0, model: 'fake', choices: [{ index: 0, ...choice }] })}\n\n`;
    res.type('text/event-stream');
    res.write(chunk({ delta, finish_reason: null }));
    res.write(chunk({ delta: {}, finish_reason: finishReason }));
    res.end('data: [DONE]\n\n');
  });
  const server = createServer(app);
  return { url: `http://127.0.0.1:${await listen(server)}/v1`, close: () => close(server) };
}

function nextMessage({ messages, tools = [] }: Completion) {
  const last = messages.at(-1);
  if (last?.role === 'tool') {
    return { delta: { role: 'assistant', content: textOf(last) }, finishReason: 'stop' };
  }
  const [, wanted = ''] = /TOOL:(\w+)/.exec(last === undefined ? '' : textOf(last)) ?? [];
  // Clients put the server's name in front.
  const tool = tools.find((one) => wanted !== '' && one.function.name.endsWith(wanted));
  if (tool === undefined) {
    return { delta: { role: 'assistant', content: 'No such tool.' }, finishReason: 'stop' };
  }
  const call = {
    index: 0,
    id: 'call-1',
    type: 'function',
    function: { name: tool.function.name, arguments: '{}' },
  };
  return { delta: { role: 'assistant', tool_calls: [call] }, finishReason: 'tool_calls' };
}

function textOf({ content }: Message): string {
  return typeof content === 'string' ? content : content.map(({ text = '' }) => text).join('\n');
}
