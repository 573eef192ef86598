/**
 * A client proves who it is with a JWT it signed (`private_key_jwt`).
 *
 * Spec: RFC 7523 §2.2 and §3, RFC 7521 §5.2, OpenID Connect Core §9.
 * Flow: token request → client of the grant → verifyClientAssertion → exchange.
 *
 * @module
 */
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
import type { FindClientKeys } from './metadata-documents/client-keys.js';

/** Signature algorithms accepted: asymmetric ones only, chosen by us and not by the header alone. */
export const CLIENT_ASSERTION_ALGORITHMS: readonly string[] = [
  'ES256',
  'RS256',
  'PS256',
  'EdDSA',
  'Ed25519',
];

/** How far ahead an assertion may expire. */
const MAX_LIFETIME_SECONDS = 5 * 60;
/** How far the client's clock may be off, and how far those of two instances may be apart. */
const CLOCK_TOLERANCE_SECONDS = 60;
/** How many keys are tried for an assertion without `kid`: enough while a client rotates its keys. */
const MAX_KEYS_TRIED = 3;
/** Longest assertion, in characters. */
const MAX_ASSERTION_LENGTH = 8 * 1024;

/** The assertion does not prove the client: `invalid_client`. `message` may be shown to anybody. */
export class ClientAssertionError extends Error {
  override readonly name = 'ClientAssertionError';
  readonly code = 'ERR_CLIENT_ASSERTION';
  /** What exactly was wrong, for the log. */
  readonly detail: string;

  constructor(detail: string, cause?: unknown) {
    super('The client assertion is not valid.', { cause });
    this.detail = detail;
  }
}

/** A `jti` to be stored. */
export interface UsedAssertion {
  /** A hash of `jti` and client, 43 characters. */
  readonly key: string;
  readonly clientId: string;
  /** Whose code or token it came with. */
  readonly grantId: string;
  readonly ttlSeconds: number;
}

/** What verifying needs from the rest of the library. */
export interface ClientAssertionDeps {
  readonly clientKeys: FindClientKeys;
  /** False if it is stored already: of parallel callers with the same one exactly one gets true. */
  readonly rememberJti: (used: UsedAssertion) => Promise<boolean>;
}

/** What an assertion has to say. */
export interface ExpectedAssertion {
  readonly client: Pick<Client, 'id' | 'jwks' | 'jwksUri'>;
  /** Our issuer: the only audience. */
  readonly issuer: string;
  /** Unix seconds. */
  readonly now: number;
}

/**
 * Uses the assertion up, with a code or token of this grant.
 *
 * @throws ClientAssertionError where it was used before
 */
export type UseAssertion = (grantId: string) => Promise<void>;

/**
 * Resolves once the assertion is proved; nothing is stored for it yet. Anybody can sign assertions for
 * a document of their own, so one is used up only with a code or token that is genuine.
 *
 * @throws ClientAssertionError when it proves nothing
 * @throws ClientMetadataError when the client's keys cannot be fetched
 */
export type VerifyClientAssertion = (
  assertion: string,
  expected: ExpectedAssertion,
) => Promise<UseAssertion>;

/** Verification with the client's published keys. */
export function createClientAssertions({
  clientKeys,
  rememberJti,
}: ClientAssertionDeps): VerifyClientAssertion {
  return async function verifyClientAssertion(assertion, expected) {
    if (assertion.length > MAX_ASSERTION_LENGTH) throw new ClientAssertionError('too long');
    const payload = await verifySignature(assertion, expected, clientKeys);
    const { jti, ttlSeconds } = requireSingleUse(payload, expected.now);
    const clientId = expected.client.id;
    const key = createHash('sha256')
      .update(JSON.stringify([clientId, jti]))
      .digest('base64url');
    return async function useAssertion(grantId) {
      // RFC 7523 §3 item 7.
      const isNew = await rememberJti({ key, clientId, grantId, ttlSeconds });
      if (!isNew) throw new ClientAssertionError('jti was used before');
    };
  };
}

async function verifySignature(
  assertion: string,
  expected: ExpectedAssertion,
  clientKeys: FindClientKeys,
): Promise<JWTPayload> {
  const { client } = expected;
  const known = await clientKeys(client);
  try {
    return await verifyWith(assertion, expected, known);
  } catch (error) {
    if (!(error instanceof errors.JWKSNoMatchingKey)) throw asAssertionError(error);
  }
  // The client may have rotated its keys since they were cached.
  const renewed = await clientKeys(client, { isRenewal: true });
  return verifyWith(assertion, expected, renewed).catch((error: unknown) => {
    throw asAssertionError(error);
  });
}

async function verifyWith(
  assertion: string,
  { client, issuer, now }: ExpectedAssertion,
  keys: Awaited<ReturnType<FindClientKeys>>,
): Promise<JWTPayload> {
  const options = {
    algorithms: [...CLIENT_ASSERTION_ALGORITHMS],
    issuer: client.id,
    subject: client.id,
    requiredClaims: ['exp', 'jti'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(now * 1000),
  };
  try {
    const keySet = createLocalJWKSet({ keys: [...keys.keys] } as JSONWebKeySet);
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

/** draft-ietf-oauth-rfc7523bis §4, and the name that client ID metadata documents recommend. */
const TYPES: readonly string[] = ['jwt', 'client-authentication+jwt', 'oauth-client-auth+jwt'];

function checked({ payload, protectedHeader }: JWTVerifyResult, issuer: string): JWTPayload {
  const { typ = 'JWT' } = protectedHeader;
  // RFC 8725 §3.11: a JWT that was made for something else is no assertion.
  if (!TYPES.includes(typ.toLowerCase().replace(/^application\//, ''))) {
    throw new ClientAssertionError('typ is not that of a client assertion');
  }
  // draft-ietf-oauth-rfc7523bis §4: the issuer as the only value, so that no other server has a use for it.
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
  // As long as the assertion would pass, here and where the clock of another instance is behind ours.
  return { jti, ttlSeconds: Math.max(1, Math.ceil(exp - now) + 2 * CLOCK_TOLERANCE_SECONDS) };
}

/** A bad key surfaces as a TypeError or DOMException of the platform, so this takes any error. */
function asAssertionError(error: unknown): ClientAssertionError {
  if (error instanceof ClientAssertionError) return error;
  const detail = error instanceof errors.JOSEError ? error.message : 'the key cannot be used';
  return new ClientAssertionError(detail, error);
}
