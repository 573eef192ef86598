import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { STORAGE_VERBS, type StorageVerb } from '../../../lib/storage/checked-storage.js';
import { memoryStorage } from '../../../lib/storage/memory-storage.js';
import type { Storage } from '../../../lib/storage/storage.js';
import {
  callTool,
  type OAuthClient,
  registerClient,
  toolResult,
} from '../../support/oauth-client.js';
import { ALWAYS_DUE, linesWith } from '../../support/upstream.js';
import { startWorld, type World } from '../../support/world.js';

/** As `fetch` fails: nothing that this library knows. */
const failure = (): Error => new TypeError('fetch failed');

describe('a storage of the app that fails with errors of its own', () => {
  let world: World;
  let client: OAuthClient;
  let tokens: Record<string, unknown>;
  let away: readonly StorageVerb[];

  beforeEach(async () => {
    away = [];
    world = await startWorld({ tenant: ALWAYS_DUE, options: { storage: driver() } });
    client = await registerClient(world.origin);
    tokens = await client.tokens();
  });
  afterEach(async () => {
    away = [];
    await world.close();
  });

  /** Without `look`, as a driver that is written in an afternoon. */
  function driver(): Storage {
    const inner = memoryStorage();
    const verbs = STORAGE_VERBS.map((verb) => [
      verb,
      async (...args: unknown[]) => {
        if (away.includes(verb)) throw failure();
        return Reflect.apply(inner[verb], inner, args);
      },
    ]);
    return { ...inner, ...Object.fromEntries(verbs) };
  }

  it('is an outage to clients: 503 with Retry-After, and the original error in the log', async () => {
    const code = (await client.logIn()).get('code') ?? '';
    away = STORAGE_VERBS;
    const responses = [
      await callTool(world.mcp, tokens.access_token, 'whoami'),
      await client.redeem(code),
      await client.refresh(tokens.refresh_token),
    ];
    for (const { status, headers, body } of responses) {
      expect([status, body.error]).toEqual([503, 'temporarily_unavailable']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(linesWith(world, 'fetch failed').length).toBeGreaterThan(0);
    away = [];
    expect((await client.redeem(code)).status).toBe(200);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
  });

  it('leaves a tool the current Auth0 token while it is valid', async () => {
    // Due for renewal, which needs a lease in the store.
    away = ['update'];
    const response = await callTool(world.mcp, tokens.access_token, 'downstream');
    expect(response.status).toBe(200);
    expect(toolResult(response)).toEqual({ isJwt: true });
  });
});
