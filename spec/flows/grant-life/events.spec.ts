import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Auth0McpEvent, EVENT_CHANNEL } from '../../../lib/config/events.js';
import { approve, cancelLogin, createBrowser, deny, logIn } from '../../../lib/testing/browser.js';
import { ADA, BOB } from '../../../lib/testing/options.js';
import {
  accountCookie,
  grantField,
  pressSignIn,
  signIn,
  signOut,
} from '../../support/connected-apps.js';
import { callTool, type OAuthClient, registerClient } from '../../support/oauth-client.js';
import { ALWAYS_DUE, pass, until } from '../../support/upstream.js';
import { startWorld, type World } from '../../support/world.js';

/** They need the option `connections`, and have a spec beside the others of connected accounts. */
type AccountEvent = 'account_connected' | 'account_connection_failed' | 'account_removed';

/** Adding an event means adding what makes it happen: the compiler wants this list complete. */
const EVERY_TYPE: Readonly<Record<Exclude<Auth0McpEvent['type'], AccountEvent>, true>> = {
  client_registered: true,
  consent_given: true,
  consent_denied: true,
  login_started: true,
  login_completed: true,
  login_failed: true,
  sign_in_started: true,
  signed_in: true,
  sign_in_failed: true,
  signed_out: true,
  code_redeemed: true,
  access_token_issued: true,
  assertion_refused: true,
  code_replayed: true,
  tokens_refreshed: true,
  refresh_token_reused: true,
  refresh_token_replayed: true,
  auth0_refreshed: true,
  grant_revoked: true,
  backchannel_logout: true,
  origin_refused: true,
  auth0_unavailable: true,
  configuration_problem: true,
};

const MACHINE = {
  clientId: 'reports',
  name: 'Reports',
  grants: ['client_credentials' as const],
  scopes: ['files:read'],
  clientSecret: 'a-secret-of-a-machine-0123456789abcdef',
};

const ENTERPRISE = {
  issuer: 'https://acme.example',
  clients: ['https://agent.example/client.json'],
  subject: () => undefined,
};

