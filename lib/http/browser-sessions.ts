/**
 * The session of a browser, in which approvals are remembered: express-session with a cookie of its own, on a copy of
 * the request, so that the app's own session stays untouched.
 */
import { randomBytes } from 'node:crypto';

import type { Request, RequestHandler, Response } from 'express';
import type session from 'express-session';

import type { Core } from '../core.js';
import { APPROVAL_TTL_SECONDS } from '../grants/approvals.js';
import { createSealer, type Sealer } from '../keys/seal.js';
import { once } from '../once.js';
import { type Collection, openCollection, type SealedStorage } from '../storage/collection.js';
import type { SessionRecord } from '../storage/records.js';
import { type SessionSealer, StorageUnavailableError } from '../storage/storage.js';
import { type CookieRules, cookieOf } from './cookies.js';

/** Not by augmentation of `SessionData`: apps would get these fields in their own sessions. */
type OwnSession = session.Session & {
  /** Id of this browser in approvals. Random; never leaves the server. */
  browser?: string;
  /** Time of the last completed login; unix seconds. */
  lastLoginAt?: number;
};

/** The session of the browser that sent a request. */
interface BrowserSession {
  /** The browser's id; undefined without a session. */
  readonly browser: string | undefined;
  /** Creates or renews the session. The response sets the cookie. */
  renew(): Promise<string>;
}

/** Sessions of browsers in which an approval is remembered. */
export interface BrowserSessions {
  /** Reads the session, once a request. Sets no cookie. */
  open(req: Request, res: Response): Promise<BrowserSession>;
  /** Loads what the first `open` would load. */
  ready(): Promise<void>;
}

export function createBrowserSessions(core: Core, cookies: CookieRules): BrowserSessions {
  const { signingKeys, now } = core;
  const ttlSeconds = APPROVAL_TTL_SECONDS;
  const cookieName = cookies.ownName('session');
  /** Created at first use: loading express-session would delay the start. */
  const sessionLoader = once(async (): Promise<RequestHandler> => {
    const { default: session } = await import('express-session');
    return session({
      name: cookieName,
      // The first secret signs, all verify.
      secret: signingKeys.derive('session-cookie').map((key) => key.export().toString('base64url')),
      store: await sessionStore(core, session.Store, ttlSeconds),
      resave: false,
      saveUninitialized: false,
      cookie: { ...cookies.options, maxAge: ttlSeconds * 1000 },
    });
  });

  async function load(req: Request, res: Response): Promise<OwnSession> {
    const copy = withoutAppSession(req, cookieName, cookies.options.secure);
    const loader = await sessionLoader();
    return new Promise((resolve, reject) => {
      void loader(copy, res, (error?: unknown) => {
        if (error !== undefined && error !== null) reject(error);
        else if (copy.session === undefined)
          reject(new StorageUnavailableError('the session store is not connected'));
        else resolve(copy.session);
      });
    });
  }

  return {
    async open(req, res) {
      const current = await load(req, res);
      return {
        browser: current.browser,
        async renew() {
          current.browser ??= randomBytes(18).toString('base64url');
          current.cookie.maxAge = ttlSeconds * 1000;
          // express-session sends the cookie with its new expiry only if the session was modified.
          current.lastLoginAt = now();
          await save(current);
          return current.browser;
        },
      };
    },
    async ready() {
      await sessionLoader();
    },
  };
}

/** Saves now, not at the end of the response: an outage must show before the approval is stored. */
function save(current: OwnSession): Promise<void> {
  return new Promise((resolve, reject) => {
    current.save((error?: unknown) => (error ? reject(error) : resolve()));
  });
}

/**
 * The request for express-session: without the app's session, with this cookie only, and over a connection that is
 * secure if the public URL is, whatever proxy is in front.
 */
function withoutAppSession(req: Request, cookieName: string, isSecure: boolean): Request {
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

async function sessionStore(
  core: Core,
  Store: typeof session.Store,
  ttlSeconds: number,
): Promise<session.Store> {
  const { storage, signingKeys, collections } = core;
  const sealer = sessionSealer(collections, createSealer(signingKeys.derive('session-seal')));
  const ofDriver = await storage.sessionStore?.(sealer, `${collections.namespace}:session:`);
  const records = openCollection<SessionRecord>(collections, 'session');
  // Declared by what it has, see `SessionStore`.
  return (ofDriver as session.Store | undefined) ?? recordSessionStore(records, Store, ttlSeconds);
}

/** Seals the sessions in a driver's own session store, each with its id. */
function sessionSealer({ onUnreadable }: SealedStorage, sealer: Sealer): SessionSealer {
  return {
    seal: (text, id) => sealer.seal(Buffer.from(text), `session ${id}`).toString('base64url'),
    open(sealed, id) {
      const opened = sealer.open(Buffer.from(sealed, 'base64url'), `session ${id}`);
      if (opened === undefined) onUnreadable('session');
      return opened?.toString();
    },
  };
}

type Callback = (error?: unknown) => void;

/**
 * A session store on the records of this library, for drivers without one. It has no `touch`: reading a session does
 * not renew it.
 */
function recordSessionStore(
  records: Collection<SessionRecord>,
  Store: typeof session.Store,
  ttlSeconds: number,
): session.Store {
  class RecordSessionStore extends Store {
    override get(
      id: string,
      callback: (error: unknown, session?: session.SessionData | null) => void,
    ): void {
      records.get(id).then(
        // Written by `set` below. A copy, because express-session modifies it.
        (record) =>
          callback(null, (structuredClone(record) as session.SessionData | undefined) ?? null),
        (error: unknown) => callback(error),
      );
    }

    override set(id: string, data: session.SessionData, callback: Callback = () => {}): void {
      const record: SessionRecord = { ...data, cookie: data.cookie };
      records.set(id, record, ttlSeconds).then(() => callback(), callback);
    }

    override destroy(id: string, callback: Callback = () => {}): void {
      records.delete(id).then(() => callback(), callback);
    }
  }

  return new RecordSessionStore();
}
