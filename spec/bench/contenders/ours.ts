/** This library's guard in front of the route. */
import { randomBytes } from 'node:crypto';

import { guardedRoute, type Rig } from '../rig.js';
import { appWith } from './bare.js';
import { makeTokens, type ServerOptions, startServer } from './server.js';

/** What a table asks for. */
export interface OursOptions extends ServerOptions {
  /** Tokens in rotation. Default: 1. */
  readonly tokens?: number;
  /** Which flood, and how large. */
  readonly kind?: 'registrations' | 'logins' | 'garbage tokens';
  readonly count?: number;
  /** Garbage that is genuine but for its payload and signature, or for its signature. */
  readonly forged?: 'payload' | 'signature';
  /** MCP sessions, where there is a transport. */
  readonly isStateful?: boolean;
}

/** Tool calls with valid tokens. */
export async function guarded(options: OursOptions): Promise<Rig> {
  const startedAtMs = performance.now();
  const server = await startServer(options);
  const startUpMs = performance.now() - startedAtMs;
  const tokens = await makeTokens(server, options.tokens ?? 1);
  return {
    ...guardedRoute(appWith([server.auth]), tokens),
    facts: () => ({ startUpMs, ...memoryFacts() }),
    stop: server.stop,
  };
}

/** Tool calls with tokens that are not ours, each another one. */
export async function garbage(options: OursOptions): Promise<Rig> {
  const server = await startServer(options);
  const [genuine = ''] = await makeTokens(server, 1);
  const [header, payload = ''] = genuine.split('.');
  const tokens = Array.from({ length: 1000 }, (_none, index) => {
    if (options.forged === undefined) return randomBytes(300).toString('base64url');
    const claims = options.forged === 'signature' ? payload : withSubject(payload, `eve ${index}`);
    return `${header}.${claims}.${randomBytes(64).toString('base64url')}`;
  });
  return { ...guardedRoute(appWith([server.auth]), tokens, { expected: 401 }), stop: server.stop };
}

function withSubject(payload: string, sub: string): string {
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return Buffer.from(JSON.stringify({ ...Object(claims), sub })).toString('base64url');
}

/** Memory after a collection, in megabytes. */
export function memoryFacts(): Record<string, number> {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { heapMb: heapUsed / 1e6, rssMb: rss / 1e6 };
}
