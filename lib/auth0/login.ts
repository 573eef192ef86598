/**
 * Logins at Auth0: the redirect to Auth0 and the callback.
 *
 * A callback takes its login first, by `state` and for its own browser only. Nothing in the URL is used before that,
 * least of all `error`. Any later error has `pending`, so that the client can be informed.
 */
import type { Request, Response } from 'express';

import {
  type Auth0,
  Auth0Error,
  type Auth0Login,
  type LoginStart,
  type LoginTransaction,
  type LoginTransactions,
  type TakenTransaction,
} from './auth0.js';
import {
  authorizationParameters,
  createLoginSecrets,
  upstreamScopes,
} from './authorization-request.js';
import { callbackError, parseCallback, requireIssuerOf, unknownLogin } from './callback.js';
import { createAuthenticator, runStrategy, type StrategyRun } from './strategy.js';
import type { Tenant } from './tenant.js';

/** @param redeem exchanges a code and verifies its tokens */
export function createLogin(
  { config, discovery }: Pick<Tenant, 'config' | 'discovery'>,
  callbackUrl: string,
  transactions: LoginTransactions,
  redeem: (code: string, transaction: LoginTransaction) => Promise<Auth0Login>,
): Pick<Auth0, 'startLogin' | 'finishLogin'> {
  const authenticator = createAuthenticator();
  const { expectedIssuer: issuer, clientId } = config;
  const common = { issuer, clientId, callbackUrl };

  async function locationOf(
    req: Request,
    res: Response,
    start: LoginStart,
    state: string,
    transaction: LoginTransaction,
    authorizationUrl: string,
  ): Promise<string> {
    const run: StrategyRun = {
      ...common,
      authorizationUrl,
      scope: upstreamScopes(start),
      parameters: authorizationParameters(config, start, transaction),
      query: {},
      state: async () => state,
      takeLogin: notInThisStep,
      redeem: notInThisStep,
    };
    const outcome = await runStrategy(authenticator, run, req, res);
    if (!('location' in outcome)) throw new Error('the strategy returned no redirect');
    return outcome.location;
  }

  return {
    async startLogin(req, res, start) {
      // First: during an outage no login is stored.
      const { authorizationEndpoint } = await discovery.get();
      const { browser, pending, identityOnly = false, formExpiresAt } = start;
      const { state, ...secrets } = createLoginSecrets(start.state);
      const transaction = { ...secrets, browser, pending, identityOnly, formExpiresAt };
      const isNew = await transactions.add(state, transaction);
      const login = isNew ? transaction : await transactions.findPending(state);
      if (login === undefined) return { location: undefined };
      const location = await locationOf(req, res, start, state, login, authorizationEndpoint);
      if (!isNew) return { location };
      // RFC 9700 §4.12: 303 makes the browser send a GET, without the data of the consent form.
      res.statusCode = 303;
      res.setHeader('Location', location);
      res.setHeader('Cache-Control', 'no-store');
      res.end();
      return undefined;
    },

    async finishLogin(req, res, browser) {
      const callback = parseCallback(req.originalUrl);
      const { state, code, error } = callback;
      let taken: TakenTransaction | undefined;
      res.once('finish', () => {
        if (taken !== undefined) void transactions.finish(state, taken.formExpiresAt);
      });
      const run: StrategyRun = {
        ...common,
        authorizationUrl: issuer,
        scope: '',
        parameters: {},
        query: code === undefined || error !== undefined ? { state } : { state, code },
        state: notInThisStep,
        async takeLogin() {
          taken = await transactions.take(state, browser);
          if (taken === undefined) throw unknownLogin('no such login in this browser');
          if (taken.wasInterrupted) {
            const message = 'callback: the process that handled it before has died';
            throw new Auth0Error('interrupted', message);
          }
          requireIssuerOf(callback, await discovery.get());
          if (error !== undefined) throw callbackError(callback);
        },
        async redeem(receivedCode) {
          if (taken === undefined) throw unknownLogin('the login was not taken');
          return redeem(receivedCode, taken);
        },
      };
      try {
        const outcome = await runStrategy(authenticator, run, req, res);
        if (!('login' in outcome) || taken === undefined) {
          throw new Error('the strategy returned no login');
        }
        const { pending, startedAt } = taken;
        return { login: { ...outcome.login, startedAt }, pending };
      } catch (thrown) {
        throw taken === undefined ? thrown : withPending(thrown, taken);
      }
    },
  };
}

function notInThisStep(): Promise<never> {
  return Promise.reject(new Error('not called in this step of a login'));
}

/** Also for errors of this server, since the login is known. */
function withPending(error: unknown, { pending }: LoginTransaction): Auth0Error {
  if (!(error instanceof Auth0Error)) {
    return new Auth0Error('invalid_response', 'callback: unexpected failure', {
      pending,
      cause: error,
    });
  }
  const { kind, message, remedy, retryAfterSeconds, tenantMessage, cause } = error;
  const extra = { remedy, retryAfterSeconds, tenantMessage, cause, pending };
  return new Auth0Error(kind, message, extra);
}
