/**
 * A process that writes to an embedded store as fast as it can, and says what was confirmed.
 *
 * Arguments: directory, name of the writer, number of rounds (0: until killed). Each line it prints
 * is a round whose verbs have all resolved; the first is the store's secret.
 */
import { writeSync } from 'node:fs';

import { embeddedStorage } from '../../lib/storage/embedded/embedded-storage.js';

const TTL_SECONDS = 600;
const STDOUT = 1;

const [directory = '', writer = '', rounds = '0'] = process.argv.slice(2);
const storage = embeddedStorage({ directory }).open?.('crash');
if (storage === undefined) throw new Error('no store');

async function increment(): Promise<void> {
  for (;;) {
    const current = await storage?.get('counter');
    const next = Buffer.from(`${Number(Buffer.from(current ?? []).toString()) + 1}`);
    const isDone =
      current === undefined
        ? await storage?.add('counter', next, TTL_SECONDS)
        : await storage?.update('counter', current, next, TTL_SECONDS);
    if (isDone === true) return;
  }
}

writeSync(STDOUT, `${Buffer.from(storage.localSecret?.() ?? []).toString('hex')}\n`);
for (let round = 0; rounds === '0' || round < Number(rounds); round += 1) {
  await storage.set(`${writer}:${round}`, Buffer.alloc(2_000, round), TTL_SECONDS);
  await increment();
  // At once, past all buffers of this process: what was said was said.
  writeSync(STDOUT, `${round}\n`);
}
await storage.close?.();
