/** Signing keys of the tenant. As on Auth0, the current and the next key are published. */
import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomBytes } from 'node:crypto';

/** An RSA key. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** The keys of a tenant. */
export interface TenantKeys {
  current(): SigningKey;
  next(): SigningKey;
  /** Not published: for tokens that must not verify. */
  foreign(): SigningKey;
  /** The next key becomes current; the previous one stays published until the next rotation. */
  rotate(): void;
  /** The JWK Set (RFC 7517 §5). */
  jwks(withAlg: boolean): { keys: JsonWebKey[] };
  /** Encrypts tokens for `/userinfo`: 32 bytes, for A256GCM. */
  readonly opaqueTokenKey: Uint8Array;
}

/** The minimum for RS256 (RFC 7518 §3.3); longer keys take longer to generate. */
const RSA = { modulusLength: 2048 } as const;

/** A pair of RSA keys. */
export type KeyPair = Omit<SigningKey, 'kid'>;

/** @param generatePair called for the first two keys, and at each rotation */
export function createTenantKeys(
  generatePair: () => KeyPair = () => generateKeyPairSync('rsa', RSA),
): TenantKeys {
  const generate = (): SigningKey => ({
    ...generatePair(),
    kid: randomBytes(16).toString('base64url'),
  });
  let previous: SigningKey | undefined;
  let current = generate();
  let next = generate();
  let foreign: SigningKey | undefined;
  return {
    current: () => current,
    next: () => next,
    foreign() {
      foreign ??= generate();
      return foreign;
    },
    rotate() {
      previous = current;
      current = next;
      next = generate();
    },
    jwks(withAlg) {
      const published = [current, next, ...(previous === undefined ? [] : [previous])];
      return { keys: published.map((key) => publicJwk(key, withAlg)) };
    },
    opaqueTokenKey: new Uint8Array(randomBytes(32)),
  };
}

function publicJwk({ kid, publicKey }: SigningKey, withAlg: boolean): JsonWebKey {
  const jwk = publicKey.export({ format: 'jwk' });
  return { ...jwk, use: 'sig', kid, ...(withAlg ? { alg: 'RS256' } : {}) };
}
