/** The Auth0 leg as a whole, against a tenant that keeps Auth0's rules. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Auth0Tokens } from '../../lib/auth0/auth0.js';
import type { Auth0Config } from '../../lib/config/config.js';
import { cancelLogin, createBrowser, logIn } from '../../lib/testing/browser.js';
import {
  ADA,
  type Application,
  BOB,
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
  type User,
} from '../../lib/testing/options.js';
import { startTenant, type Tenant } from '../../lib/testing/tenant.js';
import { type OurRig, startOurs, type Visitor } from '../support/login-rigs.js';
import { tenantKeys } from '../support/tenant-keys.js';

const DEFAULTS: Partial<Auth0Config> = {
  clientId: DEMO_CLIENT_ID,
  authentication: { method: 'client_secret_post', secret: DEMO_CLIENT_SECRET },
  audience: DEMO_AUDIENCE,
};

let tenant: Tenant;
let initial: Tenant['settings'];
beforeAll(async () => {
  tenant = await startTenant({ keys: tenantKeys() });
  initial = tenant.settings;
});
beforeEach(() => {
  tenant.clearFaults();
  tenant.clearRequests();
  tenant.configure(initial);
});
afterAll(() => tenant.close());

/** Our app at the tenant, with its callback registered there. */
async function withRig(
  use: (rig: OurRig) => Promise<void>,
  config: Partial<Auth0Config> = {},
  application: Partial<Application> = {},
): Promise<void> {
  const rig = await startOurs(tenant, { config: { ...DEFAULTS, ...config } });
  const callbackUrls = [`${rig.origin}/auth/callback`];
  tenant.configure({
    applications: [
      { clientId: DEMO_CLIENT_ID, clientSecret: DEMO_CLIENT_SECRET, callbackUrls, ...application },
    ],
  });
  try {
    await use(rig);
  } finally {
    await rig.close();
  }
}

/** Through the tenant's login page and back. */
async function login(rig: OurRig, user: User = ADA): ReturnType<Visitor['callback']> {
  const person = rig.visitor();
  const { url } = await person.start();
  const browser = createBrowser();
  const stopBefore = rig.origin;
  const page = await browser.follow(url, { stopBefore });
  const end = page.next === undefined ? await logIn(browser, page, user, { stopBefore }) : page;
  if (end.next === undefined) throw new Error(`stopped at ${end.url.href}: ${end.body}`);
  return person.get(end.next.pathname + end.next.search);
}

const tokensOf = (body: Record<string, unknown>): Auth0Tokens => body['tokens'] as Auth0Tokens;
const refreshTokenOf = (body: Record<string, unknown>): string => tokensOf(body).refreshToken ?? '';

