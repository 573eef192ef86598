/**
 * passport-openidconnect, fenced: it runs the dance, and every decision in it is ours.
 *
 * Spec: RFC 6749 §4.1, OpenID Connect Core 1.0 §3.1.
 * Flow: login.ts makes one strategy per request → passport → here → {@link StrategyOutcome}.
 *
 * By itself the strategy checks no ID-token signature, knows no PKCE, acts on `error` before it
 * looks at `state`, keeps one login per session and calls Auth0 without a time limit. Here it keeps
 * its state with us, hands the code to us instead of calling Auth0, and never looks at a token.
 *
 * Each request has an instance of its own, so nothing is shared between two logins. No `#private`
 * members: passport works on objects that inherit from a strategy, where those do not exist.
 *
 * @module
 */
import type { Request, Response } from 'express';
import passport from 'passport';
import { Strategy } from 'passport-openidconnect';

import type { Auth0Login } from './auth0.js';
import { unknownLogin } from './callback.js';

/** The two ways a leg of the dance ends well. */
export type StrategyOutcome = { readonly location: string } | { readonly login: Auth0Login };

/** One leg of one login: what the strategy asks us for. */
export interface StrategyRun {
  readonly issuer: string;
  /** Not read on the way back. */
  readonly authorizationUrl: string;
  readonly clientId: string;
  readonly callbackUrl: string;
  /** Without `openid`, which the strategy adds. */
  readonly scope: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** The parts of the URL the strategy may see, each once; empty on the way out. */
  readonly query: Readonly<Record<string, string>>;
  /** Keeps the login. @returns its `state` */
  remember(): Promise<string>;
  /** Takes the login of this `state` and this browser; rejects where there is none. */
  recall(state: string): Promise<void>;
  /** Turns the code into a verified login. */
  redeem(code: string): Promise<Auth0Login>;
}

/** A passport of our own: the host's strategies and serializers are not ours to touch. */
export type Authenticator = Pick<typeof passport, 'authenticate'>;

/** Makes one; it holds nothing. */
export function createAuthenticator(): Authenticator {
  return new passport.Passport();
}

/**
 * Runs one leg. passport works on an object in front of the request, so the request itself gets no
 * `login`, `logout`, `user` or session manager, and it never writes to the response.
 */
export function runStrategy(
  authenticator: Authenticator,
  dance: StrategyRun,
  req: Request,
  res: Response,
): Promise<StrategyOutcome> {
  return new Promise((resolve, reject) => {
    const strategy = new Auth0Strategy(dance);
    const ownRequest: Request = Object.create(req, { query: { value: { ...dance.query } } });
    const handler = authenticator.authenticate(
      strategy,
      { session: false },
      (error: unknown, outcome?: unknown) => {
        if (error) reject(error);
        // passport hands back what the strategy gave to success().
        else if (outcome) resolve(outcome as StrategyOutcome);
        else reject(unknownLogin('the strategy refused it'));
      },
    );
    handler(ownRequest, res, reject);
  });
}

class Auth0Strategy extends Strategy {
  private readonly dance: StrategyRun;

  constructor(dance: StrategyRun) {
    super(
      {
        issuer: dance.issuer,
        authorizationURL: dance.authorizationUrl,
        clientID: dance.clientId,
        callbackURL: dance.callbackUrl,
        scope: dance.scope,
        store: stateStore(dance),
        skipUserProfile: true,
        // Three that the types demand and nothing here reads: Auth0 is called elsewhere.
        tokenURL: dance.issuer,
        userInfoURL: dance.issuer,
        clientSecret: '',
      },
      // Unreachable: a redeemed code ends in success() or error() below.
      (_issuer: string, _profile: object, done: (error: Error) => void) =>
        done(new Error('verified elsewhere')),
    );
    this.name = 'auth0';
    this.dance = dance;
  }

  /** Called by passport once per instance, which has been given its actions by then. */
  override authenticate(req: Request): void {
    // passport's own redirect writes to the response; ours is the caller's to send.
    this.redirect = (location) => this.success({ location });
    this._oauth2.getOAuthAccessToken = (code) => this.finish(() => this.dance.redeem(code));
    const { state, code } = this.dance.query;
    // An answer without a code is an error of Auth0's: recall() reports it, after taking the login.
    if (state !== undefined && code === undefined) this.finishWithoutCode(state);
    else super.authenticate(req);
  }

  override authorizationParams(): object {
    return { ...this.dance.parameters };
  }

  private finish(redeem: () => Promise<Auth0Login>): void {
    redeem().then(
      (login) => this.success({ login }),
      (error: Error) => this.error(error),
    );
  }

  private finishWithoutCode(state: string): void {
    this.dance.recall(state).then(
      () => this.error(unknownLogin('neither code nor error')),
      (error: Error) => this.error(error),
    );
  }
}

/** passport-openidconnect's store, turned into promises; what its callbacks throw is not lost. */
function stateStore(
  dance: StrategyRun,
): NonNullable<ConstructorParameters<typeof Strategy>[0]['store']> {
  return {
    store(_req, _context, _appState, _meta, done) {
      dance
        .remember()
        .then((state) => done(null, state))
        .catch(done);
    },
    verify(_req, state, done) {
      dance
        .recall(state)
        .then(() => done(null, {}))
        .catch(done);
    },
  };
}
