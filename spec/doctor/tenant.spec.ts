/** The doctor at tenants with one wrong setting each. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import {
  type Application,
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
} from '../../lib/testing/options.js';
import { startTenant, type Tenant } from '../../lib/testing/tenant.js';
import { tenantKeys } from '../support/tenant-keys.js';
import { environmentFor, failure, type Report, reportOf } from './run-checks.js';

const BASE_URL = 'http://127.0.0.1:9';
const CALLBACK = `${BASE_URL}/auth/callback`;

let tenant: Tenant;
let settings: Tenant['settings'];

beforeAll(async () => {
  tenant = await startTenant({ callbackUrls: [CALLBACK], keys: tenantKeys() });
  settings = tenant.settings;
});

afterEach(() => {
  tenant.clearFaults();
  tenant.configure({ ...settings });
});

afterAll(() => tenant.close());

/** Examines with variables changed. */
function reportWith(
  changes: Readonly<Record<string, string>> = {},
  how: Parameters<typeof reportOf>[1] = {},
): Promise<Report> {
  const environment = environmentFor({ configUrl: tenant.configUrl, baseUrl: BASE_URL });
  return reportOf({ ...environment, ...changes }, how);
}

function application(change: Partial<Application>): void {
  const [first] = settings.applications;
  tenant.configure({ applications: [{ ...(first as Application), ...change }] });
}

describe('the doctor, on the tenant', () => {
  it('passes one that is set up correctly', async () => {
    const { all } = await reportWith();
    expect(all.filter(({ outcome }) => outcome === 'failed' || outcome === 'warning')).toEqual([]);
    const ofTenant = ['discovery', 'issuer', 'clock', 'signing-algorithms'];
    const ofApplication = ['callback', 'audience', 'client-authentication'];
    const passed = all.filter(({ outcome }) => outcome === 'passed').map(({ check }) => check);
    expect(passed).toEqual(expect.arrayContaining([...ofTenant, ...ofApplication]));
  });

  it('discovery: says that no process listens, and skips what needs the tenant', async () => {
    const gone = await startTenant({ keys: tenant.keys });
    await gone.close();
    const { configUrl } = gone;
    const report = await reportWith({ AUTH0_MCP_CONFIG_URL: configUrl });
    expect(report.discovery).toMatchObject(failure('no process listens there', 'configUrl'));
    for (const check of ['issuer', 'callback', 'audience', 'client-authentication'] as const) {
      expect(report[check]?.outcome).toBe('skipped');
    }
  });

  it('discovery: says that the host is unknown', async () => {
    const report = await reportWith({
      AUTH0_MCP_CONFIG_URL: 'https://no-such-tenant.invalid/.well-known/openid-configuration',
    });
    expect(report.discovery).toMatchObject(failure('host name cannot be resolved', 'DNS'));
  });

  it('discovery: reports a page where the document should be', async () => {
    tenant.fault('/.well-known/openid-configuration', { kind: 'html' });
    const report = await reportWith();
    expect(report.discovery).toMatchObject(failure('no JSON document', 'Domain'));
  });

  it('discovery: reports the status of a wrong path', async () => {
    tenant.fault('/.well-known/openid-configuration', { kind: 'respond', status: 404 });
    expect((await reportWith()).discovery).toMatchObject(failure('status 404', 'configUrl'));
  });

  it('issuer: reports a document that names another domain of the tenant', async () => {
    const body = { issuer: 'https://tenant.eu.auth0.com/' };
    tenant.fault('/.well-known/openid-configuration', { kind: 'respond', status: 200, body });
    const report = await reportWith();
    expect(report.discovery).toMatchObject({ outcome: 'passed' });
    expect(report.issuer).toMatchObject(failure('https://tenant.eu.auth0.com/', 'custom domain'));
  });

  it.each([
    [300, 'failed', 'ahead'],
    [-300, 'failed', 'behind'],
    [45, 'warning', 'ahead'],
  ])('clock: notices that ours is %d seconds off', async (seconds, outcome, word) => {
    const report = await reportWith({}, { now: () => Math.floor(Date.now() / 1000) + seconds });
    expect(report.clock).toMatchObject({ outcome, remedy: expect.stringContaining('NTP') });
    expect(report.clock?.message).toContain(word);
  });

  it('signing algorithms: reports a tenant that signs with a shared secret only', async () => {
    const { json } = await discoveryDocument();
    const body = { ...json, id_token_signing_alg_values_supported: ['HS256'] };
    tenant.fault('/.well-known/openid-configuration', { kind: 'respond', status: 200, body });
    const report = await reportWith();
    expect(report['signing-algorithms']).toMatchObject(failure('supports HS256', 'RS256'));
  });

  it.each([
    ['no key', []],
    ['keys of another kind', [{ kty: 'EC', crv: 'P-256', use: 'sig' }]],
    ['keys for another algorithm', [{ kty: 'RSA', alg: 'RS512', use: 'sig' }]],
    ['keys for encryption', [{ kty: 'RSA', use: 'enc' }]],
  ])('signing algorithms: reports a key set with %s', async (_what, keys) => {
    tenant.fault('/.well-known/jwks.json', { kind: 'respond', status: 200, body: { keys } });
    const report = await reportWith();
    expect(report['signing-algorithms']).toMatchObject(failure('no key for RS256', 'RS256'));
  });
});

