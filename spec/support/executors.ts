/**
 * Pairs of an SDK and a zod that people run, each as a guarded server in a process of its own, and the
 * requests that a spec sends there.
 */
import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { join } from 'node:path';
import { isLong } from './mode.js';
import { send } from './raw-http.js';
import { ROOT } from './source-tree.js';

const SUPPORT = join(ROOT, 'spec/support');

/** Package of the SDK, alias of zod, and whether the web-standard handler of SDK v2 is meant. */
export type Pair = readonly [sdk: string, zod: string, kind: 'handler' | ''];

const SINCE_1_25 = ['sdk-1.25', 'sdk-1.29', '@modelcontextprotocol/sdk'];
const SECOND = '@modelcontextprotocol/server';

/** Every pair that the SDK's own package allows: zod 3 before 1.25, 3.25 or 4 from there on, 4.2 for SDK v2. */
const ALL_PAIRS: readonly Pair[] = [
  ...['sdk-1.10', 'sdk-1.12', 'sdk-1.17', 'sdk-1.20'].map((sdk): Pair => [sdk, 'zod-3.25', '']),
  ...SINCE_1_25.flatMap((sdk) =>
    ['zod-3.25', 'zod-4.0', 'zod-4.1', 'zod-4.2', 'zod-4.3', 'zod'].map(
      (zod): Pair => [sdk, zod, ''],
    ),
  ),
  ...['zod-4.2', 'zod-4.3', 'zod'].flatMap((zod): Pair[] => [
    [SECOND, zod, ''],
    [SECOND, zod, 'handler'],
  ]),
];

/** Each generation of the SDK, and each zod, once at least. */
const SOME_PAIRS: readonly Pair[] = [
  ['sdk-1.10', 'zod-3.25', ''],
  ['sdk-1.20', 'zod-3.25', ''],
  ['sdk-1.25', 'zod-4.0', ''],
  ['sdk-1.29', 'zod-4.1', ''],
  ['@modelcontextprotocol/sdk', 'zod-3.25', ''],
  ['@modelcontextprotocol/sdk', 'zod-4.2', ''],
  [SECOND, 'zod-4.3', ''],
  [SECOND, 'zod', 'handler'],
];

export const PAIRS_IN_THIS_MODE = isLong ? ALL_PAIRS : SOME_PAIRS;

/** A guarded server with one pair behind the guard. */
export interface Executor {
  readonly origin: string;
  /** Lacks the scope of `write_file`. */
  readonly token: string;
  /** Has it. */
  readonly writer: string;
  /** Sends a body as it is. */
  post(
    path: string,
    token: string,
    body: string | Buffer,
  ): Promise<{ status: number; text: string }>;
  /** Which tools ran since this was last asked, and which ones the guard had judged. */
  ran(): Promise<{ ran: readonly string[]; judged: readonly (string | null)[] }>;
  close(): Promise<void>;
}

export async function startExecutor([sdk, zod, kind]: Pair): Promise<Executor> {
  const child = spawn(
    process.execPath,
    [
      ...['use-zod.js', 'run-typescript.js'].flatMap((file) => ['--import', join(SUPPORT, file)]),
      join(SUPPORT, 'executor-process.ts'),
      sdk,
      kind,
    ],
    { cwd: ROOT, env: { ...process.env, SPEC_ZOD: zod }, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', resolve);
    child.once('close', (code) => reject(new Error(`${sdk} with ${zod} ended: ${code}`)));
  });
  const { origin, token, writer } = JSON.parse(line);
  return {
    origin,
    token,
    writer,
    post: (path, bearer, body) => post(origin + path, bearer, body),
    ran: async () => JSON.parse((await send(`${origin}/ran`)).text),
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}

/** Reads an event stream to its first event only: SDKs before 1.12 leave it open after an error. */
function post(url: string, token: string, body: string | Buffer) {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${token}`,
  };
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const req = request(url, { method: 'POST', headers, agent: false }, (res) => {
      let text = '';
      const finish = (): void => {
        resolve({ status: res.statusCode ?? 0, text });
        res.destroy();
      };
      res.setEncoding('utf8').on('end', finish).on('error', finish);
      res.on('data', (chunk: string) => {
        text += chunk;
        const isStream = String(res.headers['content-type']).startsWith('text/event-stream');
        if (isStream && text.includes('\n\n')) finish();
      });
    });
    req.on('error', reject).end(body);
  });
}
