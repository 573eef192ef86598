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

import type { Request, Response } from 'express';
import session from 'express-session';

import { StorageUnavailable } from '../storage/storage.js';
import type { CookieRules } from './cookies.js';

declare module 'express-session' {
  interface SessionData {
    /** Names this browser in logins and approvals. Random; never leaves the server. */
    browser: string;
  }
}

/** The session of the browser that sent one request. */
export interface BrowserSession {
  /** The browser's name, or undefined as long as it has no session. */
  readonly browser: string | undefined;
  /** Gives the browser a session, if it has none, and sends the cookie with the answer. */
  begin(): Promise<string>;
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
  readonly store: session.Store;
  readonly ttlSeconds: number;
}

export function createBrowserSessions(deps: BrowserSessionsDeps): BrowserSessions {
  const loadSession = session({
    name: deps.cookies.name('session'),
    secret: [...deps.secrets],
    store: deps.store,
    resave: false,
    saveUninitialized: false,
    cookie: { ...deps.cookies.options, maxAge: deps.ttlSeconds * 1000 },
  });

  function load(req: Request, res: Response): Promise<Request['session']> {
    const shadow = shadowOf(req, deps.cookies.options.secure);
    return new Promise((resolve, reject) => {
      loadSession(shadow, res, (error?: unknown) => {
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
          current.browser ??= randomBytes(18).toString('base64url');
          // Saved now and not when the answer ends: an outage must show before a redirect is sent.
          await new Promise<void>((resolve, reject) => {
            current.save((error?: unknown) => (error ? reject(error) : resolve()));
          });
          return current.browser;
        },
      };
    },
  };
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