describe('a login', () => {
  it.each(['auth0', 'rfc9068'] as const)(
    'gives person, scopes and tokens in the dialect %s',
    async (dialect) => {
      tenant.configure({ apis: initial.apis.map((api) => ({ ...api, dialect, rbac: true })) });
      await withRig(async (rig) => {
        const { body } = await login(rig, BOB);
        expect(body).toMatchObject({
          subject: BOB.sub,
          user: { name: BOB.name, email: BOB.email, iss: tenant.issuer },
          claims: { iss: tenant.issuer, sub: BOB.sub },
          sid: expect.any(String),
          pending: { for: 'a client' },
        });
        expect(body['scopes']).toEqual(
          expect.arrayContaining(['openid', 'offline_access', 'read:notes']),
        );
        expect(body['scopes']).not.toContain('files:write');
      });
    },
  );

  it.each<[string, Partial<Auth0Config>, Partial<Application>]>([
    ['none', { authentication: { method: 'none' } }, { tokenEndpointAuthMethod: 'none' }],
    [
      'client_secret_basic',
      { authentication: { method: 'client_secret_basic', secret: DEMO_CLIENT_SECRET } },
      { tokenEndpointAuthMethod: 'client_secret_basic' },
    ],
  ])('works with the authentication method %s', async (_name, config, application) => {
    await withRig(
      async (rig) => {
        expect((await login(rig)).body).toMatchObject({ subject: ADA.sub });
      },
      config,
      application,
    );
  });

  it('of a user who cancels is denied', async () => {
    await withRig(async (rig) => {
      const person = rig.visitor();
      const browser = createBrowser();
      const page = await browser.follow((await person.start()).url, { stopBefore: rig.origin });
      const { next } = await cancelLogin(browser, page, { stopBefore: rig.origin });
      const { body } = await person.get(`${next?.pathname}${next?.search}`);
      expect(body).toMatchObject({ kind: 'denied', pending: { for: 'a client' } });
    });
  });

  it('with RFC 9207 enabled checks iss', async () => {
    tenant.configure({ issInResponse: true });
    await withRig(async (rig) => {
      expect((await login(rig)).body).toMatchObject({ subject: ADA.sub });
    });
  });

  it.each<[string, Partial<Auth0Config>, Partial<Application>, string]>([
    [
      'a wrong secret',
      { authentication: { method: 'client_secret_post', secret: 'wrong' } },
      {},
      'Authentication Method',
    ],
    ['no secret', { authentication: { method: 'none' } }, {}, 'Authentication Method'],
    ['an unknown audience', { audience: `${DEMO_AUDIENCE}/` }, {}, 'Identifier'],
    ['an ID token signed with the secret', {}, { idTokenAlg: 'HS256' }, 'Signature Algorithm'],
  ])('with %s names the dashboard setting', async (_name, config, application, setting) => {
    await withRig(
      async (rig) => {
        const { body } = await login(rig);
        expect(body).toMatchObject({
          kind: 'misconfigured',
          remedy: expect.stringContaining(setting),
          pending: { for: 'a client' },
        });
        expect(rig.log).toMatchObject([{ level: 'error', fields: { remedy: body['remedy'] } }]);
      },
      config,
      application,
    );
  });

  it('at an API that signs with HS256 names the dashboard setting', async () => {
    tenant.configure({
      apis: initial.apis.map((api) => ({
        ...api,
        signingAlg: 'HS256',
        signingSecret: 'x'.repeat(32),
      })),
    });
    await withRig(async (rig) => {
      expect((await login(rig)).body).toMatchObject({
        kind: 'misconfigured',
        remedy: expect.stringContaining('Signing Algorithm must be RS256'),
      });
    });
  });

  it('without offline access works and is logged once', async () => {
    tenant.configure({ apis: initial.apis.map((api) => ({ ...api, allowOfflineAccess: false })) });
    await withRig(async (rig) => {
      const { body } = await login(rig);
      expect(tokensOf(body).refreshToken).toBeUndefined();
      expect(body['scopes']).not.toContain('offline_access');
      await login(rig);
      expect(rig.log).toHaveLength(1);
    });
  });

  it('PX-30 sends only values of this server to the tenant', async () => {
    await withRig(async (rig) => {
      await login(rig);
      const seen = JSON.stringify(tenant.requests);
      expect(seen).not.toContain('a client');
      expect(seen).not.toContain('"resource"');
    });
  });
});

