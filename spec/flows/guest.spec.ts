/**
 * A good guest: an app with everything apps have, before us and after us. Ours works, theirs is as
 * it was.
 */
import { afterEach, describe, expect, it } from '@jest/globals';
import cors from 'cors';
import express, { type ErrorRequestHandler, type Express } from 'express';
import { rateLimit } from 'express-rate-limit';
import session from 'express-session';
import helmet from 'helmet';
import passport from 'passport';
import { Strategy } from 'passport-strategy';
import type { Auth0Mcp } from '../../lib/auth0-mcp.js';
import { createBrowser } from '../../lib/testing/browser.js';
import { ADA } from '../../lib/testing/options.js';
import { mcpRoute } from '../support/mcp-route.js';
import { callTool, isConsentPage, registerClient, toolResult } from '../support/oauth-client.js';
import { callJson, connect, HeadlessProvider } from '../support/sdk-client.js';
import { startWorld, type World } from '../support/world.js';

/** Lets everybody in as the person whom the query names. */
class QueryStrategy extends Strategy {
  readonly name = 'query';
  override authenticate(req: express.Request): void {
    this.success({ id: String(req.query.as) });
  }
}

declare module 'express-session' {
  interface SessionData {
    visits: number;
  }
}

let world: World;
afterEach(async () => {
  passport.unuse('query');
  await world.close();
});

/** Everything before us. */
function furnish(app: Express): void {
  app.use(helmet({ contentSecurityPolicy: { directives: { formAction: ["'self'"] } } }));
  app.use(cors({ origin: 'https://front.example', credentials: true }));
  app.use(rateLimit({ limit: 1000, validate: false }));
  app.use(express.json());
  app.use(express.urlencoded({ extended: true }));
  app.use(session({ secret: 'the host app’s own', resave: false, saveUninitialized: false }));
  passport.use(new QueryStrategy());
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user: Express.User, done) => done(null, user));
  app.use(passport.initialize());
  app.use(passport.session());
  app.get('/login', passport.authenticate('query'), (req, res) => void res.json(req.user));
  app.get('/count', (req, res) => {
    req.session.visits = (req.session.visits ?? 0) + 1;
    res.json({ visits: req.session.visits, user: req.user });
  });
}

/** Everything after us. */
function finish(app: Express): void {
  app.get('/broken', () => {
    throw new Error('the host app’s own fault');
  });
  app.use((req, res, next) => {
    if (req.method === 'GET') res.type('html').send('<title>Single page app</title>');
    else next();
  });
  const onError: ErrorRequestHandler = (error: Error, _req, res, _next) => {
    res.status(500).json({ host: error.message });
  };
  app.use(onError);
}

async function start(settings: Readonly<Record<string, unknown>> = {}): Promise<void> {
  world = await startWorld({
    mount(app: Express, auth: Auth0Mcp) {
      for (const [name, value] of Object.entries(settings)) app.set(name, value);
      furnish(app);
      app.use(auth);
      app.all('/mcp', mcpRoute);
      finish(app);
    },
  });
}

describe('in an app with its own session, passport, parsers, helmet, cors, limiter and catch-all', () => {
  it('users log in and call tools', async () => {
    await start();
    const provider = new HeadlessProvider();
    const { client } = await connect(world.mcp, provider);
    expect(await callJson(client, 'whoami')).toMatchObject({ email: ADA.email });
    world.advance(3700);
    expect(await callJson(client, 'whoami')).toMatchObject({ email: ADA.email });
    await client.close();
  });

  it('session and passport user of the app survive an upstream login in the same browser', async () => {
    await start();
    const browser = createBrowser();
    await browser.get(`${world.origin}/login?as=host-user`);
    await browser.get(`${world.origin}/count`);
    const client = await registerClient(world.origin);
    const tokens = await client.tokens({ browser });
    expect(toolResult(await callTool(world.mcp, tokens.access_token, 'whoami'))).toMatchObject({
      subject: ADA.sub,
    });
    const { body } = await browser.get(`${world.origin}/count`);
    expect(JSON.parse(body)).toEqual({ visits: 2, user: { id: 'host-user' } });
  });

  it('pages have a policy of their own, since form-action of helmet would block the redirect to the client', async () => {
    await start();
    const client = await registerClient(world.origin);
    const page = await createBrowser().follow(client.authorizeUrl());
    expect(isConsentPage(page)).toBe(true);
    const response = await fetch(client.authorizeUrl());
    expect(response.headers.get('content-security-policy')).not.toContain('form-action');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    const own = await fetch(`${world.origin}/anything`);
    expect(own.headers.get('content-security-policy')).toContain("form-action 'self'");
  });

  it('the catch-all of the app does not receive requests for metadata, and the app handles its own 404s and errors', async () => {
    await start();
    const document = await fetch(`${world.origin}/.well-known/oauth-authorization-server`);
    expect(await document.json()).toMatchObject({ issuer: world.origin });
    const error = await fetch(`${world.origin}/token`, { method: 'POST' });
    expect(await error.json()).toMatchObject({ error: 'invalid_request' });
    const page = await fetch(`${world.origin}/authorize`);
    expect(page.status).toBe(400);
    expect(await page.text()).not.toContain('Single page app');
    expect(await (await fetch(`${world.origin}/somewhere`)).text()).toContain('Single page app');
  });

  it('errors of the app go to its error handler', async () => {
    await start();
    const broken = await fetch(`${world.origin}/broken`);
    expect(await broken.json()).toEqual({ host: 'the host app’s own fault' });
  });

  it('a parser of the app that rejects a body responds itself, since it runs first', async () => {
    await start();
    const response = await fetch(`${world.origin}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expect(await response.json()).toEqual({ host: expect.stringContaining('JSON') });
  });
});

describe.each([
  ['query parser off', { 'query parser': false }],
  ['query parser extended', { 'query parser': 'extended' }],
  ['query parser of its own', { 'query parser': () => ({ state: ['not', 'ours'] }) }],
  ['strict routing', { 'strict routing': true }],
  ['case sensitive routing', { 'case sensitive routing': true }],
  ['no etags, no x-powered-by', { etag: false, 'x-powered-by': false }],
  ['json that is spaced and escaped', { 'json spaces': 2, 'json escape': true }],
])('in an app with %s', (_name, settings) => {
  it('users log in and call tools', async () => {
    await start(settings);
    const { client } = await connect(world.mcp, new HeadlessProvider());
    expect(await callJson(client, 'whoami')).toMatchObject({ email: ADA.email });
    await client.close();
    for (const path of ['/mcp/', '/MCP']) {
      expect((await callTool(world.origin + path, undefined, 'whoami')).status).toBe(401);
    }
  });
});

describe('the process', () => {
  it('is not changed: no global of passport, no prototype of Express, no listener', async () => {
    const before = snapshot();
    await start();
    const { client } = await connect(world.mcp, new HeadlessProvider());
    await client.close();
    // The host app of this spec uses the global passport itself.
    passport.unuse('query');
    expect(snapshot()).toEqual(before);
  });
});

function snapshot(): unknown {
  return {
    strategies: Object.keys(Reflect.get(passport, '_strategies')).toSorted(),
    request: Object.getOwnPropertyNames(express.request).toSorted(),
    response: Object.getOwnPropertyNames(express.response).toSorted(),
    listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
  };
}
