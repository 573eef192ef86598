/** `auth0Token({ audience, scope })`: tokens for other APIs of the tenant, by its multi-resource refresh token. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';

import { Auth0ApiAccessError, type Auth0TokenRequest, getAccessToken } from '../../../lib/index.js';
import { memoryStorage } from '../../../lib/storage/memory-storage.js';
import {
  ADA,
  type Api,
  BOB,
  DEFAULT_APIS,
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
  type TenantOptions,
} from '../../../lib/testing/options.js';
import type { Forge, JwtDraft } from '../../../lib/testing/token-draft.js';
import { mortal } from '../../support/mortal-storage.js';
import { registerClient } from '../../support/oauth-client.js';
import { recordedStorage } from '../../support/recorded-storage.js';
import { secretsIn } from '../../support/secret-scan.js';
import { findSecrets } from '../../support/secrets-on-the-wire.js';
import { sharedStores } from '../../support/shared-stores.js';
import { pass, upstreamRefreshes } from '../../support/upstream.js';
import { startWorld, type World, type WorldOptions } from '../../support/world.js';

const DAY = 86_400;
/** Auth0's token has half a minute left, less than the margin; so has ours. */
const UNTIL_DUE = DAY - 30;
const BILLING = 'https://billing.example';
const MAIL = 'https://mail.example';
const APIS: readonly Api[] = [
  ...DEFAULT_APIS,
  { identifier: BILLING, scopes: ['read:bills', 'pay:bills'] },
  { identifier: MAIL, scopes: ['read:mail'] },
];
const TENANT: TenantOptions = { apis: APIS };

let world: World;
let token: string;
let tokens: { access_token?: string; refresh_token?: string };
let client: Awaited<ReturnType<typeof registerClient>>;
afterEach(() => world.close());

/** A logged-in client of a server whose application has policies for the other two APIs. */
async function start(options: WorldOptions = {}): Promise<void> {
  world = await startWorld({
    options: { accessTokenTtlSeconds: DAY },
    tenant: TENANT,
    mount(app, auth) {
      app.use(auth);
      app.get('/mcp', async (req, res, next) => {
        const { request } = req.query;
        const { auth0Token } = getAccessToken();
        try {
          res.json({ token: await auth0Token(JSON.parse(String(request)) as Auth0TokenRequest) });
        } catch (error) {
          if (!(error instanceof Auth0ApiAccessError)) return next(error);
          const { code, message, remedy, audience, missingScopes } = error;
          res.status(500).json({ code, message, remedy, audience, missingScopes });
        }
      });
    },
    ...options,
  });
  configure({});
  client = await registerClient(world.origin);
  tokens = await client.tokens();
  token = String(tokens.access_token);
}

