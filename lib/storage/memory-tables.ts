/**
 * What `memoryStorage()` keeps: tables whose entries end by themselves.
 *
 * As few objects as it takes. V8 visits every page of its old generation each time it collects the young
 * one, so that what lies in the heap makes every request dearer, though nobody asks for it.
 *
 * @module
 */
import { ownBytes } from './own-bytes.js';

/** The clock: unix seconds, fractions included. */
export type Now = () => number;

/** What ends by itself. */
export interface Expiring {
  /** Entries held, expired ones included until they are dropped. */
  size(): number;
  /** @returns when the first of the rest will end, in unix seconds; infinity for nothing left */
  dropExpired(): number;
}

export interface Records extends Expiring {
  has(key: string): boolean;
  /** The record's own bytes: not to be changed. */
  read(key: string): Uint8Array | undefined;
  write(key: string, value: Uint8Array, expiresAt: number): void;
  drop(key: string): void;
}

export interface Memberships extends Expiring {
  has(index: string, member: string): boolean;
  of(index: string): string[];
  write(index: string, member: string, expiresAt: number): void;
  drop(index: string, member: string): void;
}

export function createRecords(now: Now): Records {
  const rows = new Map<string, { readonly value: Uint8Array; readonly expiresAt: number }>();
  return {
    size: () => rows.size,
    has: (key) => rows.has(key),
    read(key) {
      const row = rows.get(key);
      if (row === undefined) return undefined;
      if (row.expiresAt > now()) return row.value;
      rows.delete(key);
      return undefined;
    },
    write(key, value, expiresAt) {
      rows.set(key, { value: ownBytes(value), expiresAt });
    },
    drop: (key) => void rows.delete(key),
    dropExpired() {
      const time = now();
      let nextEnd = Number.POSITIVE_INFINITY;
      for (const [key, { expiresAt }] of rows) {
        if (expiresAt <= time) rows.delete(key);
        else nextEnd = Math.min(nextEnd, expiresAt);
      }
      return nextEnd;
    },
  };
}

export function createMemberships(now: Now): Memberships {
  /** By index, and in it by member: when it ends. */
  const indexes = new Map<string, Map<string, number>>();
  let size = 0;

  function drop(index: string, member: string): void {
    const members = indexes.get(index);
    if (members?.delete(member) !== true) return;
    size -= 1;
    if (members.size === 0) indexes.delete(index);
  }

  return {
    size: () => size,
    has: (index, member) => indexes.get(index)?.has(member) === true,
    of(index) {
      const time = now();
      for (const [member, expiresAt] of indexes.get(index) ?? []) {
        if (expiresAt <= time) drop(index, member);
      }
      return [...(indexes.get(index)?.keys() ?? [])];
    },
    write(index, member, expiresAt) {
      const members = indexes.get(index) ?? new Map<string, number>();
      if (!members.has(member)) size += 1;
      indexes.set(index, members.set(member, expiresAt));
    },
    drop,
    dropExpired() {
      const time = now();
      let nextEnd = Number.POSITIVE_INFINITY;
      for (const [index, members] of indexes) {
        for (const [member, expiresAt] of members) {
          if (expiresAt <= time) drop(index, member);
          else nextEnd = Math.min(nextEnd, expiresAt);
        }
      }
      return nextEnd;
    },
  };
}
