/**
 * How long the storage takes, verb by verb.
 *
 * @module
 */
import type { Storage } from '../storage/storage.js';
import { errorType } from './outcome.js';
import type { Telemetry } from './telemetry.js';

type Verb = {
  [Name in keyof Storage]-?: Storage[Name] extends (...args: never) => Promise<unknown>
    ? Name
    : never;
}[keyof Storage];

/** The verbs of one key or index: what requests wait for. */
const VERBS = [
  'get',
  'set',
  'add',
  'take',
  'update',
  'delete',
  'addMember',
  'removeMember',
  'members',
] as const satisfies readonly Verb[];

/** The same storage, measured. What is not a verb is the storage's own. */
export function observeStorage(storage: Storage, telemetry: Telemetry): Storage {
  const measured = VERBS.map((verb) => [verb, measuredVerb(storage, verb, telemetry)] as const);
  const replaced = new Map<string | symbol, unknown>(measured);
  return new Proxy(storage, {
    get(target, name) {
      const own = replaced.get(name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name, target);
      // A class of the operator's may have private members, which only the object itself has.
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function measuredVerb(storage: Storage, verb: Verb, telemetry: Telemetry): unknown {
  const call = (storage[verb] as (...args: unknown[]) => Promise<unknown>).bind(storage);
  const good = { 'auth0_mcp.operation': verb };
  return async function measure(...args: unknown[]): Promise<unknown> {
    const startedAtMs = performance.now();
    let attributes: Parameters<Telemetry['record']>[2] = good;
    try {
      return await call(...args);
    } catch (error) {
      attributes = { ...good, 'error.type': errorType(error) };
      throw error;
    } finally {
      const seconds = (performance.now() - startedAtMs) / 1000;
      telemetry.record('auth0_mcp.storage.duration', seconds, attributes);
    }
  };
}