describe('a refresh', () => {
  it('returns new tokens, rotated, with their claims', async () => {
    await withRig(async (rig) => {
      const old = refreshTokenOf((await login(rig)).body);
      const { refreshToken, result } = await rig.auth0.refresh(old);
      if (result instanceof Error) throw result;
      const { tokens, claims, scopes } = result;
      expect([undefined, old]).not.toContain(refreshToken);
      expect(tokens.accessTokenExpiresAt).toBe(claims['exp']);
      expect(claims['sub']).toBe(ADA.sub);
      expect(scopes).toContain('openid');
    });
  });

  it('has no refresh token without rotation', async () => {
    await withRig(
      async (rig) => {
        const old = refreshTokenOf((await login(rig)).body);
        expect((await rig.auth0.refresh(old)).refreshToken).toBeUndefined();
      },
      {},
      { refreshTokenRotation: false },
    );
  });

  it('with an unknown, used or revoked token ends the session', async () => {
    await withRig(async (rig) => {
      const old = refreshTokenOf((await login(rig)).body);
      await rig.auth0.refresh(old);
      await expect(rig.auth0.refresh(old)).rejects.toMatchObject({ kind: 'session_ended' });
      const other = refreshTokenOf((await login(rig)).body);
      await rig.auth0.revoke(other);
      await expect(rig.auth0.refresh(other)).rejects.toMatchObject({ kind: 'session_ended' });
      await expect(rig.auth0.refresh('garbage')).rejects.toMatchObject({ kind: 'session_ended' });
    });
  });

  it('that requires multi-factor authentication ends the session', async () => {
    await withRig(async (rig) => {
      const token = refreshTokenOf((await login(rig)).body);
      tenant.configure({ mfaOnRefresh: true });
      await expect(rig.auth0.refresh(token)).rejects.toMatchObject({ kind: 'session_ended' });
    });
  });

  it.each([
    ['503', { kind: 'respond', status: 503 }],
    ['a page', { kind: 'html' }],
    ['a dropped connection', { kind: 'drop' }],
    ['broken JSON', { kind: 'malformed-json' }],
  ] as const)('through %s is an outage and is sent once', async (_name, fault) => {
    await withRig(async (rig) => {
      const token = refreshTokenOf((await login(rig)).body);
      tenant.clearRequests();
      tenant.fault('/oauth/token', fault, 10);
      await expect(rig.auth0.refresh(token)).rejects.toMatchObject({ kind: 'unavailable' });
      expect(tenant.requests.filter(({ path }) => path === '/oauth/token')).toHaveLength(1);
    });
  });

  it('can be repeated after an outage', async () => {
    await withRig(async (rig) => {
      const token = refreshTokenOf((await login(rig)).body);
      tenant.fault('/oauth/token', { kind: 'rate-limited', resetSeconds: 7 }, 1);
      await expect(rig.auth0.refresh(token)).rejects.toMatchObject({
        kind: 'unavailable',
        retryAfterSeconds: expect.any(Number),
      });
      expect(await rig.auth0.refresh(token)).toMatchObject({
        result: { claims: { sub: ADA.sub } },
      });
    });
  });

  it('is not sent while its response could not be verified', async () => {
    let token = '';
    await withRig(async (rig) => {
      token = refreshTokenOf((await login(rig)).body);
    });
    await withRig(
      async (rig) => {
        tenant.clearRequests();
        const restore = tenant.fault('/.well-known/jwks.json', { kind: 'hang' }, 10);
        await expect(rig.auth0.refresh(token)).rejects.toMatchObject({ kind: 'unavailable' });
        expect(tenant.requests.map(({ path }) => path)).not.toContain('/oauth/token');
        restore();
      },
      { timeoutMs: 300 },
    );
  });

  it('works after the tenant has rotated its signing keys', async () => {
    await withRig(async (rig) => {
      const token = refreshTokenOf((await login(rig)).body);
      tenant.rotateSigningKeys();
      tenant.clearRequests();
      expect(await rig.auth0.refresh(token)).toMatchObject({
        result: { claims: { sub: ADA.sub } },
      });
    });
  });
});

describe('readiness', () => {
  it('resolves after fetching discovery and signing keys', async () => {
    await withRig(async (rig) => {
      expect(tenant.requests).toHaveLength(0);
      await rig.auth0.ready();
      expect(tenant.requests.map(({ path }) => path)).toEqual([
        '/.well-known/openid-configuration',
        '/.well-known/jwks.json',
        '/authorize',
      ]);
    });
  });

  it('rejects with a remedy if the tenant is not the configured one', async () => {
    await withRig(
      async (rig) => {
        await expect(rig.auth0.ready()).rejects.toMatchObject({
          kind: 'misconfigured',
          remedy: expect.stringContaining('custom domain'),
        });
      },
      { expectedIssuer: 'https://other.example/' },
    );
  });
});
