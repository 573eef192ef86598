/**
 * How long the storage takes, verb by verb.
 *
 * @module
 */
import type { Storage } from '../storage/storage.js';
import { STORAGE_VERBS, type StorageVerb, withMembers } from '../storage/verbs.js';
import { errorType } from './outcome.js';
import type { Telemetry } from './telemetry.js';

/** The same storage, measured. What is not a verb is the storage's own. */
export function observeStorage(storage: Storage, telemetry: Telemetry): Storage {
  const measured = STORAGE_VERBS.map(
    (verb) => [verb, measuredVerb(storage, verb, telemetry)] as const,
  );
  const replaced = new Map<string | symbol, unknown>(measured);
  return withMembers(storage, replaced);
}

function measuredVerb(storage: Storage, verb: StorageVerb, telemetry: Telemetry): unknown {
  const call = (storage[verb] as (...args: unknown[]) => Promise<unknown>).bind(storage);
  const end = stopwatch(verb, telemetry);
  return async function measure(...args: unknown[]): Promise<unknown> {
    if (!telemetry.isOn()) return call(...args);
    const startedAtMs = performance.now();
    let failure: { error: unknown } | undefined;
    try {
      return await call(...args);
    } catch (error) {
      failure = { error };
      throw error;
    } finally {
      end(startedAtMs, failure);
    }
  };
}

/** Records how long a verb took since, and how it failed if it did. */
function stopwatch(verb: StorageVerb, telemetry: Telemetry) {
  const good = { 'auth0_mcp.operation': verb };
  return function end(startedAtMs: number, failure?: { error: unknown }): void {
    const seconds = (performance.now() - startedAtMs) / 1000;
    const attributes =
      failure === undefined ? good : { ...good, 'error.type': errorType(failure.error) };
    telemetry.record('auth0_mcp.storage.duration', seconds, attributes);
  };
}