function configure(change: object): void {
  const [application] = world.tenant.settings.applications;
  if (application === undefined) throw new Error('no application');
  world.tenant.configure({
    applications: [
      {
        refreshTokenPolicies: [
          { audience: BILLING, scope: ['read:bills'] },
          { audience: MAIL, scope: ['read:mail'] },
        ],
        ...application,
        ...change,
      },
    ],
  });
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

async function ask(request: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const url = `${world.mcp}?request=${encodeURIComponent(JSON.stringify(request))}`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}`, ...headers } });
  const text = await response.text();
  const body = text.startsWith('{') ? (JSON.parse(text) as Answer['body']) : { text };
  return { status: response.status, headers: response.headers, body };
}

const claimsFor = async (request: Auth0TokenRequest): Promise<Record<string, unknown>> =>
  decodeJwt(String((await ask(request)).body['token']));

describe('a token for another API', () => {
  it('is for this API, the user and the scopes; one request, then none on any instance', async () => {
    await start({ instances: 3 });
    const request = { audience: BILLING, scope: 'read:bills' };
    expect(await claimsFor(request)).toMatchObject({
      sub: ADA.sub,
      aud: BILLING,
      azp: DEMO_CLIENT_ID,
      scope: 'read:bills',
    });
    for (let call = 0; call < 6; call += 1) expect((await ask(request)).status).toBe(200);
    const [refresh, ...more] = upstreamRefreshes(world);
    expect(more).toEqual([]);
    expect(refresh?.form).toMatchObject({ audience: BILLING, scope: 'read:bills' });
  });

  it('without scope has all that the policy allows; with an array, in any order, those', async () => {
    await start();
    expect(await claimsFor({ audience: BILLING })).toMatchObject({
      aud: [BILLING, `${world.tenant.issuer}userinfo`],
      scope: expect.stringContaining('read:bills'),
    });
    const [one, other] = [
      await ask({ audience: BILLING, scope: ['read:bills', 'openid'] }),
      await ask({ audience: BILLING, scope: 'openid read:bills openid' }),
    ];
    expect(one.body).toEqual(other.body);
    expect(upstreamRefreshes(world)).toHaveLength(2);
  });

  it('of the own API can have fewer scopes', async () => {
    await start();
    expect(await claimsFor({ scope: 'openid' })).toMatchObject({ scope: 'openid' });
    expect(await claimsFor({ audience: DEMO_AUDIENCE })).toMatchObject({
      scope: 'openid profile email offline_access',
    });
    expect(upstreamRefreshes(world)).toHaveLength(1);
  });

  it('is renewed a minute before it expires, with the newest refresh token', async () => {
    await start();
    await ask({ audience: BILLING });
    pass(world, DAY - 59);
    expect((await ask({ audience: BILLING })).status).toBe(200);
    expect((await ask({})).status).toBe(200);
    const sent = upstreamRefreshes(world).map(({ form }) => form.refresh_token);
    expect(new Set(sent).size).toBe(3);
  });

  it('is accepted in the profile of RFC 9068, and with `resource` in the response', async () => {
    await start({ tenant: { apis: APIS.map((api) => ({ ...api, dialect: 'rfc9068' })) } });
    world.tenant.configure({ resourceInResponse: true });
    expect(await claimsFor({ audience: BILLING })).toMatchObject({ client_id: DEMO_CLIENT_ID });
  });

  it.each<[string, unknown]>([
    [
      'a misspelt name, which would request all scopes',
      { audience: BILLING, scopes: 'read:bills' },
    ],
    ['no API', { audience: '' }],
    ['a number', 7],
    ['scopes that are none', { audience: BILLING, scope: 'read:"bills"' }],
    ['scopes of another type', { audience: BILLING, scope: { read: true } }],
    ['an array with more than strings', { audience: BILLING, scope: ['read:bills', 7] }],
  ])('a malformed request changes nothing: %s', async (_name, request) => {
    await start();
    const { status, body } = await ask(request);
    expect([status, JSON.stringify(body)]).toEqual([500, expect.stringContaining('TypeError')]);
    expect(upstreamRefreshes(world)).toEqual([]);
  });
});

const forgeClaims =
  (change: Record<string, unknown>): Forge =>
  ({ accessToken }) =>
    void Object.assign((accessToken as JwtDraft).claims, change);

describe('Auth0 ignores what it does not allow, without an error', () => {
  const refusals: readonly [string, Auth0TokenRequest, TenantOptions, string][] = [
    ['an API in no policy: the token is for the own one', { audience: 'https://x' }, {}, 'is for '],
    ['a scope in no policy', { audience: BILLING, scope: 'pay:bills read:bills' }, {}, 'pay:bills'],
    [
      'a policy for an API that does not exist',
      { audience: BILLING },
      { apis: APIS.filter(({ identifier }) => identifier !== BILLING) },
      'is for ',
    ],
    [
      'a scope that the user does not have (RBAC)',
      { audience: BILLING, scope: 'read:bills' },
      { apis: APIS.map((api) => ({ ...api, rbac: true })) },
      'read:bills',
    ],
    [
      'an opaque token',
      { audience: BILLING },
      { forge: (draft) => void Object.assign(draft, { accessToken: 'a'.repeat(40) }) },
      'opaque',
    ],
    [
      'another API by resource',
      { audience: BILLING },
      {
        forge: ({ body }) => void Object.assign(body, { resource: MAIL }),
      },
      MAIL,
    ],
    [
      'a scope in the response, but not in the token',
      { audience: BILLING, scope: 'read:bills' },
      { forge: forgeClaims({ scope: '' }) },
      'read:bills',
    ],
    [
      'a token bound to a key',
      { audience: BILLING },
      { forge: ({ body }) => void Object.assign(body, { token_type: 'DPoP' }) },
      'Bearer',
    ],
    [
      'a shared secret',
      { audience: BILLING },
      {
        apis: APIS.map((api) =>
          api.identifier === BILLING
            ? { ...api, signingAlg: 'HS256', signingSecret: 's'.repeat(40) }
            : api,
        ),
      },
      'HS256',
    ],
  ];

  it.each(refusals)(
    'a token that is not what was requested is refused: %s',
    async (_name, request, change, reason) => {
      await start();
      world.tenant.configure(change);
      const { status, body } = await ask(request);
      expect(status).toBe(500);
      expect(body).toMatchObject({
        code: 'ERR_AUTH0_MCP_API_ACCESS',
        message: expect.stringContaining(reason),
        remedy: expect.stringMatching(/^(Auth0 d|D)ashboard > Applications/),
        audience: request.audience,
      });
      await ask(request);
      const reported = world.log.filter(({ fields }) => fields['remedy'] === body['remedy']);
      expect(reported).toHaveLength(1);
      // The refresh token that came with the refused token has replaced the old one.
      world.tenant.configure({ forge: undefined, apis: APIS });
      pass(world, UNTIL_DUE);
      expect((await ask({})).status).toBe(200);
      expect(secretsIn(JSON.stringify([world.log, world.events]), { token })).toEqual([]);
    },
  );

  it('the missing scopes are named', async () => {
    await start();
    const { body } = await ask({ audience: BILLING, scope: 'pay:bills read:bills' });
    expect(body['missingScopes']).toEqual(['pay:bills']);
    expect(body['remedy']).toContain('Multi-Resource Refresh Token');
  });

  it.each<[string, Forge]>([
    ['two APIs at once', forgeClaims({ aud: [BILLING, MAIL] })],
    ['another issuer', forgeClaims({ iss: 'https://evil.example/' })],
    ['another application', forgeClaims({ azp: 'other-app' })],
    ['expired', forgeClaims({ exp: 1 })],
    [
      'a key that the tenant does not publish',
      ({ accessToken }) => void Object.assign(accessToken as JwtDraft, { signer: 'foreign' }),
    ],
  ])(
    'a token that does not verify is not returned, and costs no login: %s',
    async (_name, forge) => {
      await start();
      world.tenant.configure({ forge });
      expect((await ask({ audience: BILLING })).status).toBe(503);
      world.tenant.configure({ forge: undefined });
      expect((await ask({ audience: BILLING })).status).toBe(200);
    },
  );

  it('a token of another user ends the login, and its refresh token is revoked', async () => {
    await start();
    world.tenant.configure({ forge: forgeClaims({ sub: BOB.sub }) });
    const { status, headers } = await ask({ audience: BILLING });
    expect([status, headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('error="invalid_token"'),
    ]);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(400);
    await world.auth.close();
    expect(world.tenant.requests.at(-1)?.path).toBe('/oauth/revoke');
  });
});

describe('an error of Auth0', () => {
  const respond = (status: number, error: string, error_description = '') =>
    ({ kind: 'respond', status, body: { error, error_description } }) as const;

  it.each([
    [403, 'invalid_grant', 'Unknown or invalid refresh token.'],
    [403, 'mfa_required', 'Multifactor authentication required'],
    [401, 'mfa_required', 'Multifactor authentication required'],
    [403, 'unmet_authentication_requirements', ''],
  ])('%i %s means a new login: a 401 challenge, now and at the next request', async (...error) => {
    await start();
    world.tenant.fault('/oauth/token', respond(...error), 1);
    for (const request of [{ audience: BILLING }, {}]) {
      const { status, headers } = await ask(request);
      expect([status, headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringMatching(
          /^Bearer resource_metadata="[^"]+", scope="openid", error="invalid_token"/,
        ),
      ]);
    }
  });

  it.each([
    [403, 'access_denied', 'Service not found: https://billing.example'],
    [403, 'access_denied', 'No bills on Sundays'],
    [403, 'unauthorized_client', 'Client is not authorized to access this API'],
    [400, 'invalid_target', ''],
    [400, 'something_new', ''],
  ])(
    '%i %s concerns the API: an error with the remedy, and the login is as it was',
    async (...error) => {
      await start();
      world.tenant.fault('/oauth/token', respond(...error), 1);
      const { body } = await ask({ audience: BILLING });
      expect(body).toMatchObject({ code: 'ERR_AUTH0_MCP_API_ACCESS', missingScopes: [] });
      expect(body['message']).toContain(error[1]);
      pass(world, UNTIL_DUE);
      expect((await ask({})).status).toBe(200);
      expect((await ask({ audience: BILLING })).status).toBe(200);
    },
  );

  it('a wrong secret is a configuration problem, in the log with its remedy', async () => {
    await start();
    configure({ clientSecret: 'another' });
    expect((await ask({ audience: BILLING })).status).toBe(503);
    expect(JSON.stringify(world.log)).toContain('clientId and clientSecret must be those of');
    configure({ clientSecret: DEMO_CLIENT_SECRET });
    world.advance(6);
    expect((await ask({ audience: BILLING })).status).toBe(200);
  });

  it.each([
    ['429', { kind: 'rate-limited', resetSeconds: 3 }],
    ['503', { kind: 'respond', status: 503 }],
    ['no response', { kind: 'drop' }],
    ['HTML', { kind: 'html' }],
    ['a timeout', { kind: 'hang' }],
  ] as const)('an outage costs time, never the login: %s', async (_name, fault) => {
    await start({
      options: { accessTokenTtlSeconds: DAY, upstreamTimeoutSeconds: 1 },
    });
    world.tenant.fault('/oauth/token', fault, 1);
    const { status, headers, body } = await ask({ audience: BILLING });
    expect([status, body['text']]).toEqual([503, expect.any(String)]);
    expect(headers.get('www-authenticate')).toBeNull();
    // The token of the login needs no request.
    expect((await ask({})).status).toBe(200);
    world.advance(6);
    expect((await ask({ audience: BILLING })).status).toBe(200);
  });
});

describe('one refresh token at a time, over three instances', () => {
  it.each(sharedStores())(
    'an ordinary refresh and two APIs on %s: rotation without overlap, and none is used twice',
    async (_store, open) => {
      await start({ instances: 3, storages: [open(), open(), open()] });
      pass(world, UNTIL_DUE);
      world.tenant.fault('/oauth/token', { kind: 'delay', milliseconds: 100 }, 1);
      const requests = [{}, { audience: BILLING }, { audience: MAIL, scope: 'read:mail' }];
      const answers = await Promise.all([
        ...Array.from({ length: 45 }, (_, at) => ask(requests[at % 3])),
        ...Array.from({ length: 5 }, () => client.refresh(tokens.refresh_token)),
      ]);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      const refreshes = upstreamRefreshes(world);
      expect(refreshes).toHaveLength(3);
      expect(new Set(refreshes.map(({ form }) => form.refresh_token)).size).toBe(3);
      expect(new Set(refreshes.map(({ form }) => form.audience)).size).toBe(3);
    },
  );

  it('a process that dies after Auth0’s response: the next one obtains the token', async () => {
    const shared = memoryStorage();
    const dying = mortal(shared);
    await start({
      instances: 2,
      storages: [dying.storage, shared],
      options: { accessTokenTtlSeconds: DAY, upstreamTimeoutSeconds: 1 },
    });
    configure({ rotationOverlapSeconds: 60 });
    world.tenant.configure({
      forge: () => dying.die(),
    });
    const lost = ask({ audience: BILLING }, { 'x-instance': '0' });
    while (upstreamRefreshes(world).length === 0) await new Promise((go) => setTimeout(go, 5));
    expect((await ask({ audience: BILLING }, { 'x-instance': '1' })).status).toBe(200);
    expect((await ask({ audience: MAIL }, { 'x-instance': '1' })).status).toBe(200);
    expect(upstreamRefreshes(world)).toHaveLength(3);
    dying.revive();
    await lost;
  }, 20_000);
});

describe('in the store', () => {
  it('R-UP-7 no token can be read', async () => {
    const { storage, written } = recordedStorage();
    await start({ storages: [storage] });
    const own = [await ask({ audience: BILLING }), await ask({ audience: MAIL }), await ask({})];
    const secrets = own.map(({ body }) => String(body['token']));
    for (const { form } of upstreamRefreshes(world)) secrets.push(String(form.refresh_token));
    expect(new Set(secrets).size).toBe(5);
    expect(findSecrets(written(), [...secrets, BILLING, ADA.sub])).toEqual([]);
  });
});

describe('with the grant', () => {
  it('the tokens end, and a new login requests its own', async () => {
    await start();
    await ask({ audience: BILLING });
    await world.auth.grants.revokeAll({ subject: ADA.sub });
    expect((await ask({ audience: BILLING })).status).toBe(401);
    token = String((await client.tokens()).access_token);
    expect((await ask({ audience: BILLING })).status).toBe(200);
    expect(upstreamRefreshes(world)).toHaveLength(2);
  });
});
