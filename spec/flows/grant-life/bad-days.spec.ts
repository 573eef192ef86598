import { afterEach, describe, expect, it } from '@jest/globals';
import { getAccessToken } from '../../../lib/index.js';
import { memoryStorage } from '../../../lib/storage/memory-storage.js';
import type { Fault } from '../../../lib/testing/faults.js';
import { BOB } from '../../../lib/testing/options.js';
import type { Forge, JwtDraft } from '../../../lib/testing/token-draft.js';
import { callTool, type OAuthClient, registerClient } from '../../support/oauth-client.js';
import {
  ALWAYS_DUE,
  givenBack,
  linesWith,
  pass,
  until,
  upstreamRefreshes,
} from '../../support/upstream.js';
import { startWorld, type World, type WorldOptions } from '../../support/world.js';

const TOKEN_ENDPOINT = '/oauth/token';
/** Longer than the longest pause between two attempts. */
const A_WHILE = 31;

/** A route that responds with errors as Express does, so that the status shows. */
const DOWNSTREAM: NonNullable<WorldOptions['mount']> = (app, auth) => {
  app.use(auth);
  app.get('/mcp', async (_req, res) => {
    res.json({ length: (await getAccessToken().auth0Token()).length });
  });
};

const OUTAGES: [string, Fault][] = [
  ['no response within the time limit', { kind: 'hang' }],
  ['a closed connection', { kind: 'drop' }],
  ['a lost response', { kind: 'drop-response' }],
  ['429 with x-ratelimit-reset', { kind: 'rate-limited', resetSeconds: 7 }],
  ['500 without a body', { kind: 'respond', status: 500 }],
  ['502 as HTML', { kind: 'html', status: 502 }],
  ['503 with Retry-After', { kind: 'respond', status: 503, headers: { 'retry-after': '9' } }],
  ['200 with HTML instead of JSON', { kind: 'html' }],
  ['JSON cut off', { kind: 'malformed-json' }],
  ['a body without end', { kind: 'huge-body', bytes: 1_000_000 }],
  ['a body that drips', { kind: 'slow-body', milliseconds: 4000 }],
];

