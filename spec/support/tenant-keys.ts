import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createTenantKeys, type TenantKeys } from '../../lib/testing/keys.js';
import { ROOT } from './source-tree.js';

/** More than any spec uses at a time. */
const POOL_SIZE = 12;
const FOLDER = join(ROOT, 'node_modules/.cache');
const FILE = join(FOLDER, 'spec-rsa-keys.json');

/**
 * Signing keys for a tenant of a spec. Generating an RSA key takes longer than a whole login, so that they come
 * from a file, which the first spec writes.
 */
export function tenantKeys(): TenantKeys {
  return createTenantKeys(() => {
    pool ??= readPool() ?? writePool();
    const privateKey = createPrivateKey(pool[next++ % POOL_SIZE] ?? '');
    return { privateKey, publicKey: createPublicKey(privateKey) };
  });
}

let pool: readonly string[] | undefined;
let next = 0;

function readPool(): readonly string[] | undefined {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8'));
  } catch {
    return undefined;
  }
}

function writePool(): readonly string[] {
  const keys = Array.from({ length: POOL_SIZE }, () =>
    generateKeyPairSync('rsa', { modulusLength: 2048 })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
  );
  mkdirSync(FOLDER, { recursive: true });
  // Other workers write it at the same time: whole files only.
  writeFileSync(`${FILE}.${process.pid}`, JSON.stringify(keys), { mode: 0o600 });
  renameSync(`${FILE}.${process.pid}`, FILE);
  return keys;
}
