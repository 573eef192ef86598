/**
 * A login by a person, for what shows only then: the access token, its scopes, offline access.
 *
 * Auth0 sends the browser back to the registered callback and nowhere else. So where that is on this
 * machine and the server does not run, the doctor stands in for it at its port, and sees the tokens
 * itself. Where the server runs, the login goes through it, as with any client.
 *
 * @module
 */
import { createServer, type Server } from 'node:http';

import express, { type Request, type Response } from 'express';

import {
  type Auth0,
  Auth0Error,
  type Auth0Login,
  type LoginTransaction,
  type LoginTransactions,
} from '../../auth0/auth0.js';
import { createAuth0 } from '../../auth0/create-auth0.js';
import type { Config } from '../../config/config.js';
import type { Logger } from '../../config/logger.js';
import { isLoopbackHost } from '../../oauth/redirect-uri.js';
import { missingScopes } from '../../oauth/scope.js';
import {
  type CheckName,
  type Finding,
  type Findings,
  failed,
  passed,
  skipped,
} from '../finding.js';
import { logInAsClient } from './client-login.js';

/** What only a login shows. */
export const LOGIN_CHECKS: readonly CheckName[] = ['login', 'granted-scopes', 'offline-access'];

/** How long somebody may take to log in, in milliseconds. */
const PATIENCE_MS = 10 * 60 * 1000;

/** The login page of this visit; the rest of the server is not there. */
const START_PATH = '/doctor';

const NAME = 'doctor';

/** What a login needs besides the configuration. */
export interface LoginSurroundings {
  readonly now: () => number;
  /** Tells the person where to log in. */
  readonly invite: (url: string) => void;
}

export async function* checkLogin(
  config: Config,
  surroundings: LoginSurroundings & { readonly serverRuns: boolean },
): Findings {
  if (surroundings.serverRuns) {
    yield* logInAsClient(config, { invite: surroundings.invite, patienceMs: PATIENCE_MS });
    return;
  }
  yield* standIn(config, surroundings);
}

async function* standIn(config: Config, surroundings: LoginSurroundings): Findings {
  const { hostname, protocol } = new URL(config.callbackUrl);
  if (protocol !== 'http:' || !isLoopbackHost(hostname)) {
    yield* skipped(
      LOGIN_CHECKS,
      `Auth0 answers to ${config.callbackUrl}, which is not on this machine. Start the server there, and the login goes through it`,
    );
    return;
  }
  const server = createServer();
  try {
    await listen(server, new URL(config.callbackUrl));
    yield* logIn(server, config, surroundings);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const { host } = new URL(config.callbackUrl);
    yield* skipped(
      LOGIN_CHECKS,
      `something listens at ${host}, where the login has to come back. Stop it for the moment; or, if it is the server, leave out --without-server`,
    );
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

async function* logIn(server: Server, config: Config, surroundings: LoginSurroundings): Findings {
  const auth0 = createAuth0({
    config: config.auth0,
    callbackUrl: config.callbackUrl,
    transactions: transactionsInMemory(),
    now: surroundings.now,
    log: SILENT,
  });
  const finished = finishedLogin(server, auth0, config);
  surroundings.invite(new URL(START_PATH, config.callbackUrl).href);
  try {
    const login = await finished;
    yield passed('login', 'Auth0 vouched for it, and its tokens verify');
    yield scopesFinding(login, config);
    yield await offlineFinding(login, auth0);
  } catch (error) {
    const remedy = error instanceof Auth0Error ? error.remedy : undefined;
    yield failed('login', error instanceof Error ? error.message : String(error), remedy);
    yield* skipped(['granted-scopes', 'offline-access'], 'nobody is logged in');
  }
}

/** Serves the two pages of a login until it is over. */
function finishedLogin(server: Server, auth0: Auth0, config: Config): Promise<Auth0Login> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('nobody logged in')), PATIENCE_MS);
    const app = express();
    const end = (res: Response, settle: () => void): void => {
      clearTimeout(timer);
      res.type('text').send('That was all. The terminal has the result; close this window.');
      settle();
    };
    const scopes = config.scopes.supported.filter((scope) => scope !== 'openid');
    app.get(START_PATH, (req: Request, res: Response) => {
      const start = { browser: NAME, pending: NAME, scopes, hints: {} };
      auth0.startLogin(req, res, start).catch((error) => end(res, () => reject(error)));
    });
    app.get(new URL(config.callbackUrl).pathname, (req: Request, res: Response) => {
      auth0
        .finishLogin(req, res, NAME)
        .then(({ login }) => end(res, () => resolve(login)))
        .catch((error) => {
          // A reload, or somebody else's answer: the login that was begun may still come.
          const isOurs = !(error instanceof Auth0Error) || error.kind !== 'unknown_login';
          if (isOurs) end(res, () => reject(error));
          else res.status(400).type('text').send('This belongs to no login. Begin it again.');
        });
    });
    server.on('request', app);
  });
}

function scopesFinding(login: Auth0Login, config: Config): Finding {
  const missing = missingScopes(config.scopes.required, login.scopes, config.scopes.implied);
  if (missing.length === 0) return passed('granted-scopes', login.scopes.join(' '));
  return failed(
    'granted-scopes',
    `Auth0 did not grant ${missing.join(' ')}, which requiredScopes asks of everybody`,
    'Dashboard > Applications > APIs > your API > Permissions: add it. With RBAC on, give it to the person through a role.',
  );
}

const OFFLINE_REMEDY =
  'Dashboard > Applications > APIs > your API > Settings: switch on Allow Offline Access. Applications > your application > Advanced Settings > Grant Types: enable Refresh Token.';

/** Uses the refresh token as the server would, and gives it back: nothing stays behind. */
async function offlineFinding({ tokens }: Auth0Login, auth0: Auth0): Promise<Finding> {
  const check = 'offline-access';
  if (tokens.refreshToken === undefined) {
    const message = "Auth0 gave no refresh token: every login ends with Auth0's access token";
    return failed(check, message, OFFLINE_REMEDY);
  }
  try {
    const { tokens: renewed } = await auth0.refresh(tokens.refreshToken);
    await auth0.revoke(renewed.refreshToken ?? tokens.refreshToken);
    const rotates = renewed.refreshToken !== tokens.refreshToken;
    return passed(check, `a login can be renewed${rotates ? ', with rotation' : ''}`);
  } catch (error) {
    if (!(error instanceof Auth0Error)) throw error;
    return failed(check, error.message, error.remedy ?? OFFLINE_REMEDY);
  }
}

function transactionsInMemory(): LoginTransactions {
  const logins = new Map<string, LoginTransaction>();
  return {
    add: async (state, transaction) => logins.set(state, transaction).has(state),
    waiting: async (state) => logins.get(state),
    async take(state) {
      const login = logins.get(state);
      logins.delete(state);
      return login;
    },
    finish: async () => undefined,
  };
}

const pass = (): void => {};
const SILENT: Logger = { debug: pass, info: pass, warn: pass, error: pass };

function listen(server: Server, { hostname, port }: URL): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(port || 80), hostname.replace(/^\[|\]$/g, ''), resolve);
  });
}