describe('outages of Auth0', () => {
  let world: World;
  let client: OAuthClient;
  afterEach(() => world.close());

  async function start(options: WorldOptions = {}): Promise<void> {
    world = await startWorld({
      tenant: ALWAYS_DUE,
      ...options,
      options: { upstreamTimeoutSeconds: 1, ...options.options },
    });
    const [application] = world.tenant.settings.applications;
    if (application === undefined) throw new Error('no application');
    // As recommended: then even a lost response does not end the session.
    world.tenant.configure({ applications: [{ ...application, rotationOverlapSeconds: 60 }] });
    client = await registerClient(world.origin);
  }

  const use = (token: unknown): Promise<Response> =>
    fetch(world.mcp, { headers: { authorization: `Bearer ${token}` } });

  describe.each(OUTAGES)('%s', (_title, fault) => {
    it('R-UP-5 at a refresh: 503 with Retry-After, nothing used up, and the same token works afterwards', async () => {
      await start();
      const tokens = await client.tokens();
      pass(world, 60);
      world.tenant.fault(TOKEN_ENDPOINT, fault);
      const response = await client.refresh(tokens.refresh_token);
      expect([response.status, response.body.error]).toEqual([503, 'temporarily_unavailable']);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      world.tenant.clearFaults();
      pass(world, A_WHILE);
      expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
    });

    it('R-UP-5 at auth0Token(): 503, and the grant stays', async () => {
      await start({ mount: DOWNSTREAM });
      const { access_token: token } = await client.tokens();
      pass(world, 60);
      world.tenant.fault(TOKEN_ENDPOINT, fault);
      expect((await use(token)).status).toBe(503);
      world.tenant.clearFaults();
      pass(world, A_WHILE);
      expect((await use(token)).status).toBe(200);
    });

    it('AS-35 at a login: temporarily_unavailable for the client, or no effect', async () => {
      await start();
      world.tenant.fault(TOKEN_ENDPOINT, fault, 1);
      const response = await client.logIn({ parameters: { state: 's' } });
      // A code that may have been used is fetched again: Auth0 has a session of the user by then.
      if (response.get('code') === null)
        expect(response.get('error')).toBe('temporarily_unavailable');
      world.tenant.clearFaults();
      expect((await client.tokens()).access_token).toBeDefined();
    });
  });

  it('passes Retry-After of Auth0 on, and sends no request before', async () => {
    await start();
    const tokens = await client.tokens();
    pass(world, 60);
    world.tenant.fault(TOKEN_ENDPOINT, {
      kind: 'respond',
      status: 503,
      headers: { 'retry-after': '120' },
    });
    const first = await client.refresh(tokens.refresh_token);
    expect(first.headers.get('retry-after')).toBe('120');
    world.tenant.clearFaults();
    pass(world, 60);
    const second = await client.refresh(tokens.refresh_token);
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '60']);
    expect(upstreamRefreshes(world)).toHaveLength(1);
    pass(world, 61);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
  });

  it('an outage of ten minutes logs no user out, and valid access tokens work throughout', async () => {
    world = await startWorld();
    client = await registerClient(world.origin);
    const stranded = await client.tokens();
    pass(world, 86_400 - 300);
    const other = await registerClient(world.origin);
    const recent = await other.tokens();
    // Its own access token is an hour good, Auth0's behind it for five minutes more.
    const { access_token: valid, ...rest } = (await client.refresh(stranded.refresh_token)).body;
    let { refresh_token: due } = rest;
    let fresh = recent.refresh_token;
    world.tenant.clearRequests();
    world.tenant.fault('*', { kind: 'respond', status: 502 });
    for (let seconds = 0; seconds < 600; seconds += 20) {
      pass(world, 20);
      expect((await callTool(world.mcp, valid, 'whoami')).status).toBe(200);
      const response = await other.refresh(fresh);
      expect(response.status).toBe(200);
      fresh = response.body.refresh_token;
      const withDueToken = await client.refresh(due);
      expect(withDueToken.status).toBe(seconds < 280 ? 200 : 503);
      due = withDueToken.body.refresh_token ?? due;
    }
    expect((await client.refresh(due)).status).toBe(503);
    // A pause that grows to half a minute: not one attempt per request.
    expect(upstreamRefreshes(world).length).toBeLessThan(20);
    world.tenant.clearFaults();
    pass(world, A_WHILE);
    expect((await client.refresh(due)).status).toBe(200);
    expect((await other.refresh(fresh)).status).toBe(200);
    expect(world.events.filter(({ type }) => type === 'grant_revoked')).toEqual([]);
    expect(world.events).toContainEqual(expect.objectContaining({ type: 'auth0_unavailable' }));
  });

  it('discovery down at start: the app starts, a login gets a page, and the next one works', async () => {
    await start();
    const gone = world.tenant.fault('*', { kind: 'respond', status: 503 });
    await expect(world.auth.ready()).rejects.toThrow(/discovery/);
    await expect(client.logIn()).rejects.toThrow(/503/);
    gone();
    pass(world, 4);
    expect((await client.tokens()).access_token).toBeDefined();
    await world.auth.ready();
  });

  describe('a refresh whose response does not verify', () => {
    const forgeJwt =
      (name: 'accessToken' | 'idToken', change: Partial<JwtDraft>): Forge =>
      (draft) => {
        const { claims, ...other } = change;
        const jwt = draft[name] as JwtDraft;
        Object.assign(jwt, other);
        Object.assign(jwt.claims, claims);
      };

    async function startWithoutOverlap(): Promise<Record<string, unknown>> {
      await start({ mount: DOWNSTREAM });
      const { applications } = world.tenant.settings;
      world.tenant.configure({
        applications: applications.map((one) => ({ ...one, rotationOverlapSeconds: 0 })),
      });
      const tokens = await client.tokens();
      pass(world, 60);
      return { ...tokens };
    }

    const sentTokens = () => upstreamRefreshes(world).map(({ form }) => form.refresh_token);

    const UNUSABLE: [string, Forge][] = [
      ['a wrong signature', forgeJwt('accessToken', { signer: 'foreign' })],
      ['a wrong signature of the ID token', forgeJwt('idToken', { signer: 'foreign' })],
      ['another audience', forgeJwt('accessToken', { claims: { aud: 'https://other.example' } })],
      ['an ID token of another user', forgeJwt('idToken', { claims: { sub: BOB.sub } })],
      ['an expired token', forgeJwt('accessToken', { claims: { exp: 1 } })],
      ['an opaque token', (draft) => void Object.assign(draft, { accessToken: 'a'.repeat(40) })],
      ['no access token', (draft) => void Object.assign(draft, { accessToken: undefined })],
      ['a scope in a list', ({ body }) => void Object.assign(body, { scope: ['openid'] })],
      ['a token bound to a key', ({ body }) => void Object.assign(body, { token_type: 'DPoP' })],
      [
        'a key that cannot be fetched',
        () => {
          world.tenant.rotateSigningKeys();
          world.tenant.rotateSigningKeys();
          world.tenant.fault('/.well-known/jwks.json', { kind: 'hang' });
        },
      ],
    ];

    it.each(UNUSABLE)(
      'R-UP-7 costs time, and its refresh token is the next to be used: %s',
      async (_name, forge) => {
        const { access_token: access, refresh_token: token } = await startWithoutOverlap();
        world.tenant.configure({ forge });
        const refused = await client.refresh(token);
        expect([refused.status, refused.body.error]).toEqual([503, 'temporarily_unavailable']);
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
        // The pause after a failure.
        expect((await use(access)).status).toBe(503);
        expect(sentTokens()).toHaveLength(1);
        world.tenant.configure({ forge: undefined });
        world.tenant.clearFaults();
        // A fetch of the keys that hangs is shared with the next attempt.
        await until(async () => {
          pass(world, A_WHILE);
          return (await use(access)).status === 200;
        });
        pass(world, 60);
        expect((await client.refresh(token)).status).toBe(200);
        expect(sentTokens().length).toBeGreaterThan(2);
        expect(sentTokens()).toEqual([...new Set(sentTokens())]);
      },
    );

    it('R-UP-5 makes the pauses grow, however often it is repeated', async () => {
      const { refresh_token: token } = await startWithoutOverlap();
      world.tenant.configure({ forge: forgeJwt('accessToken', { signer: 'foreign' }) });
      const pauses: number[] = [];
      for (let attempt = 0; attempt < 4; attempt += 1) {
        const { headers } = await client.refresh(token);
        pauses.push(Number(headers.get('retry-after')));
        pass(world, pauses.at(-1) ?? 0);
      }
      expect(pauses).toEqual([5, 10, 20, 30]);
      expect(new Set(sentTokens()).size).toBe(4);
    });

    it('is of another user: the login ends, and the refresh token in it is revoked', async () => {
      const { refresh_token: token } = await startWithoutOverlap();
      let issued: unknown;
      world.tenant.configure({
        forge({ accessToken, idToken, body }) {
          for (const jwt of [accessToken, idToken]) (jwt as JwtDraft).claims.sub = BOB.sub;
          issued = body.refresh_token;
        },
      });
      expect((await client.refresh(token)).body.error).toBe('invalid_grant');
      await world.auth.close();
      expect(givenBack(world)).toContain(issued);
    });
  });

  describe('signing keys', () => {
    it('rotated at Auth0: the next key is known in advance, a further one is fetched', async () => {
      await start();
      const jwksRequests = () =>
        world.tenant.requests.filter(({ path }) => path.endsWith('jwks.json'));
      let { refresh_token: token } = await client.tokens();
      world.tenant.rotateSigningKeys();
      pass(world, 60);
      const known = await client.refresh(token);
      expect([known.status, jwksRequests().length]).toEqual([200, 1]);
      token = known.body.refresh_token;
      world.tenant.rotateSigningKeys();
      world.tenant.rotateSigningKeys();
      pass(world, 60);
      const fetched = await client.refresh(token);
      expect([fetched.status, jwksRequests().length]).toEqual([200, 2]);
    });

    it('unreachable: cached keys verify for hours', async () => {
      await start();
      const { refresh_token: token } = await client.tokens();
      world.tenant.fault('/.well-known/jwks.json', { kind: 'respond', status: 503 });
      pass(world, 7200);
      expect((await client.refresh(token)).status).toBe(200);
    });

    it('unreachable for an instance without keys: Auth0 is not asked for tokens that could not be verified', async () => {
      const shared = memoryStorage();
      await start({ instances: 2, storages: [shared, shared] });
      const { refresh_token: token } = await client.tokens();
      pass(world, 60);
      world.tenant.fault('/.well-known/jwks.json', { kind: 'hang' });
      world.tenant.fault('/.well-known/openid-configuration', { kind: 'hang' });
      const responses = [await client.refresh(token), await client.refresh(token)];
      // One of the two instances has its keys from the login; the pause after a failure is shared.
      for (const { status } of responses) expect([200, 503]).toContain(status);
      world.tenant.clearFaults();
      pass(world, A_WHILE);
      expect((await client.refresh(token)).status).toBe(200);
    });
  });

  it.each([-50, 50])(
    'R-UP-2 a clock difference of %d seconds at Auth0 is accepted',
    async (seconds) => {
      await start({ tenant: { clockSkewSeconds: seconds } });
      const { refresh_token: token } = await client.tokens();
      expect((await client.refresh(token)).status).toBe(200);
    },
  );

  it('a clock of this server that is minutes behind is named as the reason', async () => {
    await start({ tenant: { clockSkewSeconds: 300 } });
    expect((await client.logIn()).get('error')).toBe('server_error');
    expect(linesWith(world, "compare this server's clock")).toHaveLength(1);
  });

  const VERDICTS: [string, number, string, string | undefined][] = [
    ['invalid_grant', 403, 'invalid_grant', undefined],
    ['invalid_grant', 400, 'invalid_grant', undefined],
    ['mfa_required', 403, 'invalid_grant', undefined],
    // An Action of the tenant denies.
    ['access_denied', 403, 'invalid_grant', undefined],
    ['unauthorized', 401, 'invalid_grant', undefined],
    // The application's own credentials are refused: no session has ended.
    ['access_denied', 401, 'temporarily_unavailable', 'Authentication Method'],
    ['invalid_client', 401, 'temporarily_unavailable', 'Authentication Method'],
    ['unauthorized_client', 403, 'temporarily_unavailable', 'Grant Types'],
    ['invalid_request', 400, 'temporarily_unavailable', 'Monitoring > Logs'],
    ['too_many_requests', 429, 'temporarily_unavailable', undefined],
    ['server_error', 400, 'temporarily_unavailable', undefined],
    ['something_new', 403, 'temporarily_unavailable', undefined],
  ];

  it.each(VERDICTS)(
    '%s with status %d at a refresh means %s',
    async (error, status, expected, remedy) => {
      await start();
      const tokens = await client.tokens();
      pass(world, 60);
      const body = { error, error_description: 'words of the tenant' };
      const headers = { 'content-type': 'application/json' };
      world.tenant.fault(TOKEN_ENDPOINT, { kind: 'respond', status, headers, body });
      const response = await client.refresh(tokens.refresh_token);
      expect(response.body.error).toBe(expected);
      expect(JSON.stringify(response.body)).not.toContain('words of the tenant');
      pass(world, A_WHILE);
      await client.refresh(tokens.refresh_token);
      if (remedy !== undefined) expect(linesWith(world, remedy)).toHaveLength(1);
      world.tenant.clearFaults();
      pass(world, A_WHILE);
      const later = await client.refresh(tokens.refresh_token);
      expect(later.status).toBe(expected === 'invalid_grant' ? 400 : 200);
    },
  );
});
