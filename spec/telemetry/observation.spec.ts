import { describe, expect, it } from '@jest/globals';

import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { createObservation } from '../../lib/telemetry/observation.js';
import type { Telemetry } from '../../lib/telemetry/telemetry.js';

const now = (): number => 0;

function recorder(): { telemetry: Telemetry; recorded: unknown[] } {
  const recorded: unknown[] = [];
  const telemetry: Telemetry = {
    isOn: () => true,
    span: (_name, _options, run) => run({ set: () => undefined, fail: () => undefined }),
    count: () => undefined,
    record: (_name, _seconds, attributes) => recorded.push(attributes),
    watch: () => undefined,
  };
  return { telemetry, recorded };
}

/** A storage as an operator may write one: a class with private members. */
class OwnStorage {
  readonly description = 'a store of their own';
  #values = new Map<string, Uint8Array>();
  async get(key: string) {
    return this.#values.get(key);
  }
  async set(key: string, value: Uint8Array) {
    this.#values.set(key, value);
  }
  async add() {
    return true;
  }
  async take(key: string) {
    return this.#values.get(key);
  }
  async update() {
    return true;
  }
  async delete() {}
  async addMember() {}
  async removeMember() {}
  async members() {
    return [];
  }
  async ready() {
    if (this.#values.size > 100) throw new Error('full');
  }
}

describe('the observation', () => {
  it('leaves every port as it is where nobody observes', () => {
    const observe = createObservation(undefined, now);
    const storage = memoryStorage();
    const verify = async () => {
      throw new Error('not called');
    };
    expect(observe.storage(storage)).toBe(storage);
    expect(observe.bearer(verify)).toBe(verify);
  });

  it('measures the verbs of a storage that is a class, and passes on the rest of it', async () => {
    const { telemetry, recorded } = recorder();
    const storage = createObservation(telemetry, now).storage(new OwnStorage());
    await storage.set('key', new Uint8Array([1]), 60);
    expect(await storage.get('key')).toEqual(new Uint8Array([1]));
    expect(recorded).toEqual([{ 'auth0_mcp.operation': 'set' }, { 'auth0_mcp.operation': 'get' }]);
    await storage.ready?.();
    expect(storage.description).toBe('a store of their own');
    expect(storage.localSecret).toBeUndefined();
    expect(storage.rateLimitStore).toBeUndefined();
  });

  it('calls an error by its type, and passes it on', async () => {
    const { telemetry, recorded } = recorder();
    const broken = {
      ...memoryStorage(),
      get: async () => Promise.reject(new Error('secret text')),
    };
    const storage = createObservation(telemetry, now).storage(broken);
    await expect(storage.get('key')).rejects.toThrow('secret text');
    expect(recorded).toEqual([{ 'auth0_mcp.operation': 'get', 'error.type': '_OTHER' }]);
  });
});
