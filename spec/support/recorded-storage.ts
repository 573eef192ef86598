import { memoryStorage } from '../../lib/storage/memory-storage.js';
import type { Storage } from '../../lib/storage/storage.js';

/** A store in memory, and every key and value that was ever written to it. */
export function recordedStorage(): { storage: Storage; written(): Buffer } {
  const chunks: Buffer[] = [];
  const inner = memoryStorage();
  const record = (key: string, ...values: readonly unknown[]): void => {
    chunks.push(Buffer.from(key));
    for (const value of values) if (value instanceof Uint8Array) chunks.push(Buffer.from(value));
  };
  const storage: Storage = {
    ...inner,
    set(key, ...rest) {
      record(key, ...rest);
      return inner.set(key, ...rest);
    },
    add(key, ...rest) {
      record(key, ...rest);
      return inner.add(key, ...rest);
    },
    update(key, ...rest) {
      record(key, ...rest);
      return inner.update(key, ...rest);
    },
  };
  return { storage, written: () => Buffer.concat(chunks) };
}
