/**
 * Notes that tokens have reached somebody, which ends every right to redeem their code again.
 *
 * In the background: the client has its answer, and must not wait for a note. A note that is lost
 * with its process is made up for at the first use of a token.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';

import type { GrantRecord } from '../storage/records.js';
import { settled } from './authorization-code.js';
import type { GrantStore } from './grant-store.js';
import type { Supersede } from './supersession.js';

/** Writes notes of delivery. */
export interface Deliveries {
  /**
   * The tokens of this grant have left, or were used.
   *
   * @param from the grant, where it is in hand
   */
  note(grantId: string, from?: GrantRecord): void;
  /** Resolves once no note is under way. */
  settled(): Promise<void>;
}

/** Pauses before a note is tried again: longer in all than a waiting redemption waits. */
const RETRIES_MS = [0, 200, 500, 1000, 2000];

export function createDeliveries(
  store: Pick<GrantStore, 'find' | 'update'>,
  supersede: Supersede,
): Deliveries {
  const running = new Map<string, Promise<void>>();

  async function write(grantId: string, from?: GrantRecord): Promise<void> {
    for (const pauseMs of RETRIES_MS) {
      if (pauseMs > 0) await sleep(pauseMs);
      try {
        const settle = (current: GrantRecord): GrantRecord | undefined =>
          current.code.answering === undefined
            ? undefined
            : { ...current, code: settled(current.code) };
        const grant = from ?? (await store.find(grantId));
        if (grant?.code.answering !== undefined) await supersede(grantId, grant);
        await store.update(grantId, settle, from);
        return;
      } catch {
        // The store is away. Nobody waits for this, and the first use of a token tries again.
      }
    }
  }

  return {
    note(grantId, from) {
      if (running.has(grantId)) return;
      const task = write(grantId, from).finally(() => running.delete(grantId));
      running.set(grantId, task);
    },
    async settled() {
      await Promise.all(running.values());
    },
  };
}
