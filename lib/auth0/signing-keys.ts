/**
 * Auth0's signing keys (RFC 7517 §5, OpenID Connect Core 1.0 §10.1.1). Auth0 publishes the next key before it is used,
 * so a rotation usually needs no extra fetch. During an outage the last keys stay in use.
 */
import { hash } from 'node:crypto';

import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

import { Auth0Error } from './auth0.js';
import { type CachedDocument, createCachedDocument } from './cached-document.js';
import type { Auth0Metadata } from './discovery.js';
import type { Auth0Http } from './http.js';

/** Ten minutes: after that a revoked key is no longer accepted. */
const FRESH_SECONDS = 10 * 60;

/** Keys in use are refreshed this long before they expire, so that no request waits. */
const RENEW_AHEAD_SECONDS = 2 * 60;

/** Minimum time between fetches for unknown values of `kid`. */
const COOLDOWN_SECONDS = 30;

/** Hash of a key set. */
export type KeySetId = string;

type Find = JWTVerifyGetKey;
type Key = Awaited<ReturnType<Find>>;

export interface SigningKeys {
  /** The key for a token header, with the key set it belongs to. @throws Auth0Error `unavailable` */
  find(...token: Parameters<Find>): Promise<{ readonly key: Key; readonly keySet: KeySetId }>;
  /** The current key set, unless it has to be fetched. */
  currentSet(): KeySetId | undefined;
  /** Fetches the keys. @throws Auth0Error */
  ready(): Promise<void>;
}

interface KeySet {
  readonly id: KeySetId;
  readonly find: Find;
  readonly loadedAt: number;
}

export function createSigningKeys(
  discovery: CachedDocument<Auth0Metadata>,
  http: Auth0Http,
  now: () => number,
): SigningKeys {
  async function fetchKeySet(): Promise<KeySet> {
    const { jwksUri } = await discovery.get();
    return { ...(await fetchKeys(http, jwksUri)), loadedAt: now() };
  }
  const keySets = createCachedDocument(fetchKeySet, now, FRESH_SECONDS, RENEW_AHEAD_SECONDS);

  return {
    async find(...token) {
      const keySet = await keySets.get();
      try {
        return { key: await keySet.find(...token), keySet: keySet.id };
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        if (Math.abs(now() - keySet.loadedAt) < COOLDOWN_SECONDS) throw error;
      }
      const renewed = await keySets.renew();
      return { key: await renewed.find(...token), keySet: renewed.id };
    },
    currentSet: () => keySets.cached()?.id,
    async ready() {
      await keySets.get();
    },
  };
}

async function fetchKeys(http: Auth0Http, url: string): Promise<Omit<KeySet, 'loadedAt'>> {
  const what = 'signing keys';
  const { status, body } = await http({ what, url, isRepeatable: true });
  if (status !== 200 || !Array.isArray(body?.['keys'])) {
    throw new Auth0Error(
      'unavailable',
      `${what}: ${url} responded with ${status} without a key set`,
    );
  }
  try {
    const find = createLocalJWKSet(body as unknown as JSONWebKeySet);
    return { id: hash('sha256', JSON.stringify(body['keys']), 'base64url'), find };
  } catch {
    throw new Auth0Error('unavailable', `${what}: ${url} returned a malformed key set`);
  }
}
