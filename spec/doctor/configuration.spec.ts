import { describe, expect, it } from '@jest/globals';

import { environmentFor, failure, reportOf, STRONG_KEY } from './run-checks.js';

/** No process listens there, and the checks of this file send no request. */
const PLACES = {
  configUrl: 'http://127.0.0.1:9/.well-known/openid-configuration',
  baseUrl: 'http://127.0.0.1:9',
};

describe('the doctor, on the configuration', () => {
  it('reports what is missing, where it can be set, and runs no further check', async () => {
    const { AUTH0_MCP_AUDIENCE: _left, ...environment } = environmentFor(PLACES);
    const report = await reportOf(environment);
    expect(report.configuration).toMatchObject(failure('AUTH0_MCP_AUDIENCE', '--env'));
    expect(report.all.filter(({ outcome }) => outcome !== 'skipped')).toHaveLength(1);
  });

  it('reports a misspelt variable', async () => {
    const environment = { ...environmentFor(PLACES), AUTH0_MCP_AUDIENZ: 'x' };
    const report = await reportOf(environment);
    expect(report.configuration).toMatchObject(failure('Did you mean AUTH0_MCP_AUDIENCE?', ''));
  });

  it('reports the warnings of the library', async () => {
    const report = await reportOf({ ...environmentFor(PLACES), AUTH0_MCP_CONSENT: 'external' });
    expect(report.configuration).toMatchObject({
      outcome: 'warning',
      message: expect.stringContaining("consent is 'external'"),
    });
  });

  it('needs no signing key with the embedded storage, which creates one', async () => {
    const { AUTH0_MCP_JWT_SIGNING_KEY: _left, ...environment } = environmentFor(PLACES);
    expect((await reportOf(environment))['signing-key']).toMatchObject({ outcome: 'passed' });
  });

  it.each([
    ['random bytes in base64url', STRONG_KEY],
    ['random bytes in hex', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
  ])('accepts %s', async (_what, key) => {
    const environment = { ...environmentFor(PLACES), AUTH0_MCP_JWT_SIGNING_KEY: key };
    expect((await reportOf(environment))['signing-key']).toMatchObject({ outcome: 'passed' });
  });

  it.each([
    ['one character', 'k'.repeat(64)],
    ['a row of digits', '0123456789'.repeat(4)],
    ['words', 'my-super-secret-key-for-the-server'],
    ['a placeholder', 'change-me-change-me-0f9a8b7c6d5e4f3a2b1c'],
  ])('refuses a signing key that is %s, and does not show it', async (_what, key) => {
    const environment = { ...environmentFor(PLACES), AUTH0_MCP_JWT_SIGNING_KEY: key };
    const report = await reportOf(environment);
    expect(report['signing-key']).toMatchObject(failure('does not look random', 'randomBytes(32)'));
    expect(JSON.stringify(report)).not.toContain(key);
  });

  it('says in which order a key is rotated, so that every machine knows each key in use', async () => {
    const environment = { ...environmentFor(PLACES), AUTH0_MCP_JWT_SIGNING_KEY: 'k'.repeat(64) };
    const { remedy } = { remedy: '', ...(await reportOf(environment))['signing-key'] };
    expect(remedy).toMatch(/Append it to the list on all machines, then move it to the front/);
  });

  it('says which key of a list is weak', async () => {
    const keys = [STRONG_KEY, 'k'.repeat(64)].join(',');
    const environment = { ...environmentFor(PLACES), AUTH0_MCP_STORAGE_ENCRYPTION_KEY: keys };
    const report = await reportOf(environment);
    expect(report['encryption-key']).toMatchObject(failure('number 2 of 2', ''));
    expect(report['signing-key']).toMatchObject({ outcome: 'passed' });
  });
});
