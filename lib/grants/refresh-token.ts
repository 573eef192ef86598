/**
 * Refresh tokens: their format, and what happens to one that is used twice (RFC 9700 §4.14.2).
 *
 * Each refresh replaces the token with one of the next generation. A token that is used again within the grace window
 * (`refreshTokenGraceSeconds` after its replacement) gets the same successor, since clients refresh in parallel and
 * retry. One that is used later is a replay: the grant is revoked, see `refresh-grant.ts`.
 *
 * Format, in base64url: version (1 byte), generation (4), grant id (16), tag (32). The tag covers issuer and client:
 * an invalid token, or one of another server or client (RFC 6749 §6), never reaches the store.
 */
import type { KeyObject } from 'node:crypto';

import { equalInConstantTime, mac } from '../keys/key-ring.js';
import { type GrantRecord, MAX_CALLERS, MAX_REUSES, type TokenUses } from '../storage/records.js';

interface RefreshTokenClaims {
  readonly grantId: string;
  readonly generation: number;
}

export interface RefreshTokens {
  mint(claims: RefreshTokenClaims, clientId: string): string;
  /** Undefined for anything that was not made for this client with one of the keys. */
  parse(token: string, clientId: string): RefreshTokenClaims | undefined;
}

const VERSION = 1;
const ID_BYTES = 16;
const BODY_BYTES = 1 + 4 + ID_BYTES;
const TAG_BYTES = 32;

/** @param keys first mints, all verify */
export function createRefreshTokens(keys: readonly KeyObject[], issuer: string): RefreshTokens {
  const [newest] = keys;
  if (newest === undefined) throw new RangeError('refresh tokens need at least one key');
  return {
    mint({ grantId, generation }, clientId) {
      const body = Buffer.alloc(BODY_BYTES);
      body[0] = VERSION;
      body.writeUInt32BE(generation, 1);
      body.write(grantId, 5, 'base64url');
      return Buffer.concat([body, mac(newest, issuer, clientId, body)]).toString('base64url');
    },
    parse(token, clientId) {
      const bytes = Buffer.from(token, 'base64url');
      if (bytes.length !== BODY_BYTES + TAG_BYTES || bytes[0] !== VERSION) return undefined;
      // One text per token: the decoder skips characters that are not base64url, and stray trailing bits.
      if (bytes.toString('base64url') !== token) return undefined;
      const body = bytes.subarray(0, BODY_BYTES);
      const tag = bytes.subarray(BODY_BYTES);
      const isGenuine = keys.some((key) =>
        equalInConstantTime(mac(key, issuer, clientId, body), tag),
      );
      if (!isGenuine) return undefined;
      return {
        grantId: body.subarray(5).toString('base64url'),
        generation: body.readUInt32BE(1),
      };
    },
  };
}

/** The part of a grant that rotation reads and changes. */
export type Generations = Pick<GrantRecord, 'generation' | 'replaced'>;

/**
 * `current`: rotate. `recent`: replaced within the grace window, respond with the newest generation and count the use.
 * `replayed`: replaced longer ago, revoke the grant.
 */
export type PresentedGeneration = 'current' | 'recent' | 'replayed';

/**
 * Replacements stored at most. A client that rotates faster than this within the window gets the newest generation
 * again instead of a new one.
 */
const MAX_REPLACED = 32;

/** @param now unix seconds */
export function classifyGeneration(
  { generation, replaced }: Generations,
  presented: number,
  now: number,
  graceSeconds: number,
): PresentedGeneration {
  // A generation above the stored one is genuine, as its tag proves: the store has lost a write (a failover, a
  // restored backup) and catches up.
  if (presented >= generation) {
    return withinGrace(replaced, now, graceSeconds).length < MAX_REPLACED ? 'current' : 'recent';
  }
  const replacedAt = replaced.find(([number]) => number === presented)?.[1];
  return replacedAt !== undefined && now - replacedAt <= graceSeconds ? 'recent' : 'replayed';
}

/**
 * The generation after `presented`. Replacements outside the window are dropped.
 *
 * @param caller keyed hash of the address that presented it
 */
export function nextGeneration(
  { replaced }: Generations,
  presented: number,
  now: number,
  graceSeconds: number,
  caller: string,
): Generations {
  const uses: TokenUses = { callers: [caller], reuses: 0 };
  return {
    generation: presented + 1,
    replaced: [...withinGrace(replaced, now, graceSeconds), [presented, now, uses]],
  };
}

/** Counts one more use of a replaced generation; undefined where the limits are reached. */
export function countReuse(
  { replaced }: Generations,
  presented: number,
  caller: string,
): Pick<Generations, 'replaced'> | undefined {
  const { callers, reuses } = usesOf(replaced, presented);
  const isNew = !callers.includes(caller) && callers.length < MAX_CALLERS;
  if (!isNew && reuses >= MAX_REUSES) return undefined;
  const counted: TokenUses = {
    callers: isNew ? [...callers, caller] : callers,
    reuses: Math.min(reuses + 1, MAX_REUSES),
  };
  return {
    replaced: replaced.map((entry) =>
      entry[0] === presented ? [entry[0], entry[1], counted] : entry,
    ),
  };
}

/** Uses of a replaced generation, for the event; undefined for one that was not replaced. */
export function reuseOf(
  { replaced }: Generations,
  presented: number,
  now: number,
): { ageSeconds: number; reuses: number; addresses: number } | undefined {
  const replacedAt = replaced.find(([generation]) => generation === presented)?.[1];
  if (replacedAt === undefined) return undefined;
  const { callers, reuses } = usesOf(replaced, presented);
  return { ageSeconds: Math.max(0, now - replacedAt), reuses, addresses: callers.length };
}

function usesOf(replaced: Generations['replaced'], presented: number): TokenUses {
  const uses = replaced.find(([generation]) => generation === presented)?.[2];
  return uses ?? { callers: [], reuses: 0 };
}

function withinGrace(
  replaced: Generations['replaced'],
  now: number,
  graceSeconds: number,
): Generations['replaced'] {
  return replaced.filter(([, at]) => now - at <= graceSeconds);
}
