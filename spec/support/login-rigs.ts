/**
 * Two apps that log in at the same server and differ in one thing: `ours` uses the library's Auth0
 * leg, `bare` uses passport-openidconnect as its manual shows. What one refuses and the other
 * accepts is what the library adds.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import express, { type ErrorRequestHandler, type Express } from 'express';
import session from 'express-session';
import passport from 'passport';
import { Strategy, type StrategyOptions, type VerifyFunction } from 'passport-openidconnect';

import {
  type Auth0,
  Auth0Error,
  type LoginStart,
  type LoginTransaction,
  type LoginTransactions,
} from '../../lib/auth0/auth0.js';
import { createAuth0 } from '../../lib/auth0/create-auth0.js';
import type { Auth0Config } from '../../lib/config/config.js';
import type { Auth0McpEvent } from '../../lib/config/events.js';
import type { Logger } from '../../lib/config/logger.js';
import { AUDIENCE, CLIENT_ID, CLIENT_SECRET, type ForgingOp, seconds } from './forging-op.js';
import { DIRECT } from './outbound-proxies.js';

/** The redirect to the server, read. */
export interface Departure {
  readonly status: number;
  readonly url: URL;
  readonly state: string;
  readonly nonce: string;
}

/** A browser at one of the apps. */
export interface Visitor {
  /** Any path of the app; redirects are not followed. */
  get(path: string): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }>;
  start(query?: string): Promise<Departure>;
  callback(
    query: Readonly<Record<string, string>>,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
}

/** An app in which one can log in. */
export interface Rig {
  readonly origin: string;
  visitor(): Visitor;
  close(): Promise<void>;
}

/** Log lines, as the library wrote them. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

export interface OurRig extends Rig {
  readonly auth0: Auth0;
  readonly log: LogLine[];
  readonly events: Auth0McpEvent[];
  readonly transactions: Map<string, LoginTransaction>;
  /** Properties the app's own request object has after the library is done with it. */
  readonly requestKeys: string[];
}

export interface OurRigOptions {
  readonly config?: Partial<Auth0Config>;
  readonly start?: Partial<LoginStart>;
  readonly transactions?: LoginTransactions;
  readonly now?: () => number;
}

/** The library's configuration for a server. */
export function configFor(
  op: { readonly issuer: string },
  changes: Partial<Auth0Config> = {},
): Auth0Config {
  return {
    discoveryUrl: new URL('.well-known/openid-configuration', op.issuer),
    expectedIssuer: op.issuer,
    clientId: CLIENT_ID,
    authentication: { method: 'client_secret_post', secret: CLIENT_SECRET },
    audience: AUDIENCE,
    authorizeParams: {},
    timeoutMs: 2000,
    ...changes,
  };
}

/** Transactions in a map. */
export function mapTransactions(map: Map<string, LoginTransaction>): LoginTransactions {
  return {
    async add(state, transaction) {
      if (map.has(state)) return false;
      map.set(state, transaction);
      return true;
    },
    findPending: async (state) => map.get(state),
    async take(state, browser) {
      const found = map.get(state);
      if (found?.browser !== browser) return undefined;
      map.delete(state);
      return found;
    },
    finish: async () => undefined,
  };
}

