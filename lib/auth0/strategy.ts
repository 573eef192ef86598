/**
 * passport-openidconnect, reduced to two steps: it builds the redirect and checks the callback.
 *
 * The strategy itself verifies no ID token signature, has no PKCE, acts on `error` before it checks `state`, stores one
 * login per session and calls Auth0 without a time limit. Here its state is stored by {@link StrategyRun}, the code is
 * redeemed by it, and the strategy sees no token.
 *
 * Each request has its own instance, so logins share nothing. No `#private` members: passport creates objects that
 * inherit from a strategy, and these have no private members.
 */
import type { Request, Response } from 'express';
import passport from 'passport';
import { Strategy } from 'passport-openidconnect';

import type { Auth0Login } from './auth0.js';
import { unknownLogin } from './callback.js';

type StrategyOutcome = { readonly location: string } | { readonly login: Auth0Login };

/** One step of one login: the redirect or the callback. */
export interface StrategyRun {
  readonly issuer: string;
  /** Not used by the callback. */
  readonly authorizationUrl: string;
  readonly clientId: string;
  readonly callbackUrl: string;
  /** Without `openid`, which the strategy adds. */
  readonly scope: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** The query that the strategy sees; empty for the redirect. */
  readonly query: Readonly<Record<string, string>>;
  /** The `state` of the redirect. */
  state(): Promise<string>;
  /** Takes the login of the callback; rejects if there is none. */
  takeLogin(): Promise<void>;
  /** Redeems the code and verifies the login. */
  redeem(code: string): Promise<Auth0Login>;
}

/** A passport of its own: strategies and serializers of the host app are not touched. */
type Authenticator = Pick<typeof passport, 'authenticate'>;

export function createAuthenticator(): Authenticator {
  return new passport.Passport();
}

/**
 * passport receives an object that inherits from the request, so the request gets no `login`, `logout`, `user` or session
 * manager. It never writes to the response.
 */
export function runStrategy(
  authenticator: Authenticator,
  run: StrategyRun,
  req: Request,
  res: Response,
): Promise<StrategyOutcome> {
  return new Promise((resolve, reject) => {
    const strategy = new Auth0Strategy(run);
    const ownRequest: Request = Object.create(req, { query: { value: { ...run.query } } });
    const handler = authenticator.authenticate(
      strategy,
      { session: false },
      (error: unknown, outcome?: unknown) => {
        if (error) reject(error);
        // The argument of success().
        else if (outcome) resolve(outcome as StrategyOutcome);
        else reject(unknownLogin('the strategy refused it'));
      },
    );
    handler(ownRequest, res, reject);
  });
}

class Auth0Strategy extends Strategy {
  private readonly run: StrategyRun;

  constructor(run: StrategyRun) {
    super(
      {
        issuer: run.issuer,
        authorizationURL: run.authorizationUrl,
        clientID: run.clientId,
        callbackURL: run.callbackUrl,
        scope: run.scope,
        store: stateStore(run),
        skipUserProfile: true,
        // Required by the types, never used: token-endpoint.ts calls Auth0.
        tokenURL: run.issuer,
        userInfoURL: run.issuer,
        clientSecret: '',
      },
      // Never called: a redeemed code ends in success() or error() below.
      (_issuer: string, _profile: object, done: (error: Error) => void) =>
        done(new Error('verified elsewhere')),
    );
    this.name = 'auth0';
    this.run = run;
  }

  /** Called once per instance, after passport has set its actions. */
  override authenticate(req: Request): void {
    // passport's own redirect() writes to the response.
    this.redirect = (location) => this.success({ location });
    this._oauth2.getOAuthAccessToken = (code) => {
      this.run.redeem(code).then(
        (login) => this.success({ login }),
        (error: Error) => this.error(error),
      );
    };
    const { state, code } = this.run.query;
    if (state === undefined || code !== undefined) {
      super.authenticate(req);
      return;
    }
    // A callback with `error`: takeLogin() throws it after taking the login.
    this.run.takeLogin().then(
      () => this.error(unknownLogin('neither code nor error')),
      (error: Error) => this.error(error),
    );
  }

  override authorizationParams(): object {
    return { ...this.run.parameters };
  }
}

/** The state store of passport-openidconnect. Errors of its callbacks reach `done` as well. */
function stateStore(
  run: StrategyRun,
): NonNullable<ConstructorParameters<typeof Strategy>[0]['store']> {
  return {
    store(_req, _context, _appState, _meta, done) {
      run
        .state()
        .then((state) => done(null, state))
        .catch(done);
    },
    verify(_req, _state, done) {
      run
        .takeLogin()
        .then(() => done(null, {}))
        .catch(done);
    },
  };
}
