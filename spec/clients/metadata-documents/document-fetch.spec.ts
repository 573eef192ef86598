import { describe, expect, it } from '@jest/globals';

import { createFetchLimits } from '../../../lib/clients/metadata-documents/document-fetch.js';
import { runInContext } from '../../../lib/config/request-context.js';
import { failureOf } from './failure.js';

describe('limits on fetches', () => {
  const fetchAs = (limits: ReturnType<typeof createFetchLimits>, caller: string, host: string) =>
    runInContext({ caller }, () => limits(host, async () => 'fetched'));

  it('FA-26: fetches from a host that is an address do not count for the caller of that address, and vice versa', async () => {
    const limits = createFetchLimits(() => 1_800_000_000);
    for (let n = 0; n < 60; n += 1) await fetchAs(limits, `198.51.100.${n}`, '8.8.8.8');
    expect(await fetchAs(limits, '8.8.8.8', 'client.example')).toBe('fetched');
    for (let n = 0; n < 29; n += 1) await fetchAs(limits, '8.8.8.8', `client-${n}.example`);
    const failure = await failureOf(() => fetchAs(limits, '8.8.8.8', 'other.example'));
    expect(failure.reason).toBe('rate_limited');
    expect(await fetchAs(limits, '198.51.100.99', '8.8.8.8')).toBe('fetched');
  });

  it('FA-26: a busy host is still fetched from three times for each caller, and 600 times in all', async () => {
    let now = 1_800_000_000;
    const limits = createFetchLimits(() => now);
    const outcomes = async (callers: number, each: number): Promise<number> => {
      let fetched = 0;
      for (let caller = 0; caller < callers; caller += 1) {
        for (let n = 0; n < each; n += 1) {
          const attempt = fetchAs(limits, `caller ${callers} ${caller}`, 'client.example');
          if (
            await attempt.then(
              () => true,
              () => false,
            )
          )
            fetched += 1;
        }
      }
      return fetched;
    };
    expect(await outcomes(2, 40)).toBe(60);
    expect(await outcomes(50, 10)).toBe(150);
    expect(await outcomes(400, 2)).toBe(390);
    now += 60;
    expect(await outcomes(1, 1)).toBe(1);
  });
});
