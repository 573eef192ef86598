/** The doctor with a user who logs in. */
import { createServer } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { approve, createBrowser, deny, logIn } from '../../lib/testing/browser.js';
import { ADA, type Api, type Application, DEMO_AUDIENCE } from '../../lib/testing/options.js';
import { startTenant, type Tenant } from '../../lib/testing/tenant.js';
import { freePort } from '../support/redis-server.js';
import { tenantKeys } from '../support/tenant-keys.js';
import { startWorld, type World } from '../support/world.js';
import { environmentFor, failure, type Report, reportOf } from './run-checks.js';

let tenant: Tenant;
let settings: Tenant['settings'];
let baseUrl: string;

beforeAll(async () => {
  baseUrl = `http://127.0.0.1:${await freePort()}`;
  tenant = await startTenant({
    callbackUrls: [`${baseUrl}/auth/callback`],
    keys: tenantKeys(),
  });
  settings = tenant.settings;
});

afterEach(() => tenant.configure({ ...settings }));

afterAll(() => tenant.close());

/** The doctor prompts for a login, and Ada logs in. */
async function reportOfLogin(
  changes: Readonly<Record<string, string>> = {},
  audiences?: readonly string[],
): Promise<Report> {
  const environment = { ...environmentFor({ configUrl: tenant.configUrl, baseUrl }), ...changes };
  let visit: Promise<unknown> = Promise.resolve();
  const promptLogin = (url: string): void => {
    const browser = createBrowser();
    visit = browser.follow(url).then((page) => {
      if (page.url.pathname.startsWith('/auth/callback')) return page;
      return logIn(browser, page, ADA);
    });
  };
  const report = await reportOf(environment, { withLogin: true, promptLogin, audiences });
  await visit;
  return report;
}

function api(change: Partial<Api>): void {
  const [first] = settings.apis;
  tenant.configure({ apis: [{ ...(first as Api), ...change }] });
}

