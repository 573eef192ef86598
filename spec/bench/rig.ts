/** One contender, ready to be measured. */
import type { RequestListener } from 'node:http';

import { type Answered, bytesOf, type HandedIn, handIn, sendTo } from './in-process.js';

/** What a process measures: one operation, over and over. */
export interface Rig {
  /** Runs the operation once. @throws Error the outcome is not the expected one */
  run(): Promise<void>;
  /** Runs it so many times, where that is possible without a promise for each. */
  burst?(runs: number): Promise<void>;
  /** Done before each burst, outside of what is measured. */
  prepare?(runs: number): Promise<void>;
  /** Figures to report besides time. */
  facts?(): Promise<Readonly<Record<string, number>>> | Readonly<Record<string, number>>;
  stop?(): Promise<void>;
}

/** So many requests in one turn of the event loop, as a busy server sees them. */
const TURN = 10;

/** What an MCP client sends with a tool call. */
const TOOL_CALL = Buffer.from(
  JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'greet', arguments: { name: 'Ada' } },
  }),
);

const CLIENT_HEADERS: Readonly<Record<string, string>> = {
  connection: 'keep-alive',
  accept: 'application/json, text/event-stream',
  'accept-language': '*',
  'sec-fetch-mode': 'cors',
  'user-agent': 'node',
  'accept-encoding': 'gzip, deflate',
};

/** Headers of a tool call. */
export function toolCall(token: string, more: Readonly<Record<string, string>> = {}): HandedIn {
  return {
    method: 'POST',
    url: '/mcp',
    headers: {
      ...CLIENT_HEADERS,
      'content-type': 'application/json',
      'mcp-protocol-version': '2025-06-18',
      authorization: `Bearer ${token}`,
      ...more,
    },
    body: TOOL_CALL,
  };
}

/** A tool call with one token after the other. */
export function guardedRoute(
  app: RequestListener,
  tokens: readonly string[],
  { expected = 200, headers = {} }: { expected?: number; headers?: Record<string, string> } = {},
): Rig {
  const send = sendTo(app);
  const requests = tokens.map((token) => bytesOf(toolCall(token, headers)));
  let turn = 0;
  function runOnce(done: (answer: Answered) => void): void {
    const request = requests[turn];
    turn = (turn + 1) % requests.length;
    if (request === undefined) throw new Error('there are no tokens');
    send(request, done);
  }
  return {
    run: () => new Promise<Answered>(runOnce).then((answer) => expectStatus(answer, expected)),
    burst: (runs) =>
      new Promise((resolve, reject) => {
        let left = runs;
        function goOn(answer: Answered): void {
          left -= 1;
          if (answer.status !== expected) reject(new Error(`answered ${answer.status}`));
          else if (left === 0) resolve();
          // As a server does: what one turn of the event loop holds on to must not pile up.
          else if (left % TURN === 0) setImmediate(() => runOnce(goOn));
          else runOnce(goOn);
        }
        runOnce(goOn);
      }),
  };
}

/** So many token requests at once, each on a connection of its own, as a busy server has them. */
const AT_ONCE = 8;

/** Posts forms to `/token`, each from another address, so that no limit is met. */
export function tokenEndpoint(
  app: RequestListener,
  form: () => Promise<Readonly<Record<string, string>>>,
  onAnswer: (answer: Record<string, string>) => void = () => undefined,
): Rig {
  const posts = Array.from({ length: AT_ONCE }, () => formPost(app, '/token'));
  async function send(post: (typeof posts)[number]): Promise<void> {
    const answer = await post(await form());
    expectStatus(answer, 200);
    onAnswer(JSON.parse(answer.text()));
  }
  return {
    run: () => send(posts[0] ?? formPost(app, '/token')),
    async burst(runs) {
      let left = runs;
      async function sendInTurn(post: (typeof posts)[number]): Promise<void> {
        while (left > 0) {
          left -= 1;
          await send(post);
        }
      }
      await Promise.all(posts.map(sendInTurn));
    },
  };
}

/** Sends forms to `url`. */
export function formPost(app: RequestListener, url: string) {
  const send = handIn(app);
  return (form: Readonly<Record<string, string>>): Promise<Answered> =>
    send({
      method: 'POST',
      url,
      headers: { ...CLIENT_HEADERS, 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(new URLSearchParams(form).toString()),
      from: nextAddress(),
    });
}

/** Sends JSON to `url`. */
export function jsonPost(app: RequestListener, url: string) {
  const send = handIn(app);
  return (body: unknown): Promise<Answered> =>
    send({
      method: 'POST',
      url,
      headers: { ...CLIENT_HEADERS, 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(body)),
      from: nextAddress(),
    });
}

let addresses = 0;

/** A caller's address nobody had before; there are sixteen million. */
export function nextAddress(): string {
  addresses += 1;
  return `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`;
}

export function expectStatus({ status, text }: Answered, expected: number): void {
  if (status !== expected) throw new Error(`answered ${status}, not ${expected}: ${text()}`);
}
