/**
 * Ready-made ways to spoil the answer of the token endpoint, for the `forge` setting. Each is what
 * an attacker, a broken proxy or a wrong tenant setting would produce.
 *
 * @module
 */
import type { TenantKeys } from './keys.js';
import {
  type Forge,
  type JwtDraft,
  opaqueToken,
  type Signer,
  type TokenDraft,
} from './token-draft.js';

/** Which of the two tokens. */
export type Which = 'idToken' | 'accessToken';

/** Changes claims of a token; `undefined` removes one. */
export function withClaims(which: Which, claims: Record<string, unknown>): Forge {
  return (draft) => void Object.assign(jwt(draft, which).claims, claims);
}

/** Moves `iat` and `exp` so that the token ended `secondsAgo`. */
export function expired(which: Which, secondsAgo = 3600): Forge {
  return (draft) => {
    const now = Math.floor(Date.now() / 1000);
    Object.assign(jwt(draft, which).claims, { iat: now - secondsAgo - 60, exp: now - secondsAgo });
  };
}

/** `alg: none`, no signature (RFC 8725 §2.1). */
export function unsigned(which: Which): Forge {
  return signedBy(which, 'none', 'none');
}

/** Signed by a key that the tenant never published, under the name of one that it did. */
export function signedByForeignKey(which: Which): Forge {
  return (draft, keys) => {
    const token = jwt(draft, which);
    token.header.kid = keys.current().kid;
    token.signer = 'foreign';
  };
}

/** HMAC with a secret, typically the client secret, where RS256 is expected. */
export function signedWithSecret(which: Which, secret: string): Forge {
  return signedBy(which, { secret }, 'HS256');
}

/** HMAC with the text of the public key as secret: the classic confusion of algorithms. */
export function signedWithPublicKey(which: Which): Forge {
  return (draft, keys) => {
    const secret = keys.current().publicKey.export({ type: 'spki', format: 'pem' });
    Object.assign(jwt(draft, which).header, { alg: 'HS256', kid: keys.current().kid });
    jwt(draft, which).signer = { secret };
  };
}

/** Leaves a token out. */
export function without(which: Which): Forge {
  return (draft) => {
    draft[which] = undefined;
  };
}

/** An access token of five parts, as if no audience had reached the tenant. */
export const opaqueAccessToken: Forge = async (draft: TokenDraft, keys: TenantKeys) => {
  const { claims } = jwt(draft, 'accessToken');
  draft.accessToken = await opaqueToken(claims, String(claims.iss), keys);
};

/** An access token without any structure. */
export const randomAccessToken: Forge = (draft) => {
  draft.accessToken = 'oMqN4vXgV7sT1kBqfQnD0Zc2';
};

/** A redirect where an answer is due. */
export function redirectTo(location: string): Forge {
  return (draft) => {
    draft.status = 302;
    draft.headers.location = location;
  };
}

function signedBy(which: Which, signer: Signer, alg: string): Forge {
  return (draft) => {
    jwt(draft, which).header.alg = alg;
    jwt(draft, which).signer = signer;
  };
}

function jwt(draft: TokenDraft, which: Which): JwtDraft {
  const token = draft[which];
  if (typeof token === 'object') return token;
  throw new Error(`this answer has no ${which} in JWT form to forge`);
}
