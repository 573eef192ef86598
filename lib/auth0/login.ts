/**
 * A login at Auth0 from our side: send the browser there, and make sense of what it brings back.
 *
 * Flow: approval → start → Auth0 → callback → finish → {@link LoginResult}.
 *
 * On the way back the order matters. First the login is taken, by its `state` and for this browser
 * only; before that nothing in the URL is believed, an `error` least of all. From then on every
 * failure carries the caller's own data, so that the client can be told.
 *
 * @module
 */
import type { Response } from 'express';

import type { Auth0Config } from '../config/config.js';
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
import type { CachedDocument } from './cached-document.js';
import {
  type Callback,
  callbackError,
  parseCallback,
  requireIssuerOf,
  unknownLogin,
} from './callback.js';
import type { Auth0Metadata } from './discovery.js';
import { createAuthenticator, runStrategy, type StrategyRun } from './strategy.js';

/** What {@link createLogin} needs. */
export interface LoginDeps {
  readonly config: Auth0Config;
  readonly callbackUrl: string;
  readonly transactions: LoginTransactions;
  readonly discovery: CachedDocument<Auth0Metadata>;
  /** Exchanges a code and verifies what comes for it. */
  readonly redeem: (code: string, transaction: LoginTransaction) => Promise<Auth0Login>;
}

/** The two browser-facing methods of {@link Auth0}. */
export function createLogin(deps: LoginDeps): Pick<Auth0, 'startLogin' | 'finishLogin'> {
  const authenticator = createAuthenticator();
  return {
    async startLogin(req, res, start) {
      const { authorizationEndpoint } = await deps.discovery.get();
      const { state, transaction } = newLogin(start);
      const isNew = await deps.transactions.add(state, transaction);
      const login = isNew ? transaction : await deps.transactions.waiting(state);
      if (login === undefined) return { location: undefined };
      const dance = outboundRun(deps, start, state, login, authorizationEndpoint);
      const outcome = await runStrategy(authenticator, dance, req, res);
      if (!('location' in outcome)) throw new Error('a login ended before it began');
      if (!isNew) return { location: outcome.location };
      sendTo(res, outcome.location);
      return undefined;
    },
    async finishLogin(req, res, browser) {
      const callback = parseCallback(req.originalUrl);
      const taken: TakenLogin = { transaction: undefined };
      res.once('finish', () => {
        if (taken.transaction === undefined) return;
        void deps.transactions.finish(callback.state, taken.transaction.formExpiresAt);
      });
      try {
        const dance = inboundRun(deps, callback, browser, taken);
        const outcome = await runStrategy(authenticator, dance, req, res);
        if (!('login' in outcome)) throw new Error('a login began where one should end');
        const { pending, startedAt } = transactionOf(taken);
        return { login: { ...outcome.login, startedAt }, pending };
      } catch (error) {
        throw taken.transaction === undefined ? error : withPending(error, taken.transaction);
      }
    },
  };
}

/** Filled once the callback has proved to belong to a login of this browser. */
interface TakenLogin {
  transaction: TakenTransaction | undefined;
}

function newLogin(start: LoginStart): { state: string; transaction: LoginTransaction } {
  const { state, nonce, codeVerifier } = createLoginSecrets(start.state);
  const { browser, pending, identityOnly = false, formExpiresAt } = start;
  return {
    state,
    transaction: { nonce, codeVerifier, browser, pending, identityOnly, formExpiresAt },
  };
}

function outboundRun(
  deps: LoginDeps,
  start: LoginStart,
  state: string,
  login: LoginTransaction,
  authorizationUrl: string,
): StrategyRun {
  return {
    ...settings(deps),
    authorizationUrl,
    scope: upstreamScopes(start),
    parameters: authorizationParameters(deps.config, start.hints, login),
    query: {},
    remember: async () => state,
    recall: notOnThisLeg,
    redeem: notOnThisLeg,
  };
}

function inboundRun(
  deps: LoginDeps,
  callback: Callback,
  browser: string,
  taken: TakenLogin,
): StrategyRun {
  const { state, code, error } = callback;
  return {
    ...settings(deps),
    authorizationUrl: deps.config.expectedIssuer,
    scope: '',
    parameters: {},
    query: code === undefined || error !== undefined ? { state } : { state, code },
    remember: notOnThisLeg,
    async recall() {
      taken.transaction = await deps.transactions.take(state, browser);
      if (taken.transaction === undefined) throw unknownLogin('no such login in this browser');
      if (taken.transaction.wasInterrupted) throw interrupted();
      requireIssuerOf(callback, await deps.discovery.get());
      if (error !== undefined) throw callbackError(callback);
    },
    redeem: (receivedCode) => deps.redeem(receivedCode, transactionOf(taken)),
  };
}

function settings(deps: LoginDeps): Pick<StrategyRun, 'issuer' | 'clientId' | 'callbackUrl'> {
  const { expectedIssuer, clientId } = deps.config;
  return { issuer: expectedIssuer, clientId, callbackUrl: deps.callbackUrl };
}

function notOnThisLeg(): Promise<never> {
  return Promise.reject(new Error('not a step of this leg'));
}

function transactionOf(taken: TakenLogin): TakenTransaction {
  if (taken.transaction === undefined) throw unknownLogin('the login was never taken');
  return taken.transaction;
}

function interrupted(): Auth0Error {
  return new Auth0Error('interrupted', 'callback: the process that handled it before has died');
}

/** RFC 9700 §4.12: 303 turns the approval's POST into a GET, so no form data travels on. */
function sendTo(res: Response, location: string): void {
  res.statusCode = 303;
  res.setHeader('Location', location);
  res.setHeader('Cache-Control', 'no-store');
  res.end();
}

/** From here on the caller learns whose login failed, also by a fault of ours. */
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
