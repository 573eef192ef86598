import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { embeddedStorage } from '../../../lib/storage/embedded/embedded-storage.js';
import type { Storage } from '../../../lib/storage/storage.js';

jest.setTimeout(60_000);

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'auth0-mcp-crash-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const open = (): Storage => embeddedStorage({ directory }).open?.('crash') as Storage;

/** A writing process, and what it has said so far. */
interface Writer {
  name: string;
  process: ChildProcess;
  secret(): string | undefined;
  /** Rounds whose writes the store confirmed. */
  confirmed(): number;
  /** Resolves once it has confirmed `rounds` rounds. */
  reached(rounds: number): Promise<void>;
  ended: Promise<unknown>;
}

function startWriter(name: string, rounds = 0, within: readonly string[] = []): Writer {
  const args = [
    '--import',
    './spec/support/run-typescript.js',
    './spec/support/embedded-writer.ts',
  ];
  const [command = '', ...rest] = [...within, process.execPath, ...args];
  const child = spawn(command, [...rest, directory, name, `${rounds}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const lines = (): string[] => said.split('\n').slice(0, -1);
  const confirmed = (): number => Math.max(0, lines().length - 1);
  return {
    name,
    process: child,
    secret: () => lines()[0],
    confirmed,
    async reached(count) {
      while (confirmed() < count && child.exitCode === null) await pause(5);
    },
    ended: new Promise((resolve) => child.once('close', resolve)),
  };
}

async function expectKept(storage: Storage, { name, confirmed }: Writer): Promise<void> {
  for (let round = 0; round < confirmed(); round += 1) {
    const value = await storage.get(`${name}:${round}`);
    expect(value !== undefined && Buffer.alloc(2_000, round).equals(value)).toBe(true);
  }
}

describe('embeddedStorage() with several processes', () => {
  it('loses no write of two processes that change the same record', async () => {
    const writers = ['one', 'two', 'three'].map((name) => startWriter(name, 60));
    await Promise.all(writers.map(({ ended }) => ended));
    const storage = open();
    expect(Buffer.from((await storage.get('counter')) ?? []).toString()).toBe('180');
    for (const writer of writers) await expectKept(storage, writer);
    await storage.close?.();
  });

  it('returns the same secret to processes that start together', async () => {
    const writers = ['one', 'two', 'three', 'four'].map((name) => startWriter(name, 1));
    await Promise.all(writers.map(({ ended }) => ended));
    const secrets = new Set(writers.map(({ secret }) => secret()));
    expect([...secrets]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  });
});

/** Needs root. */
const CONTAINER = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];

describe('FA-31: embeddedStorage() in use by a process of another container', () => {
  it('says so, with the remedy, until that process has ended', async () => {
    const writer = startWriter('container', 0, CONTAINER);
    await writer.reached(1);
    const storage = open();
    for (const verb of [storage.ready?.(), storage.get('counter'), storage.members('index')]) {
      await expect(verb).rejects.toThrow(
        /another container.*takes over without a restart.*redisStorage/s,
      );
    }
    const before = writer.confirmed();
    await writer.reached(before + 5);
    writer.process.kill('SIGKILL');
    await writer.ended;
    // The process behind it ends a moment later.
    while ((await storage.ready?.().then(String, String)) !== 'undefined') await pause(20);
    await expectKept(storage, writer);
    await storage.close?.();
  });
});

describe('embeddedStorage() under kill -9', () => {
  it('keeps all confirmed writes, and the other process continues', async () => {
    let confirmed = 0;
    const kills = [10, 25, 40, 60];
    for (const [turn, rounds] of kills.entries()) {
      const victim = startWriter(`victim ${turn}`);
      const survivor = startWriter(`survivor ${turn}`);
      await Promise.all([victim.reached(rounds), survivor.reached(1)]);
      victim.process.kill('SIGKILL');
      await victim.ended;
      await survivor.reached(survivor.confirmed() + 20);
      survivor.process.kill('SIGKILL');
      await survivor.ended;
      const storage = open();
      await expectKept(storage, victim);
      await expectKept(storage, survivor);
      confirmed += victim.confirmed() + survivor.confirmed();
      const counted = Number(Buffer.from((await storage.get('counter')) ?? []).toString());
      // A killed process may have written one round more than it could say.
      expect(counted).toBeGreaterThanOrEqual(confirmed);
      expect(counted).toBeLessThanOrEqual(confirmed + 2 * (turn + 1));
      await storage.close?.();
    }
  });
});

describe('embeddedStorage() over time', () => {
  it('stops growing: new records reuse the space of expired ones', async () => {
    const storage = open();
    const [name = ''] = readdirSync(directory);
    const sizes: number[] = [];
    for (let phase = 0; phase < 6; phase += 1) {
      await Promise.all(
        Array.from({ length: 1_000 }, async (_, record) => {
          await storage.set(`${phase}:${record}`, Buffer.alloc(2_000, record), 1);
          await storage.addMember(`index ${record % 10}`, `${phase}:${record}`, 1);
        }),
      );
      await pause(1_100);
      sizes.push(statSync(join(directory, name, 'data.mdb')).size);
    }
    expect(Math.max(...sizes.slice(3))).toBeLessThanOrEqual((sizes[1] ?? 0) * 1.25);
    await storage.close?.();
  });
});
