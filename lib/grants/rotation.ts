/**
 * Refresh token rotation: pure rules on generations.
 *
 * Clients refresh in parallel, retry, and come from two addresses at once, so a generation that was
 * just replaced still gets the same successor; one that was replaced longer ago is a replay.
 *
 * Spec: RFC 9700 §4.14.2; requirements R-TK-12, CLI-41.
 *
 * @module
 */
import { type GrantRecord, MAX_CALLERS, MAX_REUSES, type TokenUses } from '../storage/records.js';

/** The part of a grant that rotation reads and changes. */
export type Generations = Pick<GrantRecord, 'generation' | 'replaced'>;

/**
 * `current`: rotate. `recent`: answer with the newest generation, count the use. `replayed`: the
 * token was replaced longer ago than the grace window: end the grant.
 */
export type Presented = 'current' | 'recent' | 'replayed';

/**
 * Replacements remembered at most. A client that rotates faster than this within the window gets
 * the newest generation again instead of a new one: nothing of its own is forgotten.
 */
const MAX_REMEMBERED = 32;

/** What a presented generation is, at `now` (unix seconds). */
export function judgeGeneration(
  { generation, replaced }: Generations,
  presented: number,
  now: number,
  graceSeconds: number,
): Presented {
  // Above the newest one: its tag proves that we made it, so the store has lost a write since
  // (a failover, a restored backup). The client is right and the store catches up.
  if (presented >= generation) {
    return withinGrace(replaced, now, graceSeconds).length < MAX_REMEMBERED ? 'current' : 'recent';
  }
  const replacedAt = replaced.find(([number]) => number === presented)?.[1];
  if (replacedAt === undefined) return 'replayed';
  return now - replacedAt <= graceSeconds ? 'recent' : 'replayed';
}

/**
 * The next generation after `presented`, with what has left the window forgotten.
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

/** Counts one more use of a replaced generation; undefined where nothing more is counted. */
export function countReuse(
  { replaced }: Generations,
  presented: number,
  caller: string,
): Pick<Generations, 'replaced'> | undefined {
  const uses = usesOf(replaced, presented);
  const isNew = !uses.callers.includes(caller) && uses.callers.length < MAX_CALLERS;
  if (!isNew && uses.reuses >= MAX_REUSES) return undefined;
  const counted: TokenUses = {
    callers: isNew ? [...uses.callers, caller] : uses.callers,
    reuses: Math.min(uses.reuses + 1, MAX_REUSES),
  };
  return {
    replaced: replaced.map((entry) =>
      entry[0] === presented ? [entry[0], entry[1], counted] : entry,
    ),
  };
}

/** What is told of a replaced generation; undefined for one that is not. */
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
