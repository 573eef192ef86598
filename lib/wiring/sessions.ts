/** Puts together the sessions of browsers in which an approval is remembered. */
import type { Store as SessionStore } from 'express-session';
import type { Core } from '../core.js';
import { APPROVAL_TTL_SECONDS } from '../grants/approvals.js';
import { type BrowserSessions, createBrowserSessions } from '../http/browser-sessions.js';
import type { CookieRules } from '../http/cookies.js';
import { recordSessionStore, sessionSealer } from '../http/session-store.js';
import { createSealer } from '../keys/seal.js';
import { openCollection } from '../storage/collection.js';
import type { SessionRecord } from '../storage/records.js';

export function wireSessions(
  { storage, signingKeys, collections, now }: Core,
  cookies: CookieRules,
): BrowserSessions {
  const ttlSeconds = APPROVAL_TTL_SECONDS;
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
    now,
  });
}
