/**
 * Records with an expiry in two LMDB tables, and the sweep that keeps the file from growing.
 *
 * LMDB has no expiry of its own. Each record starts with its end, and a second table lists the
 * records by that end; every write removes a few that are over, so that the work follows the
 * writes, needs no timer, and happens in whichever process is busy.
 *
 * @module
 */
import { createHash } from 'node:crypto';

import type { Environment } from './environment.js';

/** Bytes of a point in time, in unix milliseconds, big-endian: they sort as time does. */
const TIME_BYTES = 8;

/**
 * Expired records removed by one write. A login makes a handful of records, so anything above one
 * catches up; a small number keeps the write short.
 */
const SWEEP_BATCH = 8;

const VALUE = Buffer.of(1);
const MEMBER = Buffer.of(2);
const AFTER_ALL_HASHES = Buffer.alloc(33, 0xff);

const NOTHING = Buffer.alloc(0);

/** Operations on records. Those that change are called inside `Environment.write` only. */
export interface RecordTable {
  /** The payload of a record that has not ended. */
  read(key: Buffer): Buffer | undefined;
  /** As {@link read}, of the newest commit of any process; outside of a write only. */
  readCommitted(key: Buffer): Buffer | undefined;
  /** The payloads of all records between two keys that have not ended, as of the newest commit. */
  readRange(range: { start: Buffer; end: Buffer }): Buffer[];
  put(key: Buffer, payload: Uint8Array, ttlSeconds: number): void;
  drop(key: Buffer): void;
  /** Removes a few of the records that ended. */
  sweep(): void;
}

/** The key of a value. Hashed: LMDB keys have a limit of 1,978 bytes, and ours may be any string. */
export function valueKey(key: string): Buffer {
  return Buffer.concat([VALUE, sha256(key)]);
}

/** The key of a membership; all those of an index stand together. */
export function memberKey(index: string, member: string): Buffer {
  return Buffer.concat([MEMBER, sha256(index), sha256(member)]);
}

/** The keys of all memberships of an index. */
export function memberRange(index: string): { start: Buffer; end: Buffer } {
  const prefix = Buffer.concat([MEMBER, sha256(index)]);
  return { start: prefix, end: Buffer.concat([prefix, AFTER_ALL_HASHES]) };
}

/** @param nowMs the time in unix milliseconds */
export function recordTable(environment: Environment, nowMs: () => number): RecordTable {
  const { records, expiries } = environment;

  function drop(key: Buffer): void {
    const record = records.getBinary(key);
    if (record === undefined) return;
    expiries.removeSync(Buffer.concat([record.subarray(0, TIME_BYTES), key]));
    records.removeSync(key);
  }

  function payloadOf(record: Buffer | undefined): Buffer | undefined {
    if (record === undefined || timeAt(record) <= nowMs()) return undefined;
    return record.subarray(TIME_BYTES);
  }

  const read = (key: Buffer): Buffer | undefined => payloadOf(records.getBinary(key));

  return {
    read,
    readCommitted(key) {
      // lmdb keeps a snapshot for a turn of the event loop; another process may have been faster.
      records.resetReadTxn();
      return read(key);
    },
    readRange(range) {
      records.resetReadTxn();
      return [...records.getRange(range)].flatMap(({ value }) => payloadOf(value) ?? []);
    },
    put(key, payload, ttlSeconds) {
      drop(key);
      const end = timeBytes(nowMs() + ttlSeconds * 1000);
      records.putSync(key, Buffer.concat([end, payload]));
      expiries.putSync(Buffer.concat([end, key]), NOTHING);
    },
    drop,
    sweep() {
      const over = expiries.getKeys({ end: timeBytes(nowMs()), limit: SWEEP_BATCH });
      for (const entry of [...over]) drop(entry.subarray(TIME_BYTES));
    },
  };
}

function timeBytes(timeMs: number): Buffer {
  const bytes = Buffer.alloc(TIME_BYTES);
  bytes.writeBigUInt64BE(BigInt(Math.floor(timeMs)));
  return bytes;
}

function timeAt(record: Buffer): number {
  // Without a BigInt: this is in each look.
  return record.readUInt32BE(0) * 2 ** 32 + record.readUInt32BE(4);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
