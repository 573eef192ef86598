import { describe, expect, it, jest } from '@jest/globals';

import { KEY_COMMAND } from '../../../lib/config/rules/tokens.js';
import { memoryStorage } from '../../../lib/storage/memory-storage.js';
import { localStorage, REQUIRED, refusalOf, resolveExactly, resolveWith } from '../resolve-with.js';

/** A storage that others can read: it keeps no secret. */
const { localSecret: _left, ...shared } = localStorage;
const jwtSigningKey = 'k'.repeat(40);

describe('storage', () => {
  it('is the embedded one unless another is given', () => {
    expect(resolveWith().config.storage).toBe(localStorage);
    const storage = memoryStorage();
    expect(resolveWith({ storage, jwtSigningKey }).config.storage).toBe(storage);
  });

  it('may be an instance of a class', () => {
    class Custom {}
    Object.assign(Custom.prototype, memoryStorage());
    const storage = new Custom();
    expect(resolveWith({ storage, jwtSigningKey }).config.storage).toBe(storage);
  });

  it('needs a jwtSigningKey where it keeps no secret of its own', () => {
    const error = refusalOf({ storage: shared });
    expect(error.option).toBe('jwtSigningKey');
    expect(error.message).toContain(KEY_COMMAND);
  });

  it('needs a jwtSigningKey with Redis by URL', () => {
    const error = refusalOf({}, { AUTH0_MCP_REDIS_URL: 'redis://localhost:6379' });
    expect(error.option).toBe('jwtSigningKey');
  });

  it.each(['redis', 'redis:hunter2@h', 'http://u:hunter2@h', 'redis:///0', 'rediss://'])(
    'refuses the Redis URL %s, without its password',
    (url) => {
      const error = refusalOf({ jwtSigningKey }, { AUTH0_MCP_REDIS_URL: url });
      expect(error.message).toMatch(/AUTH0_MCP_REDIS_URL\): received a string of \d+ characters/);
      expect(error.message).not.toContain('hunter2');
    },
  );

  it.each([['redis://u:p@h'], [{}], [{ get() {}, set() {} }], [() => localStorage], [null]])(
    '%#: refuses what is no storage, and says how to get one',
    (storage) => {
      const error = refusalOf({ storage });
      expect(error.option).toBe('storage');
      expect(error.message).toContain('redisStorage({ client })');
      expect(error.message).not.toContain('u:p@h');
    },
  );
});

describe('logger and onEvent', () => {
  it('come from the caller as they are', () => {
    const { debug, info, warn, error } = console;
    const logger = { debug, info, warn, error };
    const onEvent = jest.fn();
    const config = resolveExactly({ ...REQUIRED, logger, onEvent });
    expect(config.logger).toBe(logger);
    expect(config.onEvent).toBe(onEvent);
  });

  it('are the console and nothing by default', () => {
    const config = resolveExactly(REQUIRED);
    expect(Object.keys(config.logger)).toEqual(['debug', 'info', 'warn', 'error']);
    expect(config.onEvent).toBeUndefined();
  });

  it.each([[{}], [{ warn() {}, error() {} }], ['pino'], [null], [() => {}]])(
    '%#: refuses what is no logger',
    (logger) => {
      expect(refusalOf({ logger }).message).toContain('debug, info, warn, error');
    },
  );

  it.each([['log'], [{}], [null]])('%#: refuses what is no listener', (onEvent) => {
    expect(refusalOf({ onEvent }).option).toBe('onEvent');
  });
});
