/** A core for specs that construct one component. */
import { randomBytes } from 'node:crypto';

import type { Config } from '../../lib/config/config.js';
import { resolveConfig } from '../../lib/config/resolve.js';
import { type Core, createCore, type HostEnvironment } from '../../lib/core.js';
import { embeddedStorage } from '../../lib/storage/embedded/embedded-storage.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { redisStorage } from '../../lib/storage/redis/redis-storage.js';

const quiet = (): void => {};

export interface TestCoreOptions extends Partial<HostEnvironment> {
  /** In place of the configuration that valid options result in. */
  readonly config?: Partial<Config>;
}

/** Issuer `https://mcp.example`, resource `https://mcp.example/mcp`, random keys, storage in memory. */
export function testCore({ config, ...host }: TestCoreOptions = {}): Core {
  const now = host.now ?? (() => Math.floor(Date.now() / 1000));
  const resolved = resolveConfig(
    {
      configUrl: 'https://tenant.example/.well-known/openid-configuration',
      clientId: 'application',
      clientSecret: 'secret',
      audience: 'https://api.example',
      baseUrl: 'https://mcp.example',
      jwtSigningKey: randomBytes(32).toString('base64url'),
      storage: memoryStorage({ now }),
      logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    },
    {},
    { embeddedStorage, redisStorage },
  );
  return createCore({ ...resolved, ...config }, { ...host, now });
}
