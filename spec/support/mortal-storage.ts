import type { Storage } from '../../lib/storage/storage.js';

/** A store as a process sees it that stops in its tracks: nothing it began ends. */
export function mortal(inner: Storage): { storage: Storage; die(): void; revive(): void } {
  let isDead = false;
  const waiting: (() => void)[] = [];
  const storage = new Proxy(inner, {
    get(target, name) {
      const verb: unknown = Reflect.get(target, name, target);
      if (typeof verb !== 'function') return verb;
      return async (...args: unknown[]) => {
        if (isDead) await new Promise<void>((resolve) => waiting.push(resolve));
        return Reflect.apply(verb, target, args);
      };
    },
  });
  return {
    storage,
    die() {
      isDead = true;
    },
    revive() {
      isDead = false;
      for (const resume of waiting) resume();
    },
  };
}
