/** Which sessions are open here, bounded, so that many sessions of one holder take none from another. */
import { createHash } from 'node:crypto';

/** A session of a caller. */
export interface OpenSession {
  /** Whose sessions make room for each other: a user, or an address where there is no token. */
  readonly holder: string;
  /** Who may enter. */
  readonly owner: string;
}

export interface SessionTable {
  /** The session counts as used. */
  get(id: string): OpenSession | undefined;
  /** When the table is full, the holder with the most sessions loses the one unused for longest. */
  add(id: string, session: OpenSession): void;
  /** @returns whether it was there */
  delete(id: string): boolean;
}

/** @param onDrop told of each session that made room for another */
export function createSessionTable(
  maxSessions: number,
  onDrop: (id: string) => void,
): SessionTable {
  const sessions = new Map<string, OpenSession>();
  /** The ids of each holder, the one unused for longest first. */
  const byHolder = new Map<string, Set<string>>();

  function remove(id: string): boolean {
    const session = sessions.get(id);
    if (session === undefined) return false;
    sessions.delete(id);
    const ids = byHolder.get(session.holder);
    ids?.delete(id);
    if (ids?.size === 0) byHolder.delete(session.holder);
    return true;
  }

  function makeRoom(): void {
    let most: ReadonlySet<string> = new Set();
    for (const ids of byHolder.values()) if (ids.size > most.size) most = ids;
    const [id] = most;
    if (id !== undefined && remove(id)) onDrop(id);
  }

  return {
    get(id) {
      const session = sessions.get(id);
      if (session === undefined) return undefined;
      const ids = byHolder.get(session.holder);
      ids?.delete(id);
      ids?.add(id);
      return session;
    },
    add(id, session) {
      remove(id);
      sessions.set(id, session);
      const ids = byHolder.get(session.holder) ?? new Set();
      byHolder.set(session.holder, ids.add(id));
      if (sessions.size > maxSessions) makeRoom();
    },
    delete: remove,
  };
}

/** Ids that were open here and are no longer kept. */
export interface ClosedSessions {
  add(id: string): void;
  has(id: string): boolean;
}

/** 2 MB. Of ids from elsewhere, 1 in 500 is taken for a closed one after a million, 1 in 7 after four. */
const FILTER_BITS = 2 ** 24;

/** A Bloom filter: it forgets none, and its size is fixed. */
export function createClosedSessions(): ClosedSessions {
  // Made at first use: most processes never close a session.
  let filter: Uint8Array | undefined;
  return {
    add(id) {
      filter ??= new Uint8Array(FILTER_BITS / 8);
      for (const bit of bitsOf(id)) filter[bit >>> 3] = (filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
    },
    has(id) {
      const bits = filter;
      if (bits === undefined) return false;
      return bitsOf(id).every((bit) => ((bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0);
    },
  };
}

function bitsOf(id: string): readonly number[] {
  const digest = createHash('sha256').update(id).digest();
  return [0, 4, 8, 12].map((at) => digest.readUInt32LE(at) % FILTER_BITS);
}
