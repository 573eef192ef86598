/** A cookie for each login: it ties the consent form, and then the login at Auth0, to one browser. */
import { randomBytes } from 'node:crypto';

import type { Request, Response } from 'express';

import { LOGIN_TTL_SECONDS } from '../grants/login-transactions.js';
import { type CookieRules, cookieOf, cookiesOf } from './cookies.js';

/** Seconds a form may stay open before its buttons stop working. */
export const FORM_TTL_SECONDS = 600;

/** Flows of one browser. Their cookies, with our others, stay within 1 kB of request header. */
const MAX_FLOWS = 12;

/** Of them, so many of those that were approved last give way to no form: other sites can open forms. */
const MAX_KEPT = 8;

/** Begins the value of a cookie whose flow was approved. */
const APPROVED = '.';

/** The cookie outlives the login at Auth0 by so much, so that a late callback is told the reason. */
const MARGIN_SECONDS = 300;

/** Four bytes of time and four random ones, in base64url: the length of an id. */
const ID_LENGTH = 11;
const ID = /^[\w-]{11}$/;

/** A login from its consent form, if there is one, to its callback. */
export interface LoginFlow {
  /** Names the cookie, and says when the flow began. Not a secret. */
  readonly id: string;
  /** The value of the cookie. */
  readonly secret: string;
  /** `state` for Auth0: the id, so that the callback finds the cookie, and 192 random bits. */
  readonly state: string;
  /** When its form expires; unix seconds. Undefined where the user was not asked. */
  readonly formExpiresAt?: number;
}

/** A flow as the browser knows it. */
export interface HeldFlow {
  /** The value of its cookie; empty where this browser has none. */
  readonly secret: string;
  /** The cookie is gone because its time is over, or because newer flows took its place. */
  readonly isOver: boolean;
}

export interface LoginFlows {
  /** A new flow. Where the browser has many already, the oldest lose their cookies, forms before approved ones. */
  begin(req: Request, res: Response): LoginFlow;
  /** Sets the cookie for the time of the form. */
  holdForm(res: Response, flow: LoginFlow): void;
  /** Sets the cookie, perhaps again, for the whole time of the login at Auth0. */
  holdLogin(res: Response, flow: LoginFlow): void;
  /** @param idOrState of the flow; from the URL of a callback, it may be anything */
  heldBy(req: Request, idOrState: string): HeldFlow;
}

/** @param now unix seconds */
export function createLoginFlows(cookies: CookieRules, now: () => number): LoginFlows {
  const nameOf = (id: string): string => cookies.flowPrefix + id;

  function hold(res: Response, id: string, value: string, seconds: number): void {
    res.cookie(nameOf(id), value, { ...cookies.options, maxAge: seconds * 1000 });
  }

  /** The browser's flows, the oldest first, each by its id with the value of its cookie. */
  function flowsOf(req: Request): [id: string, value: string][] {
    const flows = new Map<string, string>();
    for (const [name, value] of cookiesOf(req)) {
      const id = name.slice(cookies.flowPrefix.length);
      // Other names under the prefix were not set here, and one that no header may contain cannot be cleared.
      if (name.startsWith(cookies.flowPrefix) && ID.test(id)) flows.set(id, value);
    }
    return [...flows].sort(([one], [other]) => startedAt(one) - startedAt(other));
  }

  function makeRoom(req: Request, res: Response): void {
    const flows = flowsOf(req);
    const kept = flows.filter(([, value]) => value.startsWith(APPROVED)).slice(-MAX_KEPT);
    const others = flows.filter((flow) => !kept.includes(flow));
    for (const [id] of others.slice(0, Math.max(flows.length - MAX_FLOWS + 1, 0))) {
      res.clearCookie(nameOf(id), cookies.options);
    }
  }

  return {
    begin(req, res) {
      makeRoom(req, res);
      const bytes = randomBytes(8);
      bytes.writeUInt32BE(now());
      const id = bytes.toString('base64url');
      const state = id + randomBytes(24).toString('base64url');
      return { id, state, secret: randomBytes(16).toString('base64url') };
    },
    holdForm: (res, { id, secret }) => hold(res, id, secret, FORM_TTL_SECONDS),
    holdLogin(res, { id, secret, formExpiresAt }) {
      // Without a form another site can have begun it as well.
      const value = formExpiresAt === undefined ? secret : APPROVED + secret;
      hold(res, id, value, LOGIN_TTL_SECONDS + MARGIN_SECONDS);
    },
    heldBy(req, idOrState) {
      const id = idOrState.slice(0, ID_LENGTH);
      const isOver =
        startedAt(id) + FORM_TTL_SECONDS + LOGIN_TTL_SECONDS <= now() ||
        flowsOf(req).length >= MAX_FLOWS - 1;
      const value = cookieOf(req, nameOf(id)) ?? '';
      return { secret: value.startsWith(APPROVED) ? value.slice(APPROVED.length) : value, isOver };
    },
  };
}

/** Unix seconds; 0 for an id that is none of ours. */
function startedAt(id: string): number {
  const bytes = Buffer.from(id, 'base64url');
  return bytes.length === 8 ? bytes.readUInt32BE(0) : 0;
}
