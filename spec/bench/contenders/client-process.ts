/** An MCP client in a process of its own, with sixteen connections that are kept alive. */
import { Agent, request } from 'node:http';

import type { HandedIn } from '../in-process.js';

/** So many calls, with one request after the other. */
export interface Load {
  readonly port: number;
  readonly requests: readonly HandedIn[];
  readonly runs: number;
}

const CONNECTIONS = 16;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
let turn = 0;

process.on('message', (load: Load) => {
  void run(load).then(
    () => process.send?.(''),
    (error: unknown) => process.send?.(String(error)),
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');

async function run({ port, requests, runs }: Load): Promise<void> {
  let left = runs;
  async function callInTurn(): Promise<void> {
    while (left > 0) {
      left -= 1;
      const next = requests[turn % requests.length];
      turn += 1;
      if (next !== undefined) await call(port, next, turn);
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, callInTurn));
}

/** @param id of the call, which its session knows once only */
function call(port: number, { method, url, headers, body }: HandedIn, id: number): Promise<void> {
  const message = JSON.stringify({ ...JSON.parse(String(body)), id });
  return new Promise((resolve, reject) => {
    const options = {
      agent,
      host: '127.0.0.1',
      port,
      method,
      path: url,
      headers: { ...headers, 'content-length': Buffer.byteLength(message) },
    };
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        if (response.statusCode === 200 && text.includes('hello')) resolve();
        else reject(new Error(`answered ${response.statusCode}: ${text.slice(0, 500)}`));
      });
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(message);
  });
}
