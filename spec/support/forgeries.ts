/**
 * Changes to the token response for the `forge` setting, as an attacker, a broken proxy or a wrong
 * tenant setting would make them.
 */
import type { TenantKeys } from '../../lib/testing/keys.js';
import {
  type Forge,
  type JwtDraft,
  opaqueToken,
  type Signer,
  type TokenDraft,
} from '../../lib/testing/token-draft.js';

/** One of the two tokens. */
export type TokenName = 'idToken' | 'accessToken';

/** Changes claims of a token; `undefined` removes one. */
export function withClaims(which: TokenName, claims: Record<string, unknown>): Forge {
  return (draft) => void Object.assign(jwt(draft, which).claims, claims);
}

/** Moves `iat` and `exp` so that the token expired `secondsAgo`. */
export function expired(which: TokenName, secondsAgo = 3600): Forge {
  return (draft) => {
    const now = Math.floor(Date.now() / 1000);
    Object.assign(jwt(draft, which).claims, { iat: now - secondsAgo - 60, exp: now - secondsAgo });
  };
}

/** `alg: none`, no signature (RFC 8725 §2.1). */
export function unsigned(which: TokenName): Forge {
  return signedBy(which, 'none', 'none');
}

/** Signed by an unpublished key, with the `kid` of a published one. */
export function signedByForeignKey(which: TokenName): Forge {
  return (draft, keys) => {
    const token = jwt(draft, which);
    token.header.kid = keys.current().kid;
    token.signer = 'foreign';
  };
}

/** HMAC with a secret, such as the client secret, instead of RS256. */
export function signedWithSecret(which: TokenName, secret: string): Forge {
  return signedBy(which, { secret }, 'HS256');
}

/** HMAC with the public key as secret (algorithm confusion, RFC 8725 §2.1). */
export function signedWithPublicKey(which: TokenName): Forge {
  return (draft, keys) => {
    const secret = keys.current().publicKey.export({ type: 'spki', format: 'pem' });
    Object.assign(jwt(draft, which).header, { alg: 'HS256', kid: keys.current().kid });
    jwt(draft, which).signer = { secret };
  };
}

/** Omits a token. */
export function without(which: TokenName): Forge {
  return (draft) => {
    draft[which] = undefined;
  };
}

/** An encrypted access token, as Auth0 issues without an audience. */
export const opaqueAccessToken: Forge = async (draft: TokenDraft, keys: TenantKeys) => {
  const { claims } = jwt(draft, 'accessToken');
  draft.accessToken = await opaqueToken(claims, String(claims.iss), keys);
};

/** An access token that is no JWT. */
export const randomAccessToken: Forge = (draft) => {
  draft.accessToken = 'oMqN4vXgV7sT1kBqfQnD0Zc2';
};

/** A redirect instead of a token response. */
export function redirectTo(location: string): Forge {
  return (draft) => {
    draft.status = 302;
    draft.headers.location = location;
  };
}

function signedBy(which: TokenName, signer: Signer, alg: string): Forge {
  return (draft) => {
    jwt(draft, which).header.alg = alg;
    jwt(draft, which).signer = signer;
  };
}

function jwt(draft: TokenDraft, which: TokenName): JwtDraft {
  const token = draft[which];
  if (typeof token === 'object') return token;
  throw new Error(`this token response has no ${which} that is a JWT`);
}
