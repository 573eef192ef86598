import { describe, expect, it } from '@jest/globals';

import { Auth0Error } from '../../lib/auth0/auth0.js';
import { createUpstreamRevocation } from '../../lib/grants/upstream-revocation.js';

/** Auth0's revocation endpoint: fails as given, and records its calls. */
function upstream(failures: unknown[] = []) {
  const calls: string[] = [];
  const warnings: Record<string, unknown>[] = [];
  const auth0 = {
    async revoke(token: string) {
      calls.push(token);
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
    },
  };
  const log = { warn: (fields: Record<string, unknown>) => void warnings.push(fields) };
  const revocation = createUpstreamRevocation(auth0, log);
  return { revocation, calls, warnings };
}

const outage = (retryAfterSeconds?: number): Auth0Error =>
  new Auth0Error('unavailable', 'Auth0 responded 503', { retryAfterSeconds });

describe('revoking refresh tokens at Auth0', () => {
  it('R-RV-3 does not make callers wait, keeps the order, and does nothing for a login without a token', async () => {
    const { revocation, calls, warnings } = upstream();
    for (const token of ['first', undefined, 'second']) revocation.revoke(token);
    await revocation.close();
    expect([calls, warnings]).toEqual([['first', 'second'], []]);
  });

  it('retries after an outage, at the time that Auth0 named', async () => {
    const { revocation, calls } = upstream([outage(0.01), outage(0.01)]);
    revocation.revoke('only');
    while (calls.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await revocation.close();
    expect(calls).toEqual(['only', 'only', 'only']);
  });

  it('does not retry after a refusal, logs it without the token, and continues with the next', async () => {
    const { revocation, calls, warnings } = upstream([
      new Auth0Error('misconfigured', 'Auth0 responded 401'),
      'not even an error',
    ]);
    for (const token of ['one', 'two', 'three']) revocation.revoke(token);
    await revocation.close();
    expect(calls).toEqual(['one', 'two', 'three']);
    expect(warnings).toEqual([
      { error: 'Auth0Error: Auth0 responded 401', tokens: 1 },
      { error: 'not even an error', tokens: 1 },
    ]);
  });

  it('continues when the logger throws', async () => {
    const calls: string[] = [];
    const revocation = createUpstreamRevocation(
      {
        async revoke(token) {
          calls.push(token);
          throw new Auth0Error('misconfigured', 'Auth0 responded 401');
        },
      },
      {
        warn() {
          throw new Error('the disk of the log is full');
        },
      },
    );
    for (const token of ['one', 'two']) revocation.revoke(token);
    await revocation.close();
    expect(calls).toEqual(['one', 'two']);
  });

  it('close() does not wait for an outage to end', async () => {
    const { revocation, calls, warnings } = upstream([outage(600)]);
    for (const token of ['one', 'two', 'three']) revocation.revoke(token);
    await revocation.close();
    expect(calls).toEqual(['one']);
    expect(warnings).toEqual([{ error: 'Auth0Error: Auth0 responded 503', tokens: 3 }]);
  });

  it('close() revokes what is queued where Auth0 responds', async () => {
    const { revocation, calls } = upstream();
    for (const token of ['one', 'two', 'three']) revocation.revoke(token);
    await revocation.close();
    expect(calls).toEqual(['one', 'two', 'three']);
  });

  it('queues a limited number', async () => {
    const { revocation, calls } = upstream();
    for (let index = 0; index < 10_001; index += 1) revocation.revoke(`${index}`);
    await revocation.close();
    expect(calls).toHaveLength(10_000);
    expect([calls.at(0), calls.at(-1)]).toEqual(['0', '9999']);
  });
});
