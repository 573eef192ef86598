/**
 * Puts together the sessions of browsers in which logins are under way.
 *
 * @module
 */
import type { Store as SessionStore } from 'express-session';

import { APPROVAL_TTL_SECONDS } from '../grants/approvals.js';
import { type BrowserSessions, createBrowserSessions } from '../http/browser-sessions.js';
import { IPV6_SITE } from '../http/caller-address.js';
import type { CookieRules } from '../http/cookies.js';
import type { RateLimits } from '../http/rate-limits.js';
import { recordSessionStore, sessionSealer } from '../http/session-store.js';
import { createSealer } from '../keys/seal.js';
import { openCollection } from '../storage/collection.js';
import type { SessionRecord } from '../storage/records.js';
import type { Ground } from './ground.js';

/** Seconds a browser's session lives for a login alone: a little longer than that may take. */
const SESSION_TTL_SECONDS = 15 * 60;

export function wireSessions(
  { storage, signingKeys, collections, now }: Ground,
  cookies: CookieRules,
  limits: RateLimits,
): BrowserSessions {
  const ttlSeconds = SESSION_TTL_SECONDS;
  const sealer = sessionSealer(collections, createSealer(signingKeys.derive('session-seal')));
  const store = (): SessionStore =>
    storage.sessionStore?.(sealer, `${collections.namespace}:session:`) ??
    recordSessionStore(openCollection<SessionRecord>(collections, 'session'), ttlSeconds);
  const secrets = signingKeys
    .derive('session-cookie')
    .map((key) => Buffer.from(key).toString('base64url'));
  return createBrowserSessions({
    cookies,
    secrets,
    store,
    ttlSeconds,
    keepSeconds: APPROVAL_TTL_SECONDS,
    now,
    async countLogin(req, browser) {
      if (browser !== undefined) await limits.count('browser', browser);
      await limits.count('visitor', limits.addressOf(req));
      await limits.count('site', limits.addressOf(req, IPV6_SITE));
      await limits.count('everybody', 'everybody');
    },
  });
}
