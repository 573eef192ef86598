/**
 * The browser's session, which outlives a login: in which browser an approval is remembered.
 *
 * express-session under a cookie of our own, on a shadow of the request: the host app's own session
 * is neither seen nor touched.
 */
import { randomBytes } from 'node:crypto';

import type { Request, RequestHandler, Response } from 'express';
import type session from 'express-session';

import { StorageUnavailableError } from '../storage/storage.js';
import { type CookieRules, cookieOf } from './cookies.js';
import { expressSession } from './express-session.js';

declare module 'express-session' {
  interface SessionData {
    /** Names this browser in approvals. Random; never leaves the server. */
    browser: string;
    /** When somebody last completed a login in it; unix seconds. */
    lastLoginAt: number;
  }
}

/** The session of the browser that sent one request. */
export interface BrowserSession {
  /** The browser's name, or undefined as long as it has no session. */
  readonly browser: string | undefined;
  /** Gives the browser a session, or renews the one it has. The cookie goes out with the response. */
  keep(): Promise<string>;
}

/** Sessions of browsers in which an approval is remembered. */
export interface BrowserSessions {
  /** Reads it, once a request. Sets no cookie. */
  open(req: Request, res: Response): Promise<BrowserSession>;
}

interface BrowserSessionsDeps {
  readonly cookies: CookieRules;
  /** First signs, all verify. */
  readonly secrets: readonly string[];
  /** Made at the first use. */
  readonly store: () => session.Store;
  readonly ttlSeconds: number;
  /** Unix seconds. */
  readonly now: () => number;
}

export function createBrowserSessions(deps: BrowserSessionsDeps): BrowserSessions {
  const cookieName = deps.cookies.ownName('session');
  let loadSession: RequestHandler | undefined;
  const makeLoader = (): RequestHandler =>
    expressSession()({
      name: cookieName,
      secret: [...deps.secrets],
      store: deps.store(),
      resave: false,
      saveUninitialized: false,
      cookie: { ...deps.cookies.options, maxAge: deps.ttlSeconds * 1000 },
    });

  function load(req: Request, res: Response): Promise<Request['session']> {
    const shadow = shadowOf(req, cookieName, deps.cookies.options.secure);
    const loader = loadSession ?? makeLoader();
    loadSession = loader;
    return new Promise((resolve, reject) => {
      void loader(shadow, res, (error?: unknown) => {
        if (error !== undefined && error !== null) reject(error);
        else if (shadow.session === undefined)
          reject(new StorageUnavailableError('no session store'));
        else resolve(shadow.session);
      });
    });
  }

  return {
    async open(req, res) {
      const current = await load(req, res);
      return {
        browser: current.browser,
        async keep() {
          current.browser ??= randomBytes(18).toString('base64url');
          current.cookie.maxAge = deps.ttlSeconds * 1000;
          // A change, so that the cookie is sent again with its new end.
          current.lastLoginAt = deps.now();
          await save(current);
          return current.browser;
        },
      };
    },
  };
}

/** Now and not when the answer ends: an outage must show before the approval is stored for it. */
function save(current: Request['session']): Promise<void> {
  return new Promise((resolve, reject) => {
    current.save((error?: unknown) => (error ? reject(error) : resolve()));
  });
}

/**
 * The request as express-session should see it: no session of anybody else's, and a connection that
 * is secure when our public URL is, whatever stands in between (R-DP-3). Of the cookies it sees its own, as we
 * read it.
 */
function shadowOf(req: Request, cookieName: string, isSecure: boolean): Request {
  const value = cookieOf(req, cookieName);
  const cookie = value === undefined ? undefined : `${cookieName}=${value}`;
  const own = <T>(value: T) => ({ value, writable: true, configurable: true });
  return Object.create(req, {
    headers: own({ ...req.headers, cookie }),
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
