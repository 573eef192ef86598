/**
 * What a Redis says about itself, for whoever sets it up.
 *
 * `INFO` and not `CONFIG GET`: hosted servers forbid the latter.
 *
 * @module
 */
import { ownConnection } from './connection.js';

/** Settings that decide whether logins survive in it. */
export interface RedisFacts {
  /** What it does when it is full; undefined where it does not say. */
  readonly maxmemoryPolicy: string | undefined;
  /** When it is full; 0 means never. */
  readonly maxmemoryBytes: number;
}

/** Asks the server behind a URL, over a connection of its own. @throws StorageUnavailableError */
export async function redisFacts(url: string): Promise<RedisFacts> {
  const connection = ownConnection(url);
  try {
    const info = await connection.run((client) =>
      (client as unknown as { info(section: string): Promise<string> }).info('memory'),
    );
    return {
      maxmemoryPolicy: field(info, 'maxmemory_policy'),
      maxmemoryBytes: Number(field(info, 'maxmemory') ?? 0),
    };
  } finally {
    await connection.close();
  }
}

/** A line `name:value` of `INFO`. */
function field(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:([^\\r\\n]+)`, 'm').exec(info)?.[1];
}
