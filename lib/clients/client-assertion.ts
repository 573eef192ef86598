/** Client authentication with a signed JWT, `private_key_jwt` (RFC 7523 §2.2 and §3, OpenID Connect Core §9). */
import { createHash } from 'node:crypto';

import {
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose';

import type { Client } from './client.js';
import type { ClientKeySet, FindClientKeys } from './metadata-documents/client-keys.js';
import { ClientMetadataError } from './metadata-documents/client-metadata-error.js';

/** Signature algorithms accepted: asymmetric ones only. */
export const CLIENT_ASSERTION_ALGORITHMS: readonly string[] = [
  'ES256',
  'RS256',
  'PS256',
  'EdDSA',
  'Ed25519',
];

/** Longest time until an assertion expires. */
const MAX_LIFETIME_SECONDS = 5 * 60;
/** Permitted difference from the client's clock, and between clocks of two instances. */
const CLOCK_TOLERANCE_SECONDS = 60;
/** Keys tried for an assertion without `kid`: enough while a client rotates its keys. */
const MAX_KEYS_TRIED = 3;
/** Longest assertion, in characters. */
const MAX_ASSERTION_LENGTH = 8 * 1024;
/** draft-ietf-oauth-rfc7523bis §4, and the type that client ID metadata documents recommend. */
const TYPES: readonly string[] = ['jwt', 'client-authentication+jwt', 'oauth-client-auth+jwt'];

/** The assertion does not authenticate the client. The response is that of any failed client authentication. */
export class ClientAssertionError extends Error {
  override readonly name = 'ClientAssertionError';
  readonly code = 'ERR_CLIENT_ASSERTION';
  /** The reason, for the log. */
  readonly detail: string;

  constructor(detail: string, cause?: unknown) {
    super('The client assertion is not valid', { cause });
    this.detail = detail;
  }
}

/** A `jti` to be stored. */
interface UsedAssertion {
  /** A hash of `jti` and client, 43 characters. */
  readonly key: string;
  /** The grant of the code or token it came with. */
  readonly grantId: string;
  readonly ttlSeconds: number;
}

/** Stores a `jti`. Of parallel callers with the same one exactly one gets true. */
export type StoreJti = (used: UsedAssertion) => Promise<boolean>;

/**
 * Marks the assertion as used, with a code or token of this grant.
 *
 * @throws ClientAssertionError it was used before
 */
export type UseAssertion = (grantId: string) => Promise<void>;

/**
 * Verifies an assertion with the client's published keys. Nothing is stored yet: anyone can sign assertions for a
 * document of their own, so one is marked as used only with a genuine code or token.
 *
 * @throws ClientAssertionError it is not valid
 * @throws ClientMetadataError the client's keys cannot be fetched
 */
export type VerifyClientAssertion = (
  assertion: string,
  client: ClientWithKeys,
) => Promise<UseAssertion>;

type ClientWithKeys = Pick<Client, 'id' | 'jwks' | 'jwksUri'>;

/** @param issuer of this server: the only audience */
export function createClientAssertions(
  findKeys: FindClientKeys,
  storeJti: StoreJti,
  issuer: string,
  now: () => number,
): VerifyClientAssertion {
  return async function verifyClientAssertion(assertion, client) {
    if (assertion.length > MAX_ASSERTION_LENGTH) throw new ClientAssertionError('too long');
    const verifyWithKeys = ({ keys }: ClientKeySet): Promise<JWTPayload> =>
      verifySignature(assertion, client.id, keys, issuer, now());
    const cachedKeys = await findKeys(client);
    let payload: JWTPayload;
    try {
      payload = await verifyWithKeys(cachedKeys).catch(async (error: unknown) => {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        // The client may have rotated its keys since they were cached.
        return verifyWithKeys(await findKeys(client, { isRenewal: true }));
      });
    } catch (error) {
      throw asAssertionError(error);
    }
    const { jti, ttlSeconds } = requireSingleUse(payload, now());
    const key = createHash('sha256')
      .update(JSON.stringify([client.id, jti]))
      .digest('base64url');
    return async function useAssertion(grantId) {
      // RFC 7523 §3 item 7.
      const isNew = await storeJti({ key, grantId, ttlSeconds });
      if (!isNew) throw new ClientAssertionError('jti was used before');
    };
  };
}

async function verifySignature(
  assertion: string,
  clientId: string,
  keys: ClientKeySet['keys'],
  issuer: string,
  now: number,
): Promise<JWTPayload> {
  const options = {
    algorithms: [...CLIENT_ASSERTION_ALGORITHMS],
    issuer: clientId,
    subject: clientId,
    requiredClaims: ['exp', 'jti'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(now * 1000),
  };
  try {
    const keySet = createLocalJWKSet({ keys: [...keys] } as JSONWebKeySet);
    return checked(await jwtVerify(assertion, keySet, options), issuer);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    // No `kid` in the header and several keys that fit: each attempt costs a verification.
    let tried = 0;
    for await (const key of error) {
      if (tried === MAX_KEYS_TRIED) {
        throw new ClientAssertionError(
          `none of the first ${MAX_KEYS_TRIED} keys fits: kid is missing`,
        );
      }
      tried += 1;
      try {
        return checked(await jwtVerify(assertion, key, options), issuer);
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

function checked({ payload, protectedHeader }: JWTVerifyResult, issuer: string): JWTPayload {
  const { typ = 'JWT' } = protectedHeader;
  // RFC 8725 §3.11: a JWT made for another purpose is not an assertion.
  if (!TYPES.includes(typ.toLowerCase().replace(/^application\//, ''))) {
    throw new ClientAssertionError('typ is not that of a client assertion');
  }
  // draft-ietf-oauth-rfc7523bis §4: the issuer as the only value, so that no other server can use it.
  const audiences = [payload.aud ?? []].flat();
  if (audiences.length !== 1 || audiences[0] !== issuer) {
    throw new ClientAssertionError('aud is not the issuer alone');
  }
  return payload;
}

function requireSingleUse(
  { jti, exp, iat }: JWTPayload,
  now: number,
): { jti: string; ttlSeconds: number } {
  if (typeof jti !== 'string' || jti === '') throw new ClientAssertionError('jti is missing');
  if (exp === undefined || exp > now + MAX_LIFETIME_SECONDS + CLOCK_TOLERANCE_SECONDS) {
    throw new ClientAssertionError(`exp is more than ${MAX_LIFETIME_SECONDS} s ahead`);
  }
  if (iat !== undefined && iat > now + CLOCK_TOLERANCE_SECONDS) {
    throw new ClientAssertionError('iat is in the future');
  }
  // As long as the assertion is accepted, also by an instance whose clock is behind.
  return { jti, ttlSeconds: Math.max(1, Math.ceil(exp - now) + 2 * CLOCK_TOLERANCE_SECONDS) };
}

/** A bad key surfaces as a TypeError or DOMException of the platform, so this takes any error. */
function asAssertionError(error: unknown): unknown {
  if (error instanceof ClientAssertionError || error instanceof ClientMetadataError) return error;
  const detail = error instanceof errors.JOSEError ? error.message : 'the key cannot be used';
  return new ClientAssertionError(detail, error);
}
