/**
 * A login from its consent form to the callback. A cookie for each login binds the form, and then the login at Auth0,
 * to one browser.
 */
import { randomBytes } from 'node:crypto';

import type { Request, Response } from 'express';

import { LOGIN_TTL_SECONDS } from '../grants/login-transactions.js';
import { type CookieRules, cookieOf, cookiesOf } from './cookies.js';

/** Lifetime of a form, in seconds. */
export const FORM_TTL_SECONDS = 600;

/** Logins of one browser. Their cookies, with the others, stay within 1 kB of request headers. */
const MAX_FLOWS = 12;

/** Of these, approved logins that no form replaces: other sites can open forms. */
const MAX_APPROVED_FLOWS = 8;

/** First character of the cookie of an approved login. */
const APPROVED = '.';

/** The cookie outlives the login at Auth0 by so much, so that a late callback shows the reason. */
const MARGIN_SECONDS = 300;

/** Four bytes of time and four random ones, in base64url: the length of an id. */
const ID_LENGTH = 11;
const ID = /^[\w-]{11}$/;

export interface LoginFlow {
  /** Name of the cookie, with the time of its creation. Not a secret. */
  readonly id: string;
  /** The value of the cookie. */
  readonly secret: string;
  /** `state` for Auth0: the id, which the callback needs to find the cookie, and 192 random bits. */
  readonly state: string;
  /** When its form expires; unix seconds. Undefined without a form. */
  readonly formExpiresAt?: number;
}

/** The cookie of a login, as the browser sent it. */
export interface FlowCookie {
  /** Empty if the browser sent none. */
  readonly secret: string;
  /** Whether the cookie may be missing because it expired or because newer logins replaced it. */
  readonly isExpired: boolean;
}

export interface LoginFlows {
  /** Creates a flow. A browser with many of them loses the oldest cookies, forms before approved logins. */
  begin(req: Request, res: Response): LoginFlow;
  /** Sets the cookie for the lifetime of the form. */
  setFormCookie(res: Response, flow: LoginFlow): void;
  /** Sets or renews the cookie for the lifetime of the login at Auth0. */
  setLoginCookie(res: Response, flow: LoginFlow): void;
  /** @param idOrState of the flow; in the URL of a callback it is untrusted */
  readCookie(req: Request, idOrState: string): FlowCookie;
}

/** @param now unix seconds */
export function createLoginFlows(cookies: CookieRules, now: () => number): LoginFlows {
  const nameOf = (id: string): string => cookies.flowPrefix + id;

  function setCookie(res: Response, id: string, value: string, seconds: number): void {
    res.cookie(nameOf(id), value, { ...cookies.options, maxAge: seconds * 1000 });
  }

  /** The browser's flows with the values of their cookies, the oldest first. */
  function flowsOf(req: Request): [id: string, value: string][] {
    const flows = new Map<string, string>();
    for (const [name, value] of cookiesOf(req)) {
      const id = name.slice(cookies.flowPrefix.length);
      // Other names with the prefix were not set here; one that is invalid in a header could not be cleared.
      if (name.startsWith(cookies.flowPrefix) && ID.test(id)) flows.set(id, value);
    }
    return [...flows].sort(([one], [other]) => createdAt(one) - createdAt(other));
  }

  function clearOldest(req: Request, res: Response): void {
    const flows = flowsOf(req);
    const approved = flows
      .filter(([, value]) => value.startsWith(APPROVED))
      .slice(-MAX_APPROVED_FLOWS);
    const others = flows.filter((flow) => !approved.includes(flow));
    for (const [id] of others.slice(0, Math.max(flows.length - MAX_FLOWS + 1, 0))) {
      res.clearCookie(nameOf(id), cookies.options);
    }
  }

  return {
    begin(req, res) {
      clearOldest(req, res);
      const bytes = randomBytes(8);
      bytes.writeUInt32BE(now());
      const id = bytes.toString('base64url');
      const state = id + randomBytes(24).toString('base64url');
      return { id, state, secret: randomBytes(16).toString('base64url') };
    },
    setFormCookie: (res, { id, secret }) => setCookie(res, id, secret, FORM_TTL_SECONDS),
    setLoginCookie(res, { id, secret, formExpiresAt }) {
      // A login without a form is not approved: another site can have started it.
      const value = formExpiresAt === undefined ? secret : APPROVED + secret;
      setCookie(res, id, value, LOGIN_TTL_SECONDS + MARGIN_SECONDS);
    },
    readCookie(req, idOrState) {
      const id = idOrState.slice(0, ID_LENGTH);
      const isExpired =
        createdAt(id) + FORM_TTL_SECONDS + LOGIN_TTL_SECONDS <= now() ||
        flowsOf(req).length >= MAX_FLOWS - 1;
      const value = cookieOf(req, nameOf(id)) ?? '';
      const secret = value.startsWith(APPROVED) ? value.slice(APPROVED.length) : value;
      return { secret, isExpired };
    },
  };
}

/** Unix seconds; 0 for an invalid id. */
function createdAt(id: string): number {
  const bytes = Buffer.from(id, 'base64url');
  return bytes.length === 8 ? bytes.readUInt32BE(0) : 0;
}
