import { beforeEach, describe, expect, it } from '@jest/globals';

import {
  APPROVAL_TTL_SECONDS,
  type Approvals,
  type Consent,
  createApprovals,
} from '../../lib/grants/approvals.js';
import { CALLBACK, type GrantRig, grantRig } from './grant-rig.js';

const ASKED: Consent = {
  browser: 'browser',
  clientId: 'client',
  redirectUri: CALLBACK,
  scopes: ['openid', 'read'],
};
let rig: GrantRig;
let approvals: Approvals;
beforeEach(async () => {
  rig = grantRig();
  approvals = createApprovals(rig.core.collections);
  await approvals.save(ASKED);
});

describe('remembered consent', () => {
  it.each<[string, Partial<Consent>]>([
    ['the same', {}],
    ['the same scopes in another order', { scopes: ['read', 'openid'] }],
    ['less', { scopes: ['openid'] }],
    ['nothing', { scopes: [] }],
  ])('is remembered for %s', async (_what, changes) => {
    expect(await approvals.covers({ ...ASKED, ...changes })).toBe(true);
  });

  it.each<[string, Partial<Consent>]>([
    ['PX-13 a wider scope', { scopes: ['openid', 'read', 'write'] }],
    ['PX-13 another scope', { scopes: ['write'] }],
    ['PX-13 another redirect URI', { redirectUri: `${CALLBACK}2` }],
    ['PX-2 another client', { clientId: 'other' }],
    ['PX-2 another browser', { browser: 'other' }],
    ['PX-4 names that run into each other', { browser: 'browserclient', clientId: '' }],
    ['PX-4 a name that holds another', { browser: 'browser","client', clientId: '' }],
  ])('is not remembered for %s', async (_what, changes) => {
    expect(await approvals.covers({ ...ASKED, ...changes })).toBe(false);
  });

  it.each([
    ['loopback', 'http://localhost:3118/callback'],
    ['loopback under https', 'https://localhost/callback'],
    ['an app scheme', 'cursor://anysphere.cursor-mcp/oauth/callback'],
    ['a URI that must never be used', 'javascript:alert(1)'],
  ])('AS-32, R-8252-3 is never remembered for %s', async (_what, redirectUri) => {
    const written = rig.storage.keys.length;
    await approvals.save({ ...ASKED, redirectUri });
    expect(await approvals.covers({ ...ASKED, redirectUri })).toBe(false);
    expect(rig.storage.keys).toHaveLength(written);
  });

  it('parity 4.7 is not lost when two are given in parallel', async () => {
    const others = ['a', 'b', 'c'].map((clientId) => ({ ...ASKED, clientId }));
    await Promise.all(others.map((question) => approvals.save(question)));
    for (const question of [ASKED, ...others]) {
      expect(await approvals.covers(question)).toBe(true);
    }
  });

  it('expires after 30 days, counted from the last time', async () => {
    rig.pass(APPROVAL_TTL_SECONDS - 1);
    expect(await approvals.covers(ASKED)).toBe(true);
    await approvals.save(ASKED);
    rig.pass(APPROVAL_TTL_SECONDS - 1);
    expect(await approvals.covers(ASKED)).toBe(true);
    rig.pass(1);
    expect(await approvals.covers(ASKED)).toBe(false);
  });
});
