/** From nothing to a configured server: what the imports cost. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { median } from './duel.js';
import type { TableResult } from './run.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The compiled library: as installed, in many files, not through the loader of the specs. */
const OURS = process.env['BENCH_DIST'] ?? 'express-auth0-mcp';

const PROGRAMS = {
  bare: `await import('express'); await import('jose'); await import('passport');`,
  ours: `const { auth0Mcp, memoryStorage } = await import(${JSON.stringify(OURS)});
auth0Mcp({ domain: 'bench.eu.auth0.com', clientId: 'c', clientSecret: 's', audience: 'https://api.example.com',
  baseUrl: 'http://127.0.0.1:8000', jwtSigningKey: 'a-signing-key-for-measurements-0123456789',
  storage: memoryStorage(), logger: { debug() {}, info() {}, warn() {}, error() {} } });`,
};

const REPORT = `const { user, system } = process.cpuUsage(started);
console.log((user + system) / 1000); process.exit(0);`;

/** Milliseconds of CPU time in a fresh process. */
function cost(program: keyof typeof PROGRAMS): number {
  const text = `const started = process.cpuUsage(); ${PROGRAMS[program]} ${REPORT}`;
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error('a cold start failed');
  return Number(stdout);
}

/** Launches of both alternately, A B B A. */
export function coldStart(rounds: number): TableResult {
  const [own, peer] = [[], []] as [number[], number[]];
  const [ratios, control] = [[], []] as [number[], number[]];
  cost('bare');
  cost('ours');
  for (let round = 0; round < rounds; round += 1) {
    const [a1, b1, b2, a2] = [cost('bare'), cost('ours'), cost('ours'), cost('bare')];
    ratios.push((b1 + b2) / (a1 + a2));
    control.push(a2 / a1);
    own.push(b1, b2);
    peer.push(a1, a2);
  }
  const spread = (all: number[]) => ({
    ratio: median(all),
    lowest: Math.min(...all),
    highest: Math.max(...all),
  });
  return {
    id: 'cold-start',
    title:
      'Cold start: import and auth0Mcp(), as a multiple of importing express, jose and passport',
    isVoid: Math.abs(median(control) - 1) > 0.02,
    baseline: { label: 'express, jose, passport', ...spread(control), us: median(peer) * 1000 },
    rows: [
      { label: 'ours, memory storage', ...spread(ratios), us: median(own) * 1000, target: 1.5 },
    ],
  };
}
