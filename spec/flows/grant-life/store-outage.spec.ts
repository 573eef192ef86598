import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { memoryStorage } from '../../../lib/storage/memory-storage.js';
import { type Storage, StorageUnavailableError } from '../../../lib/storage/storage.js';
import { callTool, type OAuthClient, registerClient } from '../../support/oauth-client.js';
import { givenBack, linesWith, pass, until, upstreamRefreshes } from '../../support/upstream.js';
import { startWorld, type World } from '../../support/world.js';

const DAY = 86_400;

describe('a store that fails between Auth0’s response and the write', () => {
  let world: World;
  let client: OAuthClient;
  let tokens: Record<string, unknown>;
  let store: ReturnType<typeof flaky>;

  beforeEach(async () => {
    store = flaky(memoryStorage());
    world = await startWorld({ options: { storage: store.storage } });
    client = await registerClient(world.origin);
    tokens = await client.tokens();
    pass(world, DAY - 30);
  });
  afterEach(async () => {
    store.comeBack();
    await world.close();
  });

  /** The store fails once the request has reached Auth0, which has rotated by the time it responds. */
  async function refreshIntoAnOutage(): Promise<
    Promise<Awaited<ReturnType<OAuthClient['refresh']>>>
  > {
    world.tenant.fault('/oauth/token', { kind: 'delay', milliseconds: 200 }, 1);
    const response = client.refresh(tokens.refresh_token);
    await until(() => upstreamRefreshes(world).length === 1);
    store.goAway();
    return response;
  }

  it('callers get 503 after two seconds, and the new Auth0 token is stored when the store is back', async () => {
    const response = await refreshIntoAnOutage();
    expect([response.status, response.body.error]).toEqual([503, 'temporarily_unavailable']);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    // Six seconds in all, longer than any caller waits.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect((await client.refresh(tokens.refresh_token)).status).toBe(503);
    store.comeBack();
    await until(() => world.events.some(({ type }) => type === 'auth0_refreshed'));
    const later = await client.refresh(tokens.refresh_token);
    expect(later.status).toBe(200);
    expect((await callTool(world.mcp, later.body.access_token, 'downstream')).status).toBe(200);
    // Auth0 got one request, so its rotation saw no reuse.
    expect(upstreamRefreshes(world)).toHaveLength(1);
    pass(world, DAY - 30);
    expect((await client.refresh(later.body.refresh_token)).status).toBe(200);
  });

  it('close() waits until it is stored', async () => {
    await refreshIntoAnOutage();
    let isClosed = false;
    const closing = world.auth.close().then(() => {
      isClosed = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isClosed).toBe(false);
    store.comeBack();
    await closing;
    expect(world.events.some(({ type }) => type === 'auth0_refreshed')).toBe(true);
  });

  it('after a minute the write is given up, and logged', async () => {
    await refreshIntoAnOutage();
    world.advance(61);
    await until(() => linesWith(world, 'could not be stored').length === 1);
    expect(linesWith(world, 'could not be stored')[0]).not.toContain('v1.');
  });

  it('a grant revoked during the refresh stays revoked, and the new token is revoked at Auth0', async () => {
    world.tenant.configure({
      // Auth0 has rotated by now, and has not responded yet.
      async forge() {
        await world.auth.grants.revokeAll({ clientId: client.id });
      },
    });
    expect((await client.refresh(tokens.refresh_token)).body.error).toBe('invalid_grant');
    await until(() => givenBack(world).length === 2);
    expect(new Set(givenBack(world)).size).toBe(2);
  });
});

/** A store that can be made to refuse everything. */
function flaky(inner: Storage): { storage: Storage; goAway(): void; comeBack(): void } {
  let isAway = false;
  const storage = new Proxy(inner, {
    get(target, name) {
      const verb: unknown = Reflect.get(target, name, target);
      if (typeof verb !== 'function') return verb;
      return async (...args: unknown[]) => {
        if (isAway) throw new StorageUnavailableError('away, by order of a spec');
        return Reflect.apply(verb, target, args);
      };
    },
  });
  return {
    storage,
    goAway() {
      isAway = true;
    },
    comeBack() {
      isAway = false;
    },
  };
}
