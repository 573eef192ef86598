/**
 * Runs `create` at the first call. A failure is forgotten, so that the next call tries again: what cannot be loaded now
 * may be later, for example once there are file descriptors again.
 */
export function once<T>(create: () => Promise<T>): () => Promise<T> {
  let created: Promise<T> | undefined;
  return function getOrCreate() {
    created ??= create().catch((error: unknown) => {
      created = undefined;
      throw error;
    });
    return created;
  };
}
