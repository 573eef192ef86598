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
import type { GrantRecord } from '../storage/records.js';

/** The part of a grant that rotation reads and changes. */
export type Generations = Pick<GrantRecord, 'generation' | 'replaced'>;

/**
 * `current`: rotate. `recent`: answer with the newest generation, change nothing. `replayed`: the
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

/** The next generation after `presented`, with what has left the window forgotten. */
export function nextGeneration(
  { replaced }: Generations,
  presented: number,
  now: number,
  graceSeconds: number,
): Generations {
  return {
    generation: presented + 1,
    replaced: [...withinGrace(replaced, now, graceSeconds), [presented, now]],
  };
}

function withinGrace(
  replaced: Generations['replaced'],
  now: number,
  graceSeconds: number,
): Generations['replaced'] {
  return replaced.filter(([, at]) => now - at <= graceSeconds);
}
