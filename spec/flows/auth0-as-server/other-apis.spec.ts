/** `auth0Token({ audience })` with `auth0McpResource()`: On-Behalf-Of Token Exchange (RFC 8693). */
import { afterEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';

import {
  Auth0ApiAccessError,
  Auth0McpConfigError,
  type Auth0McpResourceOptions,
  type Auth0TokenRequest,
  getAccessToken,
  TokenPassthroughError,
} from '../../../lib/index.js';
import { ADA, type Api, BOB, type TenantOptions } from '../../../lib/testing/options.js';
import type { Forge, JwtDraft } from '../../../lib/testing/token-draft.js';
import {
  CLIENT,
  type ResourceWorld,
  startResourceWorld,
  type TokenChange,
} from '../../support/resource-world.js';
import { secretsIn } from '../../support/secret-scan.js';

const BILLING = 'https://billing.example';
const BILLS: Api = { identifier: BILLING, scopes: ['read:bills', 'pay:bills'] };
const APPLICATION = { clientId: 'custom-api-client', clientSecret: 'x'.repeat(40) };
const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

let world: ResourceWorld;
afterEach(() => world.close());

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

async function start(options: Partial<Auth0McpResourceOptions> = APPLICATION): Promise<void> {
  world = await startResourceWorld({
    options,
    mount(app, auth) {
      app.use(auth);
      app.get('/mcp', async (req, res, next) => {
        try {
          const request = JSON.parse(String(req.query['request'])) as Auth0TokenRequest;
          res.json({ token: await getAccessToken().auth0Token(request) });
        } catch (error) {
          const isNamed =
            error instanceof Auth0ApiAccessError ||
            error instanceof TokenPassthroughError ||
            error instanceof Auth0McpConfigError;
          if (isNamed) res.status(500).json({ ...error, message: error.message });
          else next(error);
        }
      });
    },
  });
  const { apis } = world.tenant.settings;
  world.tenant.configure({ apis: [...apis, BILLS] });
  allow({});
}

function allow(change: object): void {
  world.tenant.configure({
    applications: [
      {
        ...APPLICATION,
        onBehalfOf: {
          resourceServer: world.mcp,
          userGrants: [{ audience: BILLING, scope: ['read:bills', 'pay:bills'] }],
        },
        ...change,
      },
    ],
  });
}

async function ask(request: Auth0TokenRequest, change?: TokenChange | string): Promise<Answer> {
  const token = typeof change === 'string' ? change : await world.token(change);
  const url = `${world.mcp}?request=${encodeURIComponent(JSON.stringify(request))}`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const text = await response.text();
  const body = text.startsWith('{') ? (JSON.parse(text) as Answer['body']) : { text };
  return { status: response.status, headers: response.headers, body };
}

const exchanges = () => world.tenant.requests.filter(({ path }) => path === '/oauth/token');
const forgeClaims =
  (change: Record<string, unknown>): Forge =>
  ({ accessToken }) =>
    void Object.assign((accessToken as JwtDraft).claims, change);

describe('the exchange', () => {
  it('returns a token for the API, the user and the scopes, that names who acts', async () => {
    await start();
    const token = await world.token();
    const { body } = await ask({ audience: BILLING, scope: 'read:bills' }, token);
    expect(decodeJwt(String(body['token']))).toMatchObject({
      sub: ADA.sub,
      aud: BILLING,
      azp: APPLICATION.clientId,
      scope: 'read:bills',
      act: { sub: APPLICATION.clientId, act: { sub: CLIENT } },
    });
    const [{ form } = { form: {} }, ...more] = exchanges();
    expect(more).toEqual([]);
    expect(form).toMatchObject({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: token,
      subject_token_type: TOKEN_TYPE,
      requested_token_type: TOKEN_TYPE,
      audience: BILLING,
      scope: 'read:bills',
    });
    expect(form).not.toHaveProperty('resource');
  });

  it('is done once for parallel calls, and again for another token, other scopes, or when it is due', async () => {
    await start();
    const token = await world.token();
    const request = { audience: BILLING };
    const bodies = await Promise.all(Array.from({ length: 20 }, () => ask(request, token)));
    expect(new Set(bodies.map(({ body }) => body['token'])).size).toBe(1);
    expect(exchanges().length).toBe(1);
    await ask({ ...request, scope: 'read:bills' }, token);
    await ask(request, { claims: { jti: 'another' } });
    expect(exchanges().length).toBe(3);
    world.tenant.configure({
      apis: world.tenant.settings.apis.map((api) => ({ ...api, tokenLifetimeSeconds: 90 })),
    });
    const later = await world.token({ claims: { jti: 'later' } });
    await ask(request, later);
    await ask(request, later);
    world.advance(31);
    await ask(request, later);
    expect(exchanges().length).toBe(5);
  });

  it('a token of another user is not served from the cache of one', async () => {
    await start();
    await ask({ audience: BILLING });
    const { body } = await ask({ audience: BILLING }, { claims: { sub: BOB.sub } });
    expect(decodeJwt(String(body['token'])).sub).toBe(BOB.sub);
  });

  it.each<[string, TokenChange]>([
    ['of another API', { claims: { aud: BILLING } }],
    ['of another issuer', { claims: { iss: 'https://evil.example/' } }],
    ['signed by another key', { signer: 'foreign' }],
    ['bound to a key of the client', { claims: { cnf: { jkt: 'x' } } }],
    ['that has expired', { claims: { exp: 1 } }],
  ])('a token %s is rejected before: it is never sent to Auth0', async (_name, change) => {
    await start();
    expect((await ask({ audience: BILLING }, change)).status).toBe(401);
    expect(exchanges().length).toBe(0);
  });

  it('authenticates with a private key as well', async () => {
    const { privateKey, publicKey } = await import('node:crypto').then(({ generateKeyPairSync }) =>
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
    );
    const { clientId } = APPLICATION;
    const auth0PrivateKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await start({ clientId, auth0PrivateKey });
    const jwks = { keys: [publicKey.export({ format: 'jwk' })] };
    allow({ clientSecret: undefined, jwks });
    expect((await ask({ audience: BILLING })).status).toBe(200);
  });

  it('needs an application: the error names the options', async () => {
    await start({});
    const { body } = await ask({ audience: BILLING });
    expect(body).toMatchObject({ code: 'ERR_AUTH0_MCP_CONFIG', option: 'clientId' });
    expect(body['message']).toMatch(/clientId .*clientSecret or auth0PrivateKey/);
    expect(exchanges().length).toBe(0);
  });

  it('the client’s token itself is never passed on: no API, or that of this server', async () => {
    await start();
    for (const request of [{}, { audience: world.mcp }, { scope: 'read:notes' }]) {
      const { body } = await ask(request);
      expect(body['code']).toBe('ERR_AUTH0_MCP_TOKEN_PASSTHROUGH');
    }
    expect(exchanges().length).toBe(0);
  });
});

describe('what Auth0 does not allow', () => {
  const refusals: readonly [string, object, TenantOptions, Auth0TokenRequest][] = [
    ['an application without token exchange', { onBehalfOf: undefined }, {}, {}],
    [
      'an application of another API',
      { onBehalfOf: { resourceServer: 'https://other', userGrants: [] } },
      {},
      {},
    ],
    ['an API without User Access', {}, {}, { audience: 'https://unknown.example' }],
    ['a scope that the grant lacks', {}, {}, { scope: 'read:bills delete:bills' }],
    ['a user without the scopes', {}, { apis: [{ ...BILLS, rbac: true }] }, {}],
    ['a token for another API', {}, { forge: forgeClaims({ aud: 'https://mail.example' }) }, {}],
    [
      'an opaque token',
      {},
      { forge: (draft) => void Object.assign(draft, { accessToken: 'x' }) },
      {},
    ],
  ];
  it.each(refusals)('%s: an error with the remedy', async (_name, application, tenant, request) => {
    await start();
    allow(application);
    world.tenant.configure(tenant);
    const { status, body } = await ask({ audience: BILLING, ...request });
    expect(status).toBe(500);
    expect(body).toMatchObject({
      code: 'ERR_AUTH0_MCP_API_ACCESS',
      remedy: expect.stringContaining('On-Behalf-Of Token Exchange'),
    });
    const token = await world.token();
    expect(secretsIn(JSON.stringify([world.log, world.events, body]), { token })).toEqual([]);
  });

  it('a chain of delegations that is too long', async () => {
    await start();
    const act = {
      sub: 'a',
      act: { sub: 'b', act: { sub: 'c', act: { sub: 'd', act: { sub: 'e' } } } },
    };
    const { body } = await ask({ audience: BILLING }, { claims: { act } });
    expect(body['message']).toContain('Delegation chain');
  });

  it.each<[string, Forge]>([
    ['of another user', forgeClaims({ sub: BOB.sub })],
    ['for two APIs', forgeClaims({ aud: [BILLING, 'https://mail.example'] })],
    ['of another application', forgeClaims({ azp: CLIENT })],
  ])('a token %s in the response is not returned', async (_name, forge) => {
    await start();
    world.tenant.configure({ forge });
    expect((await ask({ audience: BILLING })).status).toBe(503);
    world.tenant.configure({ forge: undefined });
    expect((await ask({ audience: BILLING })).status).toBe(200);
  });
});

describe('an error of Auth0', () => {
  const respond = (status: number, error: string) =>
    ({ kind: 'respond', status, body: { error, error_description: '' } }) as const;

  it.each([
    [401, 'invalid_grant'],
    [401, 'invalid_token'],
    [403, 'invalid_grant'],
  ])('%i %s: the client’s token has ended, a 401 challenge', async (...error) => {
    await start();
    world.tenant.fault('/oauth/token', respond(...error), 1);
    const { status, headers } = await ask({ audience: BILLING });
    expect([status, headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('error="invalid_token"'),
    ]);
  });

  it.each([
    [403, 'access_denied'],
    [400, 'invalid_target'],
    [400, 'invalid_request'],
    [403, 'something_new'],
  ])('%i %s: an error with the remedy', async (...error) => {
    await start();
    world.tenant.fault('/oauth/token', respond(...error), 1);
    expect((await ask({ audience: BILLING })).body['code']).toBe('ERR_AUTH0_MCP_API_ACCESS');
  });

  it('a wrong secret: the log names the options', async () => {
    await start();
    allow({ clientSecret: 'another' });
    expect((await ask({ audience: BILLING })).status).toBe(503);
    expect(JSON.stringify(world.log)).toContain('clientId and clientSecret must be those of');
  });

  it('an outage costs time: 503, or the token after a retry', async () => {
    await start();
    world.tenant.fault('/oauth/token', { kind: 'drop' }, 1);
    expect((await ask({ audience: BILLING })).status).toBe(200);
    const end = world.tenant.fault('/oauth/token', { kind: 'rate-limited', resetSeconds: 3 });
    const { status, headers } = await ask({ audience: BILLING, scope: 'read:bills' });
    expect([status, headers.get('www-authenticate')]).toEqual([503, null]);
    end();
    expect((await ask({ audience: BILLING, scope: 'read:bills' })).status).toBe(200);
  });
});
