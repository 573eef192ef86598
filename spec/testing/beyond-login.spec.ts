/** The test kit for a suite of a user: tokens of other APIs, and logins that a scope requires. */
import { join } from 'node:path';

import { afterEach, describe, expect, it } from '@jest/globals';
import express from 'express';

import { auth0Mcp } from '../../lib/auth0-mcp.js';
import { getAccessToken } from '../../lib/bearer/caller.js';
import type { Auth0McpOptions } from '../../lib/config/options.js';
import { startThread } from '../../lib/testing/tenant-thread.js';
import {
  startTenantIn,
  type TestTenant,
  type TestTenantOptions,
} from '../../lib/testing/test-tenant.js';
import { BILLING } from '../support/mcp-route.js';
import { ROOT } from '../support/source-tree.js';

const OWN = 'https://api.example.com';

let tenant: TestTenant;
let mcpUrl: string;
afterEach(() => tenant.close());

async function start(
  tenantOptions: TestTenantOptions,
  options: Partial<Auth0McpOptions> = {},
): Promise<void> {
  const thread = startThread(join(ROOT, 'lib/testing/worker.ts'), {
    execArgv: ['--import', join(ROOT, 'spec/support/run-typescript.js')],
  });
  tenant = await startTenantIn(thread, tenantOptions);
  const base = await tenant.serve((given) => {
    const app = express();
    app.use(auth0Mcp({ ...given, ...options }));
    app.get('/mcp', async (_req, res) => {
      const { auth0Token, scopes } = getAccessToken();
      res.json({
        scopes,
        ...(options.scopeAuthentication === undefined && {
          token: await auth0Token({ audience: BILLING }),
        }),
      });
    });
    return app;
  });
  mcpUrl = `${base}/mcp`;
}

async function ask(token: string): Promise<{ status: number; body: Record<string, string> }> {
  const response = await fetch(mcpUrl, { headers: { authorization: `Bearer ${token}` } });
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : {} };
}

describe('the test kit', () => {
  it('issues tokens for other APIs by the policies that the test gives the application', async () => {
    await start({
      apis: [{ identifier: OWN }, { identifier: BILLING, scopes: ['read:bills'] }],
      application: { refreshTokenPolicies: [{ audience: BILLING, scope: ['read:bills'] }] },
    });
    const { body } = await ask(await tenant.token(mcpUrl));
    const [, payload = ''] = String(body['token']).split('.');
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      aud: expect.arrayContaining([BILLING]),
      scope: expect.stringContaining('read:bills'),
    });
  });

  it('EX-17 authenticates with the second factor that a scope requires, or never', async () => {
    const acr = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';
    await start(
      { apis: [{ identifier: OWN, scopes: ['payments:write'] }] },
      {
        scopesSupported: ['payments:write'],
        scopeAuthentication: { 'payments:write': { acr, maxAgeSeconds: 300 } },
      },
    );
    const scopes = ['openid', 'payments:write'];
    const { body } = await ask(await tenant.token(mcpUrl, { scopes }));
    expect(body['scopes']).toEqual(scopes);
    await tenant.configure({ multiFactor: 'never' });
    await expect(tenant.token(mcpUrl, { scopes })).rejects.toThrow(
      'unmet_authentication_requirements',
    );
  });
});
