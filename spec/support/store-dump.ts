/** All bytes of a durable store, as a thief of it would have them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { createClient, RESP_TYPES } from 'redis';

/** Every key of a Redis with its whole value, whatever its type. */
export async function dumpRedis(url: string): Promise<Buffer> {
  const client = createClient({ url });
  await client.connect();
  const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const parts: Buffer[] = [];
  for (const key of await client.keys('*')) {
    parts.push(Buffer.from(key));
    const type = await client.type(key);
    if (type === 'string') parts.push((await bytes.get(key)) ?? Buffer.alloc(0));
    else if (type === 'zset') parts.push(...(await bytes.zRange(key, 0, -1)));
    else if (type === 'hash') {
      for (const [field, value] of Object.entries(await bytes.hGetAll(key))) {
        parts.push(Buffer.from(field), value as Buffer);
      }
    } else throw new Error(`nothing here should be a ${type}: ${key}`);
  }
  client.destroy();
  return Buffer.concat(parts.flatMap((part) => [part, Buffer.from('\n')]));
}

/** The files of an embedded store but for its secret key, which lies beside the database. */
export function dumpEmbedded(directory: string): Buffer {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name !== 'secret.key',
  );
  return Buffer.concat(files.map(({ parentPath, name }) => readFileSync(join(parentPath, name))));
}
