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
  /** Those that are published: current, next, and the previous one after a rotation. */
  all(): readonly SigningKey[];
  /** The JWK Set (RFC 7517 §5). */
  jwks(withAlg: boolean): { keys: JsonWebKey[] };
  /** Encrypts tokens for `/userinfo`: 32 bytes, for A256GCM. */
  readonly opaqueTokenKey: Uint8Array;
}

/** The minimum for RS256 (RFC 7518 §3.3); longer keys take longer to generate. */
const RSA = { modulusLength: 2048 } as const;

/** A pair of RSA keys. */
type KeyPair = Omit<SigningKey, 'kid'>;

/** The keys of an earlier run. */
export interface SavedKeys {
  /** As {@link TenantKeys.all} returned them. */
  readonly keys: readonly SigningKey[];
  readonly opaqueTokenKey: Uint8Array;
}

/** @param generatePair called for the first two keys unless they are saved, and at each rotation */
export function createTenantKeys(
  generatePair: () => KeyPair = () => generateKeyPairSync('rsa', RSA),
  saved?: SavedKeys,
): TenantKeys {
  const generate = (): SigningKey => ({
    ...generatePair(),
    kid: randomBytes(16).toString('base64url'),
  });
  let [current = generate(), next = generate(), previous] = saved?.keys ?? [];
  let foreign: SigningKey | undefined;
  const all = (): SigningKey[] => [current, next, ...(previous === undefined ? [] : [previous])];
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
    all,
    jwks: (withAlg) => ({ keys: all().map((key) => publicJwk(key, withAlg)) }),
    opaqueTokenKey: saved?.opaqueTokenKey ?? new Uint8Array(randomBytes(32)),
  };
}

function publicJwk({ kid, publicKey }: SigningKey, withAlg: boolean): JsonWebKey {
  const jwk = publicKey.export({ format: 'jwk' });
  return { ...jwk, use: 'sig', kid, ...(withAlg ? { alg: 'RS256' } : {}) };
}
