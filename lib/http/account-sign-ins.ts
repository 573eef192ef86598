/**
 * The user who is signed in to the page of connected apps, by the cookie of the browser. The cookie holds the session
 * id and a MAC, so that a forged one causes no request to the store.
 */
import type { KeyObject } from 'node:crypto';

import type { Request, Response } from 'express';

import type { Auth0Login } from '../auth0/auth0.js';
import type { Core } from '../core.js';
import { ACCOUNT_SESSION_SECONDS, type AccountSessions } from '../grants/account-sessions.js';
import { equalInConstantTime, mac } from '../keys/key-ring.js';
import { AccessDeniedError } from '../oauth/errors.js';
import type { AccountRecord } from '../storage/records.js';
import { type CookieRules, cookieOf } from './cookies.js';
import { PageError } from './pages.js';

export interface SignedInUser {
  readonly sessionId: string;
  readonly account: AccountRecord;
}

/** Sessions on the page of connected apps. */
export interface AccountSignIns {
  /** Creates a session, and ends the one that the browser had. */
  signIn(req: Request, res: Response, login: Auth0Login): Promise<void>;
  /** The user, or undefined without a session. */
  find(req: Request): Promise<SignedInUser | undefined>;
  /** As {@link AccountSignIns.find}. @throws PageError there is no session */
  require(req: Request): Promise<SignedInUser>;
  /** As {@link AccountSignIns.find}, for a visit of the page: see `AccountSessions.visit`. */
  visit(req: Request): Promise<SignedInUser | undefined>;
  /** Ends the session, and marks the browser as signed out. */
  signOut(res: Response, user: SignedInUser | undefined): Promise<void>;
  /** Whether the last user of this browser signed out. */
  hasSignedOut(req: Request): boolean;
}

/** Cookie value after signing out: the next sign-in requires the password, for a shared computer. */
const SIGNED_OUT = 'ended';

/** Lifetime of that value, in seconds: a day. */
const SIGNED_OUT_SECONDS = 24 * 60 * 60;

export function createAccountSignIns(
  { config, signingKeys }: Core,
  sessions: AccountSessions,
  cookies: CookieRules,
): AccountSignIns {
  const cookieName = cookies.ownName('account');
  // The first key signs, all verify.
  const keys = signingKeys.derive('account-cookie');
  const tagOf = (key: KeyObject, id: string): string =>
    mac(key, config.issuer, id).toString('base64url');

  function setCookie(res: Response, value: string, seconds: number): void {
    res.cookie(cookieName, value, { ...cookies.options, maxAge: seconds * 1000 });
  }

  function sessionIdOf(req: Request): string | undefined {
    const [, id, tag] = /^([\w-]{24})\.([\w-]{43})$/.exec(cookieOf(req, cookieName) ?? '') ?? [];
    if (id === undefined || tag === undefined) return undefined;
    const isGenuine = keys.some((key) =>
      equalInConstantTime(Buffer.from(tagOf(key, id)), Buffer.from(tag)),
    );
    return isGenuine ? id : undefined;
  }

  async function userOf(
    req: Request,
    read: (id: string) => Promise<AccountRecord | undefined>,
  ): Promise<SignedInUser | undefined> {
    const sessionId = sessionIdOf(req);
    const account = sessionId === undefined ? undefined : await read(sessionId);
    return sessionId === undefined || account === undefined ? undefined : { sessionId, account };
  }

  const find = (req: Request): Promise<SignedInUser | undefined> => userOf(req, sessions.find);

  return {
    async signIn(req, res, login) {
      const previous = sessionIdOf(req);
      const id = await sessions.begin(login);
      if (previous !== undefined) await sessions.end(previous);
      setCookie(res, `${id}.${tagOf(keys[0], id)}`, ACCOUNT_SESSION_SECONDS);
    },
    find,
    async require(req) {
      const user = await find(req);
      if (user !== undefined) return user;
      throw new PageError('page_expired', new AccessDeniedError('The user is not signed in'));
    },
    visit: (req) => userOf(req, sessions.visit),
    async signOut(res, user) {
      if (user !== undefined) await sessions.end(user.sessionId);
      setCookie(res, SIGNED_OUT, SIGNED_OUT_SECONDS);
    },
    hasSignedOut: (req) => cookieOf(req, cookieName) === SIGNED_OUT,
  };
}
