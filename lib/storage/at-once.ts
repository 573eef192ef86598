/** A value, or a promise where it has to be fetched. */
export type AtOnce<T> = T | Promise<T>;
