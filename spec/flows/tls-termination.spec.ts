/**
 * Behind a proxy that ends TLS: the app sees plain http, clients and browsers see https. The client
 * is that of either SDK, in a process that trusts the proxy's certificate.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, describe, expect, it } from '@jest/globals';
import express from 'express';

import { ADA } from '../../lib/testing/options.js';
import { selfSigned } from '../clients/metadata-documents/tls-host.js';
import { type MountedApp, startApp } from '../support/mounted-app.js';
import { SDKS } from '../support/sdks.js';
import { ROOT } from '../support/source-tree.js';

const SUPPORT = join(ROOT, 'spec/support');

let app: MountedApp;
afterEach(() => app.close());

const SETTINGS = [
  { how: 'with trust proxy', trust: 1 },
  { how: 'without trust proxy', trust: false },
].flatMap((setting) => SDKS.map((sdk) => ({ ...setting, ...sdk })));

describe.each(SETTINGS)('behind TLS termination $how, with $sdk', ({ trust, sdk, route }) => {
  it('R-DP-3 logs in by https only, with secure cookies, and every URL is the public one', async () => {
    const tls = selfSigned();
    app = await startApp(
      ({ app: host, auth, origin }) => {
        host.set('trust proxy', trust);
        host.use(auth({ baseUrl: `${origin}/api` }));
        host.all('/api/mcp', express.json(), route());
      },
      { tls, headers: { 'x-forwarded-proto': 'https' } },
    );
    expect(app.origin).toMatch(/^https:/);
    const folder = mkdtempSync(join(tmpdir(), 'tls-termination-'));
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, tls.cert);
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        '--import',
        join(SUPPORT, 'run-typescript.js'),
        join(SUPPORT, 'sdk-process.ts'),
        sdk,
        `${app.origin}/api/mcp`,
      ],
      { env: { PATH: '/usr/bin:/bin', NODE_EXTRA_CA_CERTS: ca } },
    );
    rmSync(folder, { recursive: true });
    const { first, second, authorize } = JSON.parse(stdout);
    expect(first).toMatchObject({ subject: ADA.sub });
    expect(second).toEqual(first);
    expect(authorize.resource).toBe(`${app.origin}/api/mcp`);

    const messages = app.complaints.map(({ message }) => message);
    // Without it everybody would share one rate limit: said, not thrown.
    expect(messages).toEqual(trust ? [] : [expect.stringContaining('trust proxy')]);
    const plain = await fetch(`${app.directOrigin}/api/authorize`);
    expect(plain.headers.get('strict-transport-security')).toMatch(/^max-age=\d+/);
  }, 60_000);
});