describe('events', () => {
  let world: World;
  let client: OAuthClient;
  const published: unknown[] = [];
  /** Everything secret that was on the wire, in any direction. */
  const secrets = new Set<string>();
  const listen = (event: unknown): void => void published.push(event);

  beforeAll(async () => {
    subscribe(EVENT_CHANNEL, listen);
    world = await startWorld({
      connectedApps: true,
      tenant: ALWAYS_DUE,
      options: { clients: [MACHINE], enterprise: [ENTERPRISE] },
    });
    secrets.add(MACHINE.clientSecret);
    const [application] = world.tenant.settings.applications;
    if (application === undefined) throw new Error('no application');
    const backchannelLogoutUri = `${world.origin}/backchannel-logout`;
    world.tenant.configure({
      applications: [{ ...application, backchannelLogoutUri }],
      async forge(draft) {
        secrets.add(String(draft.body.refresh_token));
      },
    });
    client = await registerClient(world.origin, {
      token_endpoint_auth_method: 'client_secret_post',
    });
    secrets.add(String(client.secret));
    secrets.add(String(application.clientSecret));
    await everything();
    for (const { form, query } of world.tenant.requests) {
      for (const name of [
        'client_secret',
        'code',
        'code_verifier',
        'refresh_token',
        'token',
        'password',
      ]) {
        secrets.add(String(form[name]));
      }
      for (const name of ['state', 'nonce']) secrets.add(String(query[name]));
    }
    for (const nothing of ['undefined', '']) secrets.delete(nothing);
  }, 30_000);
  afterAll(async () => {
    unsubscribe(EVENT_CHANNEL, listen);
    await world.close();
  });

  /** Every flow there is, good and bad. */
  async function everything(): Promise<void> {
    await denied();
    await cancelled();
    await refreshed();
    await codeReplayed();
    await refreshReplayed();
    await outage();
    await misconfigured();
    await endedByAuth0();
    await loggedOut();
    await disconnected();
    await byCredentials();
    await callTool(world.mcp, 'any', 'whoami', { origin: 'https://evil.example' });
  }

  const note = (tokens: Record<string, unknown>): Record<string, unknown> => {
    secrets.add(String(tokens.access_token)).add(String(tokens.refresh_token));
    return tokens;
  };

  async function byCredentials(): Promise<void> {
    const { clientId: client_id, clientSecret: client_secret } = MACHINE;
    const form = { grant_type: 'client_credentials', client_id, client_secret };
    note((await client.post('/token', form)).body);
    const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    secrets.add('an-assertion');
    await client.post('/token', { ...form, grant_type, assertion: 'an-assertion' });
  }

  async function denied(): Promise<void> {
    const browser = createBrowser();
    const page = await browser.follow(client.authorizeUrl());
    await deny(browser, page, { stopBefore: client.redirectUri });
  }

  async function cancelled(): Promise<void> {
    const browser = createBrowser();
    const stopBefore = client.redirectUri;
    const page = await approve(browser, await browser.follow(client.authorizeUrl()), {
      stopBefore,
    });
    await cancelLogin(browser, page, { stopBefore });
    const other = createBrowser();
    const mine = await approve(other, await other.follow(client.authorizeUrl()), { stopBefore });
    const callback = await logIn(other, mine, ADA, { stopBefore: `${world.origin}/auth/callback` });
    // In another browser: a failed login without a known client.
    await createBrowser().get(callback.next ?? 'no:');
  }

  async function refreshed(): Promise<void> {
    const tokens = note(await client.tokens());
    note((await client.refresh(tokens.refresh_token)).body);
    await callTool(world.mcp, tokens.access_token, 'whoami');
    await client.post('/revoke', {
      token: String(tokens.refresh_token),
      client_id: client.id,
      client_secret: client.secret,
    });
  }

  async function codeReplayed(): Promise<void> {
    const code = String((await client.logIn()).get('code'));
    secrets.add(code);
    note((await client.redeem(code)).body);
    await until(async () => (await client.redeem(code)).status === 400);
  }

  async function refreshReplayed(): Promise<void> {
    const tokens = note(await client.tokens());
    note((await client.refresh(tokens.refresh_token)).body);
    note((await client.refresh(tokens.refresh_token)).body);
    pass(world, 121);
    await client.refresh(tokens.refresh_token);
  }

  async function outage(): Promise<void> {
    const tokens = note(await client.tokens({ user: BOB }));
    world.tenant.fault('/oauth/token', { kind: 'respond', status: 503 }, 1);
    pass(world, 60);
    await client.refresh(tokens.refresh_token);
    pass(world, 60);
  }

  async function misconfigured(): Promise<void> {
    const { applications } = world.tenant.settings;
    const changed = applications.map((one) => ({
      ...one,
      clientSecret: 'was-rotated-in-the-dashboard',
    }));
    world.tenant.configure({ applications: changed });
    await client.logIn();
    world.tenant.configure({ applications });
  }

  async function endedByAuth0(): Promise<void> {
    const tokens = note(await client.tokens());
    world.tenant.revokeUser(ADA.sub);
    await client.refresh(tokens.refresh_token);
  }

  async function loggedOut(): Promise<void> {
    note(await client.tokens());
    await world.tenant.sendBackchannelLogout({ sub: ADA.sub });
    // A login in the seconds after it counts as one that began before.
    world.advance(10);
  }

  async function disconnected(): Promise<void> {
    note(await client.tokens());
    const browser = createBrowser();
    const page = await signIn(browser, world.origin);
    const after = await browser.submit(page, {}, { form: ({ values }) => 'grant' in values });
    secrets.add(String(accountCookie(browser)?.split('.')[1])).add(grantField(page, 'Spec client'));
    await signOut(browser, after);
    const other = createBrowser();
    const departed = await pressSignIn(other, await other.get(`${world.origin}/connected-apps`));
    await cancelLogin(other, departed);
  }

  it('each type is emitted', () => {
    const seen = new Set(world.events.map(({ type }) => type));
    expect([...seen].toSorted()).toEqual(Object.keys(EVERY_TYPE).toSorted());
  });

  it('the diagnostics channel express-auth0-mcp publishes the same, in the same order', () => {
    expect(EVENT_CHANNEL).toBe('express-auth0-mcp');
    expect(published).toEqual(world.events);
  });

  it('no secret that was sent is in an event or a log line', () => {
    expect(secrets.size).toBeGreaterThan(30);
    const told = JSON.stringify([world.events, world.log]);
    expect([...secrets].filter((secret) => told.includes(secret))).toEqual([]);
    // And nothing that looks like one.
    expect(told).not.toMatch(/eyJ[\w-]+\.eyJ|v1\.[\w-]{20}|Bearer |password/);
  });

  it('name client, grant and user where there are any', () => {
    const lacking = world.events.filter(
      ({ type, grantId, subject }) =>
        /^(login_completed|code_redeemed|tokens_refreshed|refresh_token_(reused|replayed)|grant_revoked|auth0_refreshed)$/.test(
          type,
        ) &&
        (grantId === undefined || subject === undefined),
    );
    expect(lacking).toEqual([]);
    const ofNobody = world.events.filter(
      ({ type, subject }) => /^signed_(in|out)$/.test(type) && subject === undefined,
    );
    expect(ofNobody).toEqual([]);
    const withoutClient = world.events.filter(
      ({ type, client: named }) =>
        /^(client_|consent_|login_started|login_completed|code_|tokens_|refresh_|grant_|auth0_refreshed)/.test(
          type,
        ) && named === undefined,
    );
    expect(withoutClient).toEqual([]);
  });

  it('one request has one correlation id, in its events and its log lines', () => {
    const inRequests = world.events.filter(({ type }) => type !== 'auth0_unavailable');
    expect(inRequests.filter(({ correlationId }) => correlationId === undefined)).toEqual([]);
    const failed = world.events.find(
      (event) => event.type === 'login_failed' && event.reason === 'denied',
    );
    const line = world.log.find(({ fields }) => fields.correlationId === failed?.correlationId);
    expect(line?.fields.error).toBe('access_denied');
    const problem = world.events.find(({ type }) => type === 'configuration_problem');
    const consequence = world.events.find(
      (event) => event.type === 'login_failed' && event.reason === 'misconfigured',
    );
    expect(consequence?.correlationId).toBe(problem?.correlationId);
  });

  it('cannot be changed by a listener', () => {
    expect(world.events.every((event) => Object.isFrozen(event))).toBe(true);
  });

  it('a listener that throws is logged and breaks nothing', async () => {
    const other = await startWorld({
      options: {
        onEvent() {
          throw new Error('a listener in trouble');
        },
      },
    });
    const someone = await registerClient(other.origin);
    expect((await someone.tokens()).access_token).toBeDefined();
    expect(JSON.stringify(other.log)).toContain('a listener in trouble');
    await other.close();
  });
});