describe('the doctor, on the application', () => {
  it('callback: names the exact URL to register', async () => {
    application({ callbackUrls: [`${CALLBACK}/`] });
    const report = await reportWith();
    expect(report.callback).toMatchObject(
      failure('Callback URL mismatch', `add exactly ${CALLBACK}. `),
    );
    expect(report.audience).toMatchObject({ outcome: 'skipped' });
  });

  it('callback: follows Auth0 to the error page of a tenant with one of its own', async () => {
    const location =
      'https://errors.example/?error=unauthorized_client&error_description=Callback+URL+mismatch.';
    tenant.fault('/authorize', { kind: 'respond', status: 302, headers: { location } });
    const report = await reportWith();
    expect(report.callback).toMatchObject(failure('Callback URL mismatch', 'Allowed Callback'));
  });

  it('callback: says that the client id is not of this tenant', async () => {
    const report = await reportWith({ AUTH0_MCP_CLIENT_ID: 'of-another-tenant' });
    expect(report.callback).toMatchObject(failure('of-another-tenant', 'Client ID'));
  });

  it('audience: says that the tenant has no such API; a slash is enough', async () => {
    const report = await reportWith({ AUTH0_MCP_AUDIENCE: `${DEMO_AUDIENCE}/` });
    expect(report.callback).toMatchObject({ outcome: 'passed' });
    expect(report.audience).toMatchObject(failure(`${DEMO_AUDIENCE}/`, 'Identifier'));
  });

  it('audience: reports another error of Auth0', async () => {
    const location = `${CALLBACK}?error=invalid_request&error_description=parameter+organization+is+required`;
    tenant.fault('/authorize', { kind: 'respond', status: 302, headers: { location } });
    const report = await reportWith();
    expect(report.audience).toMatchObject(failure('organization is required', 'authorizeParams'));
  });

  it('client authentication: reports a wrong secret, and shows neither', async () => {
    const wrong = 'not-the-secret-that-the-tenant-has-f00f';
    const report = await reportWith({ AUTH0_MCP_CLIENT_SECRET: wrong });
    expect(report['client-authentication']).toMatchObject(
      failure('access_denied', 'Authentication Method'),
    );
    expect(JSON.stringify(report)).not.toContain(wrong);
    expect(JSON.stringify(report)).not.toContain(DEMO_CLIENT_SECRET);
  });

  it('client authentication: reports a method other than the one of the application', async () => {
    const report = await reportWith({
      AUTH0_MCP_TOKEN_ENDPOINT_AUTH_METHOD: 'client_secret_basic',
    });
    expect(report['client-authentication']).toMatchObject(
      failure('client_secret_basic', 'tokenEndpointAuthMethod'),
    );
  });

  it('client authentication: accepts an application without a secret', async () => {
    tenant.configure({ applications: [{ clientId: DEMO_CLIENT_ID, callbackUrls: [CALLBACK] }] });
    const report = await reportWith({ AUTH0_MCP_CLIENT_SECRET: '' });
    expect(report['client-authentication']).toMatchObject({
      outcome: 'passed',
      message: 'accepted (none)',
    });
  });

  it('client authentication: reports a grant type that is disabled', async () => {
    const body = { error: 'unauthorized_client', error_description: 'Grant type not allowed.' };
    tenant.fault('/oauth/token', { kind: 'respond', status: 403, body });
    const report = await reportWith();
    expect(report['client-authentication']).toMatchObject(
      failure('unauthorized_client', 'Grant Types'),
    );
  });
});

async function discoveryDocument(): Promise<{ json: Record<string, unknown> }> {
  const response = await fetch(tenant.configUrl);
  return { json: (await response.json()) as Record<string, unknown> };
}
