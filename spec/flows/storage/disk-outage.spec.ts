import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, it, jest } from '@jest/globals';

import { embeddedStorage } from '../../../lib/storage/embedded/embedded-storage.js';
import type { Storage } from '../../../lib/storage/storage.js';
import { type Cluster, startCluster } from '../../support/cluster.js';
import { limitFileSize, smallDisk } from '../../support/file-limits.js';
import { type OAuthClient, registerClient } from '../../support/oauth-client.js';
import { until } from '../../support/upstream.js';
import { SPEC_SIGNING_KEY } from '../../support/world.js';

jest.setTimeout(60_000);

const VALUE = Buffer.alloc(4_000, 1);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'auth0-mcp-disk-'));
  closing.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function startOn(directory: string) {
  const options = { jwtSigningKey: SPEC_SIGNING_KEY };
  const cluster = await startCluster({ store: 'embedded', size: 1, directory, options });
  closing.push(() => cluster.close());
  const client = await registerClient(cluster.origin);
  const { refresh_token: token } = await client.tokens();
  return { cluster, client, token };
}

async function expectOutage({ origin }: Cluster, client: OAuthClient, token: unknown) {
  for (let round = 0; round < 3; round += 1) {
    const { status, body, headers } = await client.refresh(token);
    expect({ status, error: body.error }).toEqual({
      status: 503,
      error: 'temporarily_unavailable',
    });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    await expect(client.logIn()).rejects.toThrow('503');
  }
  // The process is the one that it was: nothing restarts it.
  expect((await fetch(`${origin}/.well-known/oauth-authorization-server`)).status).toBe(200);
}

/** The rejected refresh token is still valid, and users can log in. */
async function expectService(client: OAuthClient, token: unknown): Promise<void> {
  await until(async () => (await client.refresh(token)).status === 200);
  expect(await client.tokens()).toHaveProperty('access_token');
}

describe('FA-30: an embedded store whose disk rejects writes', () => {
  it('is an outage while files have reached the size limit', async () => {
    const { cluster, client, token } = await startOn(temporaryDirectory());
    limitFileSize(cluster.instances[0]?.pid ?? 0, 4_096);
    await expectOutage(cluster, client, token);
    limitFileSize(cluster.instances[0]?.pid ?? 0, undefined);
    await expectService(client, token);
  });

  it('is an outage while the disk is full', async () => {
    const disk = smallDisk();
    closing.push(disk.remove);
    const { cluster, client, token } = await startOn(join(disk.directory, 'data'));
    disk.fill();
    // Until the pages that are free in the file are used up.
    const refusal = (): Promise<string> => client.logIn().then(String, String);
    await until(async () => (await refusal()).includes('503'));
    expect((await fetch(`${cluster.origin}/.well-known/jwks.json`)).status).toBe(200);
    disk.makeRoom();
    await expectService(client, token);
  });
});

describe('FA-30: embeddedStorage() on a full disk', () => {
  it('reports the cause, leaves no rejection unhandled, and recovers', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const disk = smallDisk();
    const storage = embeddedStorage({ directory: disk.directory }).open?.('full') as Storage;
    await storage.set('before', VALUE, 60);
    disk.fill();
    const writes = Array.from({ length: 200 }, (_, key) => storage.set(`${key}`, VALUE, 60));
    const outcomes = await Promise.allSettled(writes);
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).not.toHaveLength(0);
    for (const outcome of refused) {
      expect(outcome).toMatchObject({
        reason: expect.objectContaining({
          name: 'StorageUnavailableError',
          message: expect.stringMatching(/the store in .* failed: the disk is full/),
        }),
      });
    }
    expect(await storage.get('before')).toEqual(VALUE);
    disk.makeRoom();
    await storage.set('after', VALUE, 60);
    expect(await storage.get('after')).toEqual(VALUE);
    await storage.close?.();
    disk.remove();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});

describe('FA-30: an embedded store whose directory disappears', () => {
  it('is an outage until the directory is back', async () => {
    const directory = join(temporaryDirectory(), 'data');
    const { cluster, client, token } = await startOn(directory);
    renameSync(directory, `${directory}-elsewhere`);
    await until(async () => (await client.refresh(token)).status === 503);
    await expectOutage(cluster, client, token);
    renameSync(`${directory}-elsewhere`, directory);
    await expectService(client, token);
  });

  it('is an outage until there is a directory again, in which a new store is created', async () => {
    const directory = join(temporaryDirectory(), 'data');
    const { cluster, client, token } = await startOn(directory);
    rmSync(directory, { recursive: true });
    await until(async () => (await client.refresh(token)).status === 503);
    await expectOutage(cluster, client, token);
    mkdirSync(directory);
    await until(async () => (await client.refresh(token)).status === 400);
    expect(await client.tokens()).toHaveProperty('access_token');
  });

  it('does not continue in the empty mount point of a volume', async () => {
    const disk = smallDisk();
    closing.push(disk.remove);
    const { cluster, client, token } = await startOn(disk.directory);
    disk.unmount();
    await until(async () => (await client.refresh(token)).status === 503);
    await expectOutage(cluster, client, token);
    disk.mount();
    await until(async () => (await client.refresh(token)).status === 400);
    expect(await client.tokens()).toHaveProperty('access_token');
  });
});
