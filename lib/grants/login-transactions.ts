/**
 * Pending logins at Auth0, bound to the browser that began them (MCP security best practices, "Confused Deputy
 * Problem"). A login is stored under the state of its consent form, so that a decision counts once.
 */
import { randomBytes } from 'node:crypto';

import { LRUCache } from 'lru-cache';

import type { LoginTransactions } from '../auth0/auth0.js';
import type { Client } from '../clients/client.js';
import type { Core } from '../core.js';
import { equalInConstantTime } from '../keys/key-ring.js';
import type { AuthorizationRequest } from '../oauth/authorization-request.js';
import { InvalidRequestError } from '../oauth/errors.js';
import { isJsonObject } from '../oauth/json-object.js';
import { type Change, openCollection } from '../storage/collection.js';
import type { GrantRecord, LoginRecord, SpentFormRecord } from '../storage/records.js';

/** Seconds a user has to log in at Auth0. */
export const LOGIN_TTL_SECONDS = 600;

/** Seconds a callback can be repeated whose process died. */
const TAKEN_TTL_SECONDS = 300;

/** Seconds after which a callback counts as interrupted: the process that began it may have died. */
const INTERRUPTED_AFTER_SECONDS = 2;

/**
 * The same for a callback of this process, beyond the time limit of a call to Auth0: until then it may still exchange the
 * code, and one decision must not result in two codes.
 */
const OWN_MARGIN_SECONDS = 2;

/** Callbacks of this process in memory. */
const MAX_OWN = 1000;

/** An authorization request that the user approved, as it was shown. */
export interface ApprovedRequest extends Omit<AuthorizationRequest, 'requestedScopes'> {
  readonly client: Pick<Client, 'id' | 'kind' | 'name' | 'mayRefresh'> &
    Pick<GrantRecord['client'], 'authMethod'>;
  readonly scopes: readonly string[];
}

/** What a login is for. All logins share one callback, so this is sealed in the login and never taken from a URL. */
export type PendingLogin =
  | {
      readonly purpose: 'client';
      readonly request: ApprovedRequest;
      /** The first login was not what the scopes require: Auth0 must ask for another one. */
      readonly reauthenticate?: true;
    }
  /** The user signs in to the connected apps page. */
  | {
      readonly purpose: 'connected_apps';
      /** The user signed out in this browser before: Auth0 must ask for the login again. */
      readonly reauthenticate: boolean;
      /** The link to connect an account at which the user has to sign in: the way back. */
      readonly link?: string;
    };

/**
 * Reads the purpose of a login. The content of a request is not checked again: only this server can have sealed it.
 *
 * @throws InvalidRequestError for anything but exactly one of the two
 */
export function parsePendingLogin(pending: unknown): PendingLogin {
  const fields = new Map(isJsonObject(pending) ? Object.entries(pending) : []);
  const [purpose, request] = [fields.get('purpose'), fields.get('request')];
  const reauthenticate = fields.get('reauthenticate');
  if (purpose === 'client' && isJsonObject(request)) {
    const known = { purpose, request: request as unknown as ApprovedRequest } as const;
    if (fields.size === 2) return known;
    if (fields.size === 3 && reauthenticate === true) return { ...known, reauthenticate };
  }
  if (purpose === 'connected_apps' && typeof reauthenticate === 'boolean') {
    const link = fields.get('link');
    if (fields.size === 2) return { purpose, reauthenticate };
    if (fields.size === 3 && typeof link === 'string') return { purpose, reauthenticate, link };
  }
  throw new InvalidRequestError('There is no such login', { detail: 'the login has no purpose' });
}

/** Pending logins, and forms that were denied. */
export interface Logins extends LoginTransactions {
  /**
   * Marks the form of that state as decided: no login begins with it.
   *
   * @returns false where it was decided before
   */
  decline(state: string, formExpiresAt: number): Promise<boolean>;
}

type LoginStatus = 'unusable' | 'pending' | 'interrupted';

export function createLoginTransactions({ config, collections, now }: Core): Logins {
  const logins = openCollection<LoginRecord | SpentFormRecord>(collections, 'login');
  const ownCallbacks = new LRUCache<string, true>({ max: MAX_OWN });
  const ownInterruptedAfter = Math.ceil(config.auth0.timeoutMs / 1000) + OWN_MARGIN_SECONDS;

  function statusOf({ startedAt = now(), takenAt, takenBy = '' }: LoginRecord): LoginStatus {
    if (takenAt === undefined)
      return now() - startedAt < LOGIN_TTL_SECONDS ? 'pending' : 'unusable';
    const after = ownCallbacks.has(takenBy) ? ownInterruptedAfter : INTERRUPTED_AFTER_SECONDS;
    return now() - takenAt < after ? 'unusable' : 'interrupted';
  }
  const secondsUntil = (time = 0): number => Math.max(time - now(), 0);

  return {
    decline: (state, formExpiresAt) =>
      logins.add(state, { spent: true }, Math.max(secondsUntil(formExpiresAt), 1)),
    async findPending(state) {
      const login = await logins.get(state);
      if (login === undefined || 'spent' in login) return undefined;
      return statusOf(login) === 'pending' ? login : undefined;
    },
    add: (state, transaction) =>
      logins.add(state, { ...transaction, startedAt: now() }, LOGIN_TTL_SECONDS),
    async take(state, browser) {
      const takenBy = randomBytes(9).toString('base64url');
      const found: { status: LoginStatus } = { status: 'unusable' };
      const take: Change<LoginRecord | SpentFormRecord> = (current) => {
        found.status = 'unusable';
        // Another browser changes nothing: it must not use up this one's login.
        if ('spent' in current || !isSame(current.browser, browser)) return undefined;
        found.status = statusOf(current);
        if (found.status === 'unusable') return undefined;
        // Marked rather than deleted: the mark tells a crash from a login that does not exist.
        const ttlSeconds = Math.max(TAKEN_TTL_SECONDS, secondsUntil(current.formExpiresAt));
        return { value: { ...current, takenAt: now(), takenBy }, ttlSeconds };
      };
      const login = await logins.update(state, take);
      if (login === undefined || 'spent' in login || found.status === 'unusable') {
        return undefined;
      }
      // Not before the store has responded: after a failed write, nothing is in progress.
      ownCallbacks.set(takenBy, true);
      return { ...login, wasInterrupted: found.status === 'interrupted' };
    },
    async finish(state, formExpiresAt) {
      const seconds = secondsUntil(formExpiresAt);
      const done =
        seconds === 0 ? logins.delete(state) : logins.set(state, { spent: true }, seconds);
      // The login has succeeded. A record that a failing store did not delete expires by itself.
      await done.catch(() => undefined);
    },
  };
}

function isSame(a: string, b: string): boolean {
  return equalInConstantTime(Buffer.from(a), Buffer.from(b));
}
