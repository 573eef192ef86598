/** A storage that tells of every verb before and after it runs. */
import { STORAGE_VERBS, type StorageVerb } from '../../lib/storage/checked-storage.js';
import type { Storage } from '../../lib/storage/storage.js';

/** Called around each verb. */
export interface Watcher {
  before?(verb: StorageVerb, key: string): void;
  after?(verb: StorageVerb, key: string, outcome: unknown): void;
}

/** The same store, watched; also what its `open()` gives. */
export function watchStorage(inner: Storage, watcher: Watcher): Storage {
  const watched = Object.fromEntries(
    STORAGE_VERBS.map((verb) => [verb, watchVerb(inner, verb, watcher)]),
  );
  const { open } = inner;
  return {
    ...inner,
    ...watched,
    ...(open && { open: (namespace: string) => watchStorage(open(namespace), watcher) }),
  };
}

function watchVerb(inner: Storage, verb: StorageVerb, { before, after }: Watcher): unknown {
  const run = inner[verb] as (...args: unknown[]) => Promise<unknown>;
  return async (...args: unknown[]) => {
    const key = String(args[0]);
    before?.(verb, key);
    const outcome = await run(...args);
    after?.(verb, key, outcome);
    return outcome;
  };
}
