/** The doctor at the storage: an absent, protected or evicting Redis; a directory that is not writable. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type RedisServer, startRedis } from '../support/redis-server.js';
import { environmentFor, failure, type Report, reportOf } from './run-checks.js';

/** No request is sent to the tenant here. */
const PLACES = {
  configUrl: 'http://127.0.0.1:9/.well-known/openid-configuration',
  baseUrl: 'http://127.0.0.1:9',
};

const directory = mkdtempSync(join(tmpdir(), 'doctor-'));
let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(async () => {
  await redis.remove();
  rmSync(directory, { recursive: true });
});

function reportWith(changes: Readonly<Record<string, string>>): Promise<Report> {
  return reportOf({ ...environmentFor(PLACES), ...changes });
}

describe('the doctor, on Redis', () => {
  it('passes one that works and evicts nothing', async () => {
    const report = await reportWith({ AUTH0_MCP_REDIS_URL: redis.url });
    expect(report.storage).toMatchObject({ outcome: 'passed' });
    expect(report.eviction).toMatchObject({ outcome: 'passed', message: 'noeviction' });
  });

  it.each([
    ['one that is full some day', ['--maxmemory', '50mb'], 'failed'],
    ['one without a limit', [], 'warning'],
  ])('eviction: reports allkeys-lru at %s', async (_what, args, outcome) => {
    const cache = await startRedis({ args: [...args, '--maxmemory-policy', 'allkeys-lru'] });
    const report = await reportWith({ AUTH0_MCP_REDIS_URL: cache.url });
    expect(report.eviction).toMatchObject({
      outcome,
      message: expect.stringContaining('allkeys-lru'),
      remedy: expect.stringContaining('maxmemory-policy noeviction'),
    });
    await cache.remove();
  });

  it('storage: says that no server responds, without the password', async () => {
    const gone = await startRedis();
    await gone.remove();
    const url = gone.url.replace('//', '//user:hunter2-hunter2@');
    const report = await reportWith({ AUTH0_MCP_REDIS_URL: url });
    expect(report.storage).toMatchObject(failure('running and reachable', 'AUTH0_MCP_REDIS_URL'));
    expect(report.eviction).toMatchObject({ outcome: 'skipped' });
    expect(JSON.stringify(report)).not.toContain('hunter2');
  });

  it.each([
    ['redis://:hunter#2@127.0.0.1:6379', 'Percent-encode'],
    ['redis://user:12/hunter2@127.0.0.1:6379', 'Percent-encode'],
    ['redis://:hunter%zz@127.0.0.1:6379', 'Percent-encode'],
    ['redis://127.0.0.1:6379/mydb', 'number'],
  ])('FA-29: reports %s as a finding, not as a crash', async (url, text) => {
    const report = await reportWith({ AUTH0_MCP_REDIS_URL: url });
    expect(report.configuration).toMatchObject({ outcome: 'failed' });
    expect(JSON.stringify(report)).toContain(text);
    expect(JSON.stringify(report)).not.toContain('hunter');
  });

  it('storage: says that the password is rejected', async () => {
    const locked = await startRedis({ args: ['--requirepass', 'of-the-server'] });
    const url = locked.url.replace('//', '//:not-of-the-server@');
    const report = await reportWith({ AUTH0_MCP_REDIS_URL: url });
    expect(report.storage).toMatchObject(failure('password', 'AUTH0_MCP_REDIS_URL'));
    await locked.remove();
  });
});

describe('the doctor, on the embedded storage', () => {
  it('says where it will be, and creates nothing there', async () => {
    const report = await reportWith({ XDG_DATA_HOME: join(directory, 'data') });
    expect(report.storage).toMatchObject({ outcome: 'passed' });
    expect(() => rmSync(join(directory, 'data'), { recursive: true })).toThrow('ENOENT');
  });

  it('storage: reports a directory that is not writable', async () => {
    const report = await reportWith({ XDG_DATA_HOME: '/proc/1' });
    expect(report.storage).toMatchObject(failure('/proc/1', 'XDG_DATA_HOME'));
  });
});
