import { describe, expect, it } from '@jest/globals';

import { Auth0Error } from '../../lib/auth0/auth0.js';
import { createUpstreamRevocation } from '../../lib/grants/upstream-revocation.js';

/** Auth0's revocation endpoint: fails as ordered, and remembers what was asked of it. */
function upstream(failures: unknown[] = []) {
  const asked: string[] = [];
  const warnings: Record<string, unknown>[] = [];
  const revocation = createUpstreamRevocation({
    auth0: {
      async revoke(token) {
        asked.push(token);
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
      },
    },
    log: { warn: (fields) => void warnings.push(fields) },
  });
  return { revocation, asked, warnings };
}

const outage = (retryAfterSeconds?: number): Auth0Error =>
  new Auth0Error('unavailable', 'Auth0 answered 503', { retryAfterSeconds });

describe('giving refresh tokens back to Auth0', () => {
  it('R-RV-3 makes nobody wait, keeps the order, and has nothing to do for a login without a token', async () => {
    const { revocation, asked, warnings } = upstream();
    for (const token of ['first', undefined, 'second']) revocation.revoke(token);
    await revocation.close();
    expect([asked, warnings]).toEqual([['first', 'second'], []]);
  });

  it('asks again after an outage, when Auth0 said', async () => {
    const { revocation, asked } = upstream([outage(0.01), outage(0.01)]);
    revocation.revoke('only');
    while (asked.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await revocation.close();
    expect(asked).toEqual(['only', 'only', 'only']);
  });

  it('does not ask again after a refusal, logs it without the token, and goes on with the next', async () => {
    const { revocation, asked, warnings } = upstream([
      new Auth0Error('misconfigured', 'Auth0 answered 401'),
      'not even an error',
    ]);
    for (const token of ['one', 'two', 'three']) revocation.revoke(token);
    await revocation.close();
    expect(asked).toEqual(['one', 'two', 'three']);
    expect(warnings).toEqual([
      { error: 'Auth0Error: Auth0 answered 401', tokens: 1 },
      { error: 'Error: not even an error', tokens: 1 },
    ]);
  });

  it('closing waits for no outage: what is left, Auth0 retires', async () => {
    const { revocation, asked, warnings } = upstream([outage(600)]);
    for (const token of ['one', 'two', 'three']) revocation.revoke(token);
    await revocation.close();
    expect(asked).toEqual(['one']);
    expect(warnings).toEqual([{ error: 'Auth0Error: Auth0 answered 503', tokens: 3 }]);
  });

  it('closing gives back what is left where Auth0 answers', async () => {
    const { revocation, asked } = upstream();
    for (const token of ['one', 'two', 'three']) revocation.revoke(token);
    await revocation.close();
    expect(asked).toEqual(['one', 'two', 'three']);
  });

  it('holds a bounded number: the newest waiting one makes room', async () => {
    const { revocation, asked } = upstream();
    for (let index = 0; index < 10_001; index += 1) revocation.revoke(`${index}`);
    await revocation.close();
    expect(asked).toHaveLength(10_000);
    expect([asked.at(0), asked.at(-1)]).toEqual(['0', '10000']);
  });
});
