/** Several instances, each a process, behind one address and over one store: what runs in production. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as forward, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { startTenant, type Tenant } from '../../demo/tenant/tenant.js';
import { tenantKeys } from './tenant-keys.js';

/** What an instance is told at its start. */
export interface InstanceOrders {
  readonly configUrl: string;
  readonly baseUrl: string;
  readonly signingKey: string;
  /** Of Redis, or of embedded storage. */
  readonly store: { readonly url: string } | { readonly directory: string };
}

/** Running instances. */
export interface Instances {
  readonly tenant: Tenant;
  readonly origin: string;
  /** Of each instance, past the balancer. */
  readonly origins: readonly string[];
  readonly pids: readonly number[];
  /** One more, in a PID namespace of its own, whose requests do not come through the balancer. */
  addContainer(): Promise<string>;
  /** Moves the clock of every instance, and Auth0's. */
  pass(seconds: number): Promise<void>;
  /** SIGKILL. */
  kill(index: number): Promise<void>;
  close(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('./instance-process.ts', import.meta.url));
const LOADER = new URL('./run-typescript.js', import.meta.url).href;

/** What `unshare` does to a process: it is number 1 of a PID namespace, as in a container. Needs root. */
const CONTAINER = ['--pid', '--fork', '--mount-proc', '--kill-child'];

/** Where the processes run. */
export interface InstancePlace {
  /** Each in a PID namespace of its own. */
  readonly inContainers?: boolean;
}

/** Starts `count` processes; requests go to them in turn. */
export async function startInstances(
  count: number,
  orders: Pick<InstanceOrders, 'signingKey' | 'store'>,
  { inContainers = false }: InstancePlace = {},
): Promise<Instances> {
  const ports: number[] = [];
  const front = balancer(ports);
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  const tenant = await startTenant({
    keys: tenantKeys(),
    callbackUrls: [`${baseUrl}/auth/callback`],
  });
  const children: ChildProcess[] = [];
  async function start(isContainer: boolean): Promise<number> {
    const child = launch(isContainer);
    children.push(child);
    child.send({ ...orders, baseUrl, configUrl: tenant.configUrl });
    return Number(await told(child));
  }
  ports.push(...(await Promise.all(Array.from({ length: count }, () => start(inContainers)))));
  let offset = 0;
  return {
    tenant,
    origin: baseUrl,
    origins: ports.map((port) => `http://127.0.0.1:${port}`),
    pids: children.map(({ pid = 0 }) => pid),
    addContainer: async () => `http://127.0.0.1:${await start(true)}`,
    async pass(seconds) {
      offset += seconds;
      tenant.configure({ clockSkewSeconds: offset });
      const responses = children.map(told);
      for (const child of children) child.send(offset);
      await Promise.all(responses);
    },
    kill: (index) => end(children[index]),
    async close() {
      await Promise.all(children.map(end));
      await tenant.close();
      front.closeAllConnections();
      await new Promise((resolve) => front.close(resolve));
    },
  };
}

function launch(isContainer: boolean): ChildProcess {
  const execArgv = ['--import', LOADER];
  return isContainer
    ? fork(PROGRAM, {
        execPath: 'unshare',
        execArgv: [...CONTAINER, process.execPath, ...execArgv],
        silent: true,
      })
    : fork(PROGRAM, { execArgv, silent: true });
}

async function told(child: ChildProcess): Promise<unknown> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`an instance ended with ${code}: ${child.stderr?.read()}`);
  });
  ended.catch(() => undefined);
  const [message] = await Promise.race([once(child, 'message'), ended]);
  return message;
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

function balancer(ports: readonly number[]): Server {
  let turn = 0;
  return createServer((req, res) => {
    const { method, url: path, headers } = req;
    const port = ports[turn++ % ports.length];
    const upstream = forward({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      res.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(res);
    });
    upstream.on('error', () => res.writeHead(502).end());
    req.pipe(upstream);
  });
}
