/**
 * Who is signed in, in the browser that sent a request.
 *
 * The cookie names the session and shows that we made it, so that made-up ones are no look-up.
 *
 * Spec: PX-10…PX-12; RFC 6265bis §4.1.3.2 (`__Host-`).
 *
 * @module
 */
import type { Request, Response } from 'express';

import type { Auth0Login } from '../auth0/auth0.js';
import { ACCOUNT_SESSION_SECONDS, type AccountSessions } from '../grants/account-sessions.js';
import { equalInConstantTime, mac } from '../keys/key-ring.js';
import { AccessDeniedError } from '../oauth/errors.js';
import type { AccountRecord } from '../storage/records.js';
import { type CookieRules, cookieOf } from './cookies.js';
import { PageError } from './pages.js';

/** Somebody who is signed in. */
export interface SignedInUser {
  readonly sessionId: string;
  readonly account: AccountRecord;
}

/** Sessions of people, by the cookies of their browsers. */
export interface AccountSignIns {
  /** Signs somebody in: a new session, whatever was there before, which ends. */
  begin(req: Request, res: Response, login: Auth0Login): Promise<void>;
  /** Who is signed in. */
  find(req: Request): Promise<SignedInUser | undefined>;
  /** As {@link AccountSignIns.find}. @throws PageError nobody is */
  require(req: Request): Promise<SignedInUser>;
  /** As {@link AccountSignIns.find}, by opening the page: see `AccountSessions.visit`. */
  enter(req: Request): Promise<SignedInUser | undefined>;
  /** Signs out, and leaves word of it in the browser. */
  end(res: Response, visitor: SignedInUser | undefined): Promise<void>;
  /** Whether somebody signed out here, and nobody has signed in since. */
  wasEnded(req: Request): boolean;
}

/** In place of a session: the browser's last person has left, and is not to be let in again unasked. */
const ENDED = 'ended';

/** Seconds that is remembered: until the next day, for a machine that people share. */
const ENDED_SECONDS = 24 * 60 * 60;

interface AccountVisitsDeps {
  readonly sessions: AccountSessions;
  readonly cookies: CookieRules;
  readonly issuer: string;
  /** First makes tags, all verify. */
  readonly keys: readonly Uint8Array[];
}

export function createAccountSignIns(deps: AccountVisitsDeps): AccountSignIns {
  const { sessions, cookies, issuer, keys } = deps;
  const cookieName = cookies.ownName('account');
  const tagOf = (key: Uint8Array, id: string): string => mac(key, issuer, id).toString('base64url');

  function setCookie(res: Response, value: string, seconds: number): void {
    res.cookie(cookieName, value, { ...cookies.options, maxAge: seconds * 1000 });
  }

  /** Without a look-up. */
  function sessionIdOf(req: Request): string | undefined {
    const [, id, tag] = /^([\w-]{24})\.([\w-]{43})$/.exec(cookieOf(req, cookieName) ?? '') ?? [];
    if (id === undefined || tag === undefined) return undefined;
    const isOurs = keys.some((key) =>
      equalInConstantTime(Buffer.from(tagOf(key, id)), Buffer.from(tag)),
    );
    return isOurs ? id : undefined;
  }

  async function visitorOf(
    req: Request,
    look: (id: string) => Promise<AccountRecord | undefined>,
  ): Promise<SignedInUser | undefined> {
    const sessionId = sessionIdOf(req);
    const account = sessionId === undefined ? undefined : await look(sessionId);
    return sessionId === undefined || account === undefined ? undefined : { sessionId, account };
  }

  const find = (req: Request): Promise<SignedInUser | undefined> => visitorOf(req, sessions.find);

  return {
    async begin(req, res, login) {
      const before = sessionIdOf(req);
      const id = await sessions.begin(login);
      if (before !== undefined) await sessions.end(before);
      const [newest = new Uint8Array()] = keys;
      setCookie(res, `${id}.${tagOf(newest, id)}`, ACCOUNT_SESSION_SECONDS);
    },
    find,
    async require(req) {
      const visitor = await find(req);
      if (visitor !== undefined) return visitor;
      throw new PageError('page_expired', new AccessDeniedError('Nobody is signed in'));
    },
    enter: (req) => visitorOf(req, sessions.visit),
    async end(res, visitor) {
      if (visitor !== undefined) await sessions.end(visitor.sessionId);
      setCookie(res, ENDED, ENDED_SECONDS);
    },
    wasEnded: (req) => cookieOf(req, cookieName) === ENDED,
  };
}
