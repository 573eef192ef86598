import { describe, expect, it } from '@jest/globals';

import { createLooks } from '../../../lib/storage/embedded/looks.js';

describe('a look', () => {
  let writes: number;
  let nowMs: number;
  let reads: (Buffer | undefined)[];
  const value = Buffer.from('value');
  function start(read: () => Buffer | undefined = () => value): (name: string) => unknown {
    [writes, nowMs, reads] = [0, 1000, []];
    return createLooks({
      read(_key, before) {
        reads.push(before);
        return read();
      },
      writes: () => writes,
      nowMs: () => nowMs,
    });
  }

  it('counts for a quarter of a second', () => {
    const look = start();
    expect([look('a'), look('a')]).toEqual([value, value]);
    nowMs += 249;
    look('a');
    expect(reads).toHaveLength(1);
    nowMs += 1;
    look('a');
    // What was seen before is offered, so that it is given again if nothing has changed.
    expect(reads).toEqual([undefined, value]);
  });

  it('counts no longer once something has been written', () => {
    const look = start();
    look('a');
    writes += 1;
    look('a');
    expect(reads).toHaveLength(2);
  });

  it('is not remembered where nothing was', () => {
    const look = start(() => undefined);
    expect([look('a'), look('a')]).toEqual([undefined, undefined]);
    expect(reads).toHaveLength(2);
  });
});