describe('the doctor, with a login', () => {
  it('passes, renews the login once, and revokes the refresh token', async () => {
    const report = await reportOfLogin();
    expect(report.login).toMatchObject({ outcome: 'passed' });
    expect(report['granted-scopes']).toMatchObject({ outcome: 'passed' });
    expect(report['offline-access']).toMatchObject({
      outcome: 'passed',
      message: expect.stringContaining('with rotation, which connections need off'),
    });
    expect(tenant.requests.at(-1)).toMatchObject({ path: '/oauth/revoke', status: 200 });
    expect(JSON.stringify(report)).not.toContain(ADA.sub);
  });

  it('other APIs: proves the policy of each, or names the missing setting', async () => {
    const BILLING = 'https://billing.example';
    const [first] = settings.applications;
    tenant.configure({
      apis: [...settings.apis, { identifier: BILLING, scopes: ['read:bills'] }],
      applications: [
        {
          ...(first as Application),
          refreshTokenPolicies: [{ audience: BILLING, scope: ['read:bills'] }],
        },
      ],
    });
    expect((await reportOfLogin({}, [BILLING]))['other-apis']).toMatchObject({
      outcome: 'passed',
      message: expect.stringContaining('read:bills'),
    });
    expect(tenant.requests.at(-1)).toMatchObject({ path: '/oauth/revoke', status: 200 });
    const report = await reportOfLogin({}, ['https://mail.example']);
    expect(report['other-apis']).toMatchObject(failure('', 'Multi-Resource Refresh Token'));
  });

  it('other APIs: that of connected accounts needs refresh tokens that do not rotate', async () => {
    const myAccount = `${tenant.issuer}me/`;
    const configure = (refreshTokenRotation: boolean) => {
      const [first] = settings.applications;
      const refreshTokenPolicies = [{ audience: myAccount, scope: ['read:me:connected_accounts'] }];
      tenant.configure({
        connections: [{ name: 'google-oauth2' }],
        applications: [{ ...(first as Application), refreshTokenPolicies, refreshTokenRotation }],
      });
    };
    configure(true);
    const report = await reportOfLogin({}, [myAccount]);
    expect(report['other-apis']).toMatchObject(failure('rotates', 'Refresh Token Rotation'));
    configure(false);
    expect((await reportOfLogin({}, [myAccount]))['other-apis']).toMatchObject({
      outcome: 'passed',
      message: expect.stringContaining('read:me:connected_accounts'),
    });
  });

  it('offline access: reports an API that does not allow it', async () => {
    api({ allowOfflineAccess: false });
    const report = await reportOfLogin();
    expect(report['offline-access']).toMatchObject(
      failure('no refresh token', 'Allow Offline Access'),
    );
  });

  it('offline access: reports an application that may not refresh', async () => {
    const [first] = settings.applications;
    tenant.configure({ applications: [{ ...(first as Application), refreshTokenGrant: false }] });
    const report = await reportOfLogin();
    expect(report['offline-access']).toMatchObject(failure('', 'Refresh Token'));
  });

  it('granted scopes: names the one that the user was not granted', async () => {
    const report = await reportOfLogin({ AUTH0_MCP_REQUIRED_SCOPES: 'openid admin:all' });
    expect(report['granted-scopes']).toMatchObject(failure('admin:all', 'RBAC'));
  });

  it('login: reports an API that signs with a shared secret', async () => {
    api({ signingAlg: 'HS256', signingSecret: 'of-the-api-and-not-of-anybody-else' });
    const report = await reportOfLogin();
    expect(report.login).toMatchObject(failure('HS256', 'Signing Algorithm'));
    expect(report['offline-access']).toMatchObject({ outcome: 'skipped' });
  });

  it('says why it is not possible while another process listens', async () => {
    const other = createServer();
    await new Promise<void>((resolve) =>
      other.listen(Number(new URL(baseUrl).port), '127.0.0.1', resolve),
    );
    const report = await reportOfLogin();
    expect(report.login).toMatchObject({
      outcome: 'skipped',
      message: expect.stringContaining('Stop it for now'),
    });
    await new Promise((resolve) => other.close(resolve));
  });

  it('says why it is not possible with the callback on another machine', async () => {
    const report = await reportOfLogin({ AUTH0_MCP_BASE_URL: 'https://mcp.example.com' });
    expect(report.login).toMatchObject({
      outcome: 'skipped',
      message: expect.stringContaining('not on this machine'),
    });
  });

  it('says, without --login, what it did not check', async () => {
    const environment = environmentFor({ configUrl: tenant.configUrl, baseUrl });
    const report = await reportOf(environment);
    for (const check of ['login', 'granted-scopes', 'offline-access'] as const) {
      expect(report[check]).toMatchObject({
        outcome: 'skipped',
        message: expect.stringContaining('doctor --login'),
      });
    }
    expect(report.audience?.message).toContain(`a login for ${DEMO_AUDIENCE}; --login checks`);
  });
});

describe('the doctor, with a login through the running server', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld();
  });

  afterAll(() => world.close());

  /** Ada sees the consent page first, and decides. */
  async function reportOfServerLogin(decide: typeof approve = approve): Promise<Report> {
    const { configUrl } = world.tenant;
    let visit: Promise<unknown> = Promise.resolve();
    const promptLogin = (url: string): void => {
      const browser = createBrowser();
      visit = browser.follow(url).then(async (page) => {
        const next = await decide(browser, page);
        if (next.body.includes('name="password"')) await logIn(browser, next, ADA);
      });
    };
    const environment = environmentFor({ configUrl, baseUrl: world.origin });
    const report = await reportOf(environment, { withServer: true, withLogin: true, promptLogin });
    await visit;
    return report;
  }

  it('does everything that a client does, and revokes the grant', async () => {
    const report = await reportOfServerLogin();
    expect(report.login).toMatchObject({ outcome: 'passed' });
    expect(report['granted-scopes']).toMatchObject({ outcome: 'passed', message: 'openid' });
    expect(report['offline-access']).toMatchObject({
      outcome: 'skipped',
      message: expect.stringContaining('Auth0 gave no refresh token'),
    });
    expect(await world.auth.grants.list({ subject: ADA.sub })).toEqual([]);
  });

  it('login: reports the response of the server to a denial', async () => {
    const report = await reportOfServerLogin(deny);
    expect(report.login).toMatchObject(failure('access_denied', 'log of the server'));
  });
});
