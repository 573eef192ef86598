/**
 * A store for express-session on our own records, for drivers that bring none, and the seal for those
 * that do.
 *
 * @module
 */
import type session from 'express-session';

import type { Sealer } from '../keys/seal.js';
import type { Collection, SealedStorage } from '../storage/collection.js';
import type { SessionRecord } from '../storage/records.js';
import type { SessionSealer } from '../storage/storage.js';
import { expressSession } from './express-session.js';

type Callback = (error?: unknown) => void;

/**
 * Sessions as sealed records: expiry is the storage's, atomicity is not needed here. There is no `touch`: a
 * session lives as long as its cookie, which reading it does not renew.
 *
 * @param ttlSeconds of every session
 */
export function recordSessionStore(
  records: Collection<SessionRecord>,
  ttlSeconds: number,
): session.Store {
  const { Store } = expressSession();

  class RecordSessionStore extends Store {
    override get(
      id: string,
      callback: (error: unknown, session?: session.SessionData | null) => void,
    ): void {
      records.get(id).then(
        // What was written by `set` below comes back, as a copy: express-session works on it.
        (record) =>
          callback(null, (structuredClone(record) as session.SessionData | undefined) ?? null),
        (error: unknown) => callback(error),
      );
    }

    override set(id: string, data: session.SessionData, callback: Callback = () => {}): void {
      // The cookie is an object with methods; JSON is what is kept of it.
      const record: SessionRecord = { ...data, cookie: data.cookie };
      records.set(id, record, ttlSeconds).then(() => callback(), callback);
    }

    override destroy(id: string, callback: Callback = () => {}): void {
      records.delete(id).then(() => callback(), callback);
    }
  }

  return new RecordSessionStore();
}

/** Seals what a driver's own session store keeps, each session for its own id. */
export function sessionSealer(
  { onUnreadable }: Pick<SealedStorage, 'onUnreadable'>,
  sealer: Sealer,
): SessionSealer {
  return {
    seal: (text, id) => sealer.seal(Buffer.from(text), `session ${id}`).toString('base64url'),
    open(sealed, id) {
      const opened = sealer.open(Buffer.from(sealed, 'base64url'), `session ${id}`);
      if (opened === undefined) onUnreadable('session');
      return opened?.toString();
    },
  };
}
