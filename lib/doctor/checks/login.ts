/**
 * A login by a user, which shows the access token, its scopes and offline access.
 *
 * Auth0 redirects to the registered callback only. If that is on this machine and the server does not run, the
 * doctor listens at its port and sees Auth0's tokens. If the server runs, the login goes through it, as that
 * of any client.
 */
import { createServer, type Server } from 'node:http';

import express, { type Request, type Response } from 'express';

import {
  type Auth0,
  Auth0ApiAccessError,
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

export const LOGIN_CHECKS: readonly CheckName[] = ['login', 'granted-scopes', 'offline-access'];

/** For the user to log in. */
const TIMEOUT_MS = 10 * 60 * 1000;

const START_PATH = '/doctor';

const NAME = 'doctor';

interface LoginHost {
  readonly now: () => number;
  /** Shows the user the URL of the login. */
  readonly promptLogin: (url: string) => void;
  /** Identifiers of other APIs that tools call. */
  readonly audiences?: readonly string[] | undefined;
}

export async function* checkLogin(config: Config, isServerUp: boolean, host: LoginHost): Findings {
  if (isServerUp) {
    yield* logInAsClient(config, host.promptLogin, TIMEOUT_MS);
    if (host.audiences !== undefined) {
      const reason = "the running server keeps Auth0's tokens. Stop it, and add --without-server";
      yield* skipped(['other-apis'], reason);
    }
  } else yield* logInWithoutServer(config, host);
}

async function* logInWithoutServer(config: Config, host: LoginHost): Findings {
  const { hostname, protocol } = new URL(config.callbackUrl);
  if (protocol !== 'http:' || !isLoopbackHost(hostname)) {
    yield* skipped(
      LOGIN_CHECKS,
      `the callback ${config.callbackUrl} is not on this machine. Start the server there, and the login goes through it`,
    );
    return;
  }
  const server = createServer();
  try {
    await listen(server, new URL(config.callbackUrl));
    yield* logIn(server, config, host);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const { host: address } = new URL(config.callbackUrl);
    yield* skipped(
      LOGIN_CHECKS,
      `another process listens at ${address}, the address of the callback. Stop it for now; or, if it is the server, omit --without-server`,
    );
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

async function* logIn(server: Server, config: Config, host: LoginHost): Findings {
  const core = { config: { ...config, logger: SILENT }, now: host.now, emit: () => {} };
  const auth0 = createAuth0(core, transactionsInMemory());
  const finished = finishedLogin(server, auth0, config);
  host.promptLogin(new URL(START_PATH, config.callbackUrl).href);
  try {
    const login = await finished;
    yield passed('login', 'the login succeeded, and its tokens are valid');
    yield scopesFinding(login, config);
    yield* offlineFindings(login, auth0, host.audiences);
  } catch (error) {
    const remedy = error instanceof Auth0Error ? error.remedy : undefined;
    yield failed('login', error instanceof Error ? error.message : String(error), remedy);
    yield* skipped(['granted-scopes', 'offline-access'], 'no user is logged in');
  }
}

/** Serves the start and the callback of one login. */
function finishedLogin(server: Server, auth0: Auth0, config: Config): Promise<Auth0Login> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no user logged in')), TIMEOUT_MS);
    const app = express();
    const finish = (res: Response, settle: () => void): void => {
      clearTimeout(timer);
      res
        .type('text')
        .send('The login has ended. The result is in the terminal; you can close this window.');
      settle();
    };
    const scopes = config.scopes.supported.filter((scope) => scope !== 'openid');
    app.get(START_PATH, (req: Request, res: Response) => {
      const start = { browser: NAME, pending: NAME, scopes, hints: {} };
      auth0.startLogin(req, res, start).catch((error) => finish(res, () => reject(error)));
    });
    app.get(new URL(config.callbackUrl).pathname, (req: Request, res: Response) => {
      auth0
        .finishLogin(req, res, NAME)
        .then(({ login }) => finish(res, () => resolve(login)))
        .catch((error) => {
          // A reload, or a callback of another login: this one may still complete.
          const isOurs = !(error instanceof Auth0Error) || error.kind !== 'unknown_login';
          if (isOurs) finish(res, () => reject(error));
          else res.status(400).type('text').send('No login has this state. Start the login again.');
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
    `Auth0 did not grant ${missing.join(' ')}, which requiredScopes requires`,
    'Dashboard > Applications > APIs > your API > Permissions: add it. With RBAC enabled, assign it to the user through a role.',
  );
}

const OFFLINE_REMEDY =
  'Dashboard > Applications > APIs > your API > Settings: enable Allow Offline Access. Applications > your application > Advanced Settings > Grant Types: enable Refresh Token.';

const ROTATION = 'Auth0 rotates the refresh tokens, with which connectionToken() does not work';
const ROTATION_REMEDY =
  'Dashboard > Applications > your application > Settings > Refresh Token Rotation: switch off Allow Refresh Token Rotation. Users then have to log in again.';

/** Uses the refresh token as the server would, for other APIs too, and revokes it. */
async function* offlineFindings(
  { tokens, claims }: Auth0Login,
  auth0: Auth0,
  audiences: readonly string[] = [],
): Findings {
  const check = 'offline-access';
  if (tokens.refreshToken === undefined) {
    const message = "Auth0 issued no refresh token: every login ends with Auth0's access token";
    yield failed(check, message, OFFLINE_REMEDY);
    return;
  }
  let current = tokens.refreshToken;
  let isRotated = false;
  try {
    const { refreshToken = current, result } = await auth0.refresh(current);
    isRotated = refreshToken !== current;
    current = refreshToken;
    if (result instanceof Error) throw result;
    const rotation = isRotated ? 'with rotation, which connections need off' : 'without rotation';
    yield passed(check, `a login can be renewed, ${rotation}`);
  } catch (error) {
    if (!(error instanceof Auth0Error)) throw error;
    yield failed(check, error.message, error.remedy ?? OFFLINE_REMEDY);
    return;
  }
  for (const audience of audiences) {
    try {
      const { refreshToken, result } = await auth0.refreshFor(current, { audience, scopes: [] });
      current = refreshToken ?? current;
      if (result instanceof Error) throw result;
      // The My Account API, which connections need.
      const isForConnections = audience === `${String(claims['iss'])}me/`;
      yield isForConnections && isRotated
        ? failed('other-apis', ROTATION, ROTATION_REMEDY)
        : passed(
            'other-apis',
            `tokens for ${audience}, with the scopes ${result.scopes.join(' ')}`,
          );
    } catch (error) {
      if (!(error instanceof Auth0Error || error instanceof Auth0ApiAccessError)) throw error;
      yield failed('other-apis', error.message, error.remedy);
    }
  }
  await auth0.revoke(current);
}

function transactionsInMemory(): LoginTransactions {
  const logins = new Map<string, LoginTransaction>();
  return {
    add: async (state, transaction) => logins.set(state, transaction).has(state),
    findPending: async (state) => logins.get(state),
    async take(state) {
      const login = logins.get(state);
      logins.delete(state);
      return login;
    },
    finish: async () => undefined,
  };
}

const drop = (): void => {};
const SILENT: Logger = { debug: drop, info: drop, warn: drop, error: drop };

function listen(server: Server, { hostname, port }: URL): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(port || 80), hostname.replace(/^\[|\]$/g, ''), resolve);
  });
}
