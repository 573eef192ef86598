/** The thread of a stand-in, see `worker.ts`, seen from the test. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

import type { Fault } from './faults.js';
import type { IdJagRequest } from './id-jag.js';
import type { Application, TenantOptions, TenantSettings } from './options.js';
import type { TenantRequest } from './request-log.js';
import type { AccessTokenRequest } from './token-response.js';

/** What the thread does. `application` is a change to its first application. */
export interface TenantMethods {
  start(
    options: TenantOptions,
    application?: Partial<Application>,
  ): Promise<{ issuer: string; configUrl: string }>;
  configure(change: Partial<TenantSettings>, application?: Partial<Application>): void;
  addApplication(application: Application): void;
  requests(): readonly TenantRequest[];
  /** Returns the number of the fault. */
  fault(path: string, fault: Fault, times?: number): number;
  endFault(fault: number): void;
  reset(): void;
  logoutUser(sub: string, notify: boolean): Promise<void>;
  rotateSigningKeys(): void;
  issueAccessToken(request: AccessTokenRequest): Promise<string>;
  issueIdJag(request: IdJagRequest): Promise<string>;
}

/** A call of a method. */
export interface TenantCall {
  readonly id: number;
  readonly method: keyof TenantMethods;
  readonly args: readonly unknown[];
}

/** Its result, or message and code of what was thrown. */
export interface TenantReply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string; readonly code: string | undefined };
}

/** Calls a method of the thread. */
export type CallTenant = <M extends keyof TenantMethods>(
  method: M,
  ...args: Parameters<TenantMethods[M]>
) => Promise<Awaited<ReturnType<TenantMethods[M]>>>;

/** A running thread. */
export interface TenantThread {
  readonly call: CallTenant;
  stop(): Promise<void>;
}

/** A worker thread that does not keep the process running, unless a call is pending. */
export function startThread(file: string = WORKER_FILE, options: WorkerOptions = {}): TenantThread {
  // Without the loaders and the inspector of the test process.
  const worker = new Worker(file, { execArgv: [], ...options });
  const pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let lastId = 0;
  let failure: Error | undefined;

  function settle({ id, result, error }: TenantReply): void {
    const call = pending.get(id);
    pending.delete(id);
    if (pending.size === 0) worker.unref();
    if (error === undefined) call?.resolve(result);
    else call?.reject(Object.assign(new Error(error.message), { code: error.code }));
  }

  function failAll(error: Error): void {
    failure ??= error;
    for (const { reject } of pending.values()) reject(failure);
    pending.clear();
  }

  worker.on('message', settle);
  worker.on('error', failAll);
  worker.on('exit', () => failAll(new Error('The tenant is closed')));

  return {
    call: (method, ...args) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure);
        lastId += 1;
        worker.postMessage({ id: lastId, method, args });
        worker.ref();
        pending.set(lastId, { resolve: resolve as (value: unknown) => void, reject });
      }),
    async stop() {
      await worker.terminate();
    },
  };
}

/** Beside this file, also in the build. */
const WORKER_FILE = join(dirname(fileURLToPath(import.meta.url)), 'worker.js');