/** A logger that keeps its lines. */
export function keepingLogger(lines: LogLine[]): Logger {
  const at = (level: LogLine['level']) => (fields: Record<string, unknown>, message: string) =>
    void lines.push({ level, fields, message });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export async function startOurs(
  op: { readonly issuer: string },
  options: OurRigOptions = {},
): Promise<OurRig> {
  const app = express();
  const { origin, close } = await listen(app);
  const kept = {
    log: [] as LogLine[],
    events: [] as Auth0McpEvent[],
    transactions: new Map(),
    requestKeys: [] as string[],
  };
  const auth0 = createAuth0(
    {
      config: {
        auth0: configFor(op, options.config),
        outboundProxies: DIRECT,
        callbackUrl: `${origin}/auth/callback`,
        logger: keepingLogger(kept.log),
      },
      now: options.now ?? seconds,
      emit: (event) => kept.events.push(event),
    },
    options.transactions ?? mapTransactions(kept.transactions),
  );
  app.get('/start', async (req, res) => {
    await auth0.startLogin(req, res, {
      browser: String(req.headers['x-browser']),
      pending: { for: 'a client' },
      scopes: ['openid', 'read:notes'],
      hints: {},
      ...options.start,
    });
  });
  app.get('/auth/callback', async (req, res) => {
    try {
      const { login, pending } = await auth0.finishLogin(
        req,
        res,
        String(req.headers['x-browser']),
      );
      res.json({ ...login, pending });
    } finally {
      kept.requestKeys.push(
        ...['login', 'logout', 'user', '_sessionManager', 'isAuthenticated'].filter(
          (key) => key in req,
        ),
      );
    }
  });
  app.use(showError);
  return { origin, ...kept, auth0, visitor: () => visitor(origin), close };
}

/** What the bare strategy's callback ends with. */
const showError: ErrorRequestHandler = (error, _req, res, _next) => {
  const fields =
    error instanceof Auth0Error
      ? {
          kind: error.kind,
          remedy: error.remedy,
          retryAfterSeconds: error.retryAfterSeconds,
          pending: error.pending,
        }
      : { name: error.name, code: error.code, keys: Object.keys(error) };
  res.status(error.status ?? 500).json({ failed: true, message: error.message, ...fields });
};

/** Logs in with whatever subject the strategy reports. */
const believe: VerifyFunction = (
  _issuer: string,
  profile: { id: string },
  _context: object,
  idToken: string | object,
  _accessToken: string | object,
  _refreshToken: string,
  done: (error: null, user: object) => void,
) => done(null, { subject: profile.id, idToken, profile });

export async function startBare(
  op: ForgingOp,
  options: Partial<StrategyOptions> = {},
  verify: VerifyFunction = believe,
): Promise<Rig> {
  const app = express();
  const { origin, close } = await listen(app);
  const authenticator = new passport.Passport();
  const strategy = new Strategy(
    {
      issuer: op.issuer,
      authorizationURL: `${op.issuer}authorize`,
      tokenURL: `${op.issuer}oauth/token`,
      userInfoURL: `${op.issuer}userinfo`,
      callbackURL: `${origin}/auth/callback`,
      clientID: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      ...options,
    },
    verify,
  );
  authenticator.use('bare', strategy);
  app.use(session({ secret: 'of the bare app', resave: false, saveUninitialized: false }));
  const login = authenticator.authenticate('bare', { session: false, failWithError: true });
  app.get('/start', login);
  app.get('/auth/callback', login, (req, res) => void res.json(req.user));
  app.use(showError);
  return { origin, visitor: () => visitor(origin), close };
}

function visitor(origin: string): Visitor {
  const name = `browser-${Math.random()}`;
  let cookie = '';
  const self: Visitor = {
    async get(path) {
      const response = await fetch(`${origin}${path}`, {
        redirect: 'manual',
        headers: { 'x-browser': name, ...(cookie === '' ? {} : { cookie }) },
      });
      cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') === true;
      return {
        status: response.status,
        headers: response.headers,
        body: isJson ? JSON.parse(text) : { text },
      };
    },
    async start(query = '') {
      const { status, headers, body } = await self.get(`/start${query}`);
      const location = headers.get('location');
      if (location === null) throw new Error(`no redirect: ${status} ${JSON.stringify(body)}`);
      const url = new URL(location);
      return {
        status,
        url,
        state: url.searchParams.get('state') ?? '',
        nonce: url.searchParams.get('nonce') ?? '',
      };
    },
    callback: (query) => self.get(`/auth/callback?${new URLSearchParams(query)}`),
  };
  return self;
}

async function listen(app: Express): Promise<{ origin: string; close: () => Promise<void> }> {
  const server = await new Promise<Server>((resolve) => {
    const started = app.listen(0, '127.0.0.1', () => resolve(started));
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
