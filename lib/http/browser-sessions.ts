/**
 * The browser's session: which browser approved a login, so that only that one can finish it.
 *
 * express-session under a cookie of our own, on a shadow of the request: the host app's own session
 * is neither seen nor touched.
 *
 * Spec: PX-10…PX-12, PX-19, PX-20, PX-23.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';

import type { Request, RequestHandler, Response } from 'express';
import type session from 'express-session';

import { StorageUnavailable } from '../storage/storage.js';
import type { CookieRules } from './cookies.js';
import { expressSession } from './express-session.js';

declare module 'express-session' {
  interface SessionData {
    /** Names this browser in logins and approvals. Random; never leaves the server. */
    browser: string;
    /** When somebody last completed a login in it; unix seconds. */
    lastLoginAt: number;
  }
}

/** The session of the browser that sent one request. */
export interface BrowserSession {
  /** The browser's name, or undefined as long as it has no session. */
  readonly browser: string | undefined;
  /**
   * Gives the browser a session for a login, if it has none, and sends the cookie with the answer.
   *
   * @throws TooManyRequests too many logins were begun, in this browser or in all
   */
  begin(): Promise<string>;
  /** Keeps the session as long as approvals live, and the cookie with it. */
  keep(): Promise<void>;
}

/** Sessions of browsers that have approved something. */
export interface BrowserSessions {
  /** Reads it, once a request. Sets no cookie. */
  open(req: Request, res: Response): Promise<BrowserSession>;
}

interface BrowserSessionsDeps {
  readonly cookies: CookieRules;
  /** First signs, all verify. */
  readonly secrets: readonly string[];
  /** Made at the first login. */
  readonly store: () => session.Store;
  /** Seconds a session lives that has seen no login to its end: strangers can make as many. */
  readonly ttlSeconds: number;
  /** Seconds of one that is kept. */
  readonly keepSeconds: number;
  /** Counts a login that begins, of a browser known already or not. @throws TooManyRequests */
  readonly countLogin: (req: Request, browser: string | undefined) => Promise<void>;
  /** Unix seconds. */
  readonly now: () => number;
}

export function createBrowserSessions(deps: BrowserSessionsDeps): BrowserSessions {
  let loadSession: RequestHandler | undefined;
  const makeLoader = (): RequestHandler =>
    expressSession()({
      name: deps.cookies.ownName('session'),
      secret: [...deps.secrets],
      store: deps.store(),
      resave: false,
      saveUninitialized: false,
      cookie: { ...deps.cookies.options, maxAge: deps.ttlSeconds * 1000 },
    });

  function load(req: Request, res: Response): Promise<Request['session']> {
    const shadow = shadowOf(req, deps.cookies.options.secure);
    const loader = loadSession ?? makeLoader();
    loadSession = loader;
    return new Promise((resolve, reject) => {
      void loader(shadow, res, (error?: unknown) => {
        if (error !== undefined && error !== null) reject(error);
        else if (shadow.session === undefined) reject(new StorageUnavailable('no session store'));
        else resolve(shadow.session);
      });
    });
  }

  return {
    async open(req, res) {
      const current = await load(req, res);
      return {
        browser: current.browser,
        async begin() {
          await deps.countLogin(req, current.browser);
          current.browser ??= randomBytes(18).toString('base64url');
          await save(current);
          return current.browser;
        },
        async keep() {
          current.cookie.maxAge = deps.keepSeconds * 1000;
          // A change, so that the cookie is sent again with its new end.
          current.lastLoginAt = deps.now();
          await save(current);
        },
      };
    },
  };
}

/** Now and not when the answer ends: an outage must show before a redirect is sent. */
function save(current: Request['session']): Promise<void> {
  return new Promise((resolve, reject) => {
    current.save((error?: unknown) => (error ? reject(error) : resolve()));
  });
}

/**
 * The request as express-session should see it: no session of anybody else's, and a connection that
 * is secure when our public URL is, whatever stands in between (R-DP-3).
 */
function shadowOf(req: Request, isSecure: boolean): Request {
  const own = <T>(value: T) => ({ value, writable: true, configurable: true });
  return Object.create(req, {
    session: own(undefined),
    sessionID: own(undefined),
    sessionStore: own(undefined),
    signedCookies: own(undefined),
    cookies: own(undefined),
    secret: own(undefined),
    connection: own({ encrypted: isSecure }),
    // express-session compares the path with the cookie's, which is `/`.
    originalUrl: own('/'),
  });
}
