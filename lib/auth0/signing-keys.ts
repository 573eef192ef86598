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
import { hash } from 'node:crypto';

import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

import { Auth0Error } from './auth0.js';
import { type CachedDocument, createCachedDocument } from './cached-document.js';
import type { Auth0Metadata } from './discovery.js';
import type { Auth0Http } from './http.js';

/** Ten minutes: a key Auth0 revoked stops verifying after it. */
const FRESH_SECONDS = 10 * 60;

/** Renewed in use so long before: then no request waits for it. */
const RENEW_AHEAD_SECONDS = 2 * 60;

/** A `kid` we do not know causes at most one fetch in this time. */
const COOLDOWN_SECONDS = 30;

/** After a failed fetch the next one waits this long. */
const RETRY_SECONDS = 3;

/** Stands for a whole key set: the same keys have the same name. */
export type KeySetName = string;

type Find = JWTVerifyGetKey;
type Key = Awaited<ReturnType<Find>>;

/** See {@link createSigningKeys}. */
export interface SigningKeys {
  /** Key for a token's header, in jose's shape. @throws Auth0Error `unavailable`, never "invalid", when the keys cannot be had */
  readonly find: Find;
  /** As {@link find}, and the key set it was found in. */
  locate(...token: Parameters<Find>): Promise<{ readonly key: Key; readonly keySet: KeySetName }>;
  /**
   * The key set that counts now: what was verified with it need not be verified again. Undefined where
   * there is none, or where it is to be fetched anew first.
   */
  atHand(): KeySetName | undefined;
  /** Resolves once keys are at hand. @throws Auth0Error */
  ready(): Promise<void>;
}

interface KeySet {
  readonly name: KeySetName;
  readonly find: Find;
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
      return { ...(await fetchKeys(deps.http, jwksUri)), loadedAt: deps.now() };
    },
    now: deps.now,
    freshSeconds: FRESH_SECONDS,
    renewAheadSeconds: RENEW_AHEAD_SECONDS,
    retrySeconds: RETRY_SECONDS,
  });

  async function locate(...token: Parameters<Find>): Promise<{ key: Key; keySet: KeySetName }> {
    const known = await keySets.get();
    try {
      return { key: await known.find(...token), keySet: known.name };
    } catch (error) {
      if (!isUnknownKey(error)) throw error;
      if (Math.abs(deps.now() - known.loadedAt) < COOLDOWN_SECONDS) throw error;
    }
    const renewed = await keySets.renew();
    return { key: await renewed.find(...token), keySet: renewed.name };
  }

  return {
    find: async (...token) => (await locate(...token)).key,
    locate,
    atHand: () => keySets.atOnce()?.name,
    async ready() {
      await keySets.get();
    },
  };
}

async function fetchKeys(http: Auth0Http, url: string): Promise<Omit<KeySet, 'loadedAt'>> {
  const what = 'signing keys';
  const { status, body } = await http({ what, url, isRepeatable: true });
  if (status !== 200 || !Array.isArray(body?.['keys'])) {
    throw new Auth0Error('unavailable', `${what}: ${url} answered ${status} without a key set`);
  }
  try {
    const find = createLocalJWKSet(body as unknown as JSONWebKeySet);
    return { name: hash('sha256', JSON.stringify(body['keys']), 'base64url'), find };
  } catch {
    throw new Auth0Error('unavailable', `${what}: ${url} answered a malformed key set`);
  }
}

function isUnknownKey(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_JWKS_NO_MATCHING_KEY';
}
