/**
 * Auth0's signing keys: found by `kid`, refetched for a new one, kept while Auth0 is away.
 *
 * Spec: RFC 7517 §5; OpenID Connect Core 1.0 §10.1.1 (rotation).
 *
 * Auth0 publishes the next key ahead of its use, so a rotation usually needs no refetch at all. The
 * keys we have keep verifying through an outage.
 *
 * @module
 */
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

import { Auth0Error } from './auth0.js';
import { type CachedDocument, createCachedDocument } from './cached-document.js';
import type { Auth0Metadata } from './discovery.js';
import type { Auth0Http } from './http.js';

/** Ten minutes: a key Auth0 revoked stops verifying after it. */
const FRESH_SECONDS = 10 * 60;

/** A `kid` we do not know causes at most one fetch in this time. */
const COOLDOWN_SECONDS = 30;

/** After a failed fetch the next one waits this long. */
const RETRY_SECONDS = 3;

/** See {@link createSigningKeys}. */
export interface SigningKeys {
  /** Key for a token's header, in jose's shape. @throws Auth0Error `unavailable`, never "invalid", when the keys cannot be had */
  readonly find: JWTVerifyGetKey;
  /** Resolves once keys are at hand. @throws Auth0Error */
  ready(): Promise<void>;
}

interface KeySet {
  readonly find: JWTVerifyGetKey;
  readonly loadedAt: number;
}

/** Nothing is fetched before the first call. */
export function createSigningKeys(deps: {
  discovery: CachedDocument<Auth0Metadata>;
  http: Auth0Http;
  now: () => number;
}): SigningKeys {
  const keySets = createCachedDocument<KeySet>({
    load: async () => {
      const { jwksUri } = await deps.discovery.get();
      return { find: await fetchKeys(deps.http, jwksUri), loadedAt: deps.now() };
    },
    now: deps.now,
    freshSeconds: FRESH_SECONDS,
    retrySeconds: RETRY_SECONDS,
  });
  return {
    async find(header, token) {
      const known = await keySets.get();
      try {
        return await known.find(header, token);
      } catch (error) {
        if (!isUnknownKey(error)) throw error;
        if (Math.abs(deps.now() - known.loadedAt) < COOLDOWN_SECONDS) throw error;
      }
      const renewed = await keySets.renew();
      return renewed.find(header, token);
    },
    async ready() {
      await keySets.get();
    },
  };
}

async function fetchKeys(http: Auth0Http, url: string): Promise<JWTVerifyGetKey> {
  const what = 'signing keys';
  const { status, body } = await http({ what, url, isRepeatable: true });
  if (status !== 200 || !Array.isArray(body?.['keys'])) {
    throw new Auth0Error('unavailable', `${what}: ${url} answered ${status} without a key set`);
  }
  try {
    return createLocalJWKSet(body as unknown as JSONWebKeySet);
  } catch {
    throw new Auth0Error('unavailable', `${what}: ${url} answered a malformed key set`);
  }
}

function isUnknownKey(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_JWKS_NO_MATCHING_KEY';
}
