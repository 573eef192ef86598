/**
 * The answer of the token endpoint before it is signed, so that a spec can spoil it in any way.
 *
 * @module
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { CompactEncrypt, type CompactJWSHeaderParameters, CompactSign } from 'jose';

import type { TenantKeys } from './keys.js';

/** Who signs: a key of the tenant, a key nobody published, nobody, or a shared secret. */
export type Signer =
  | 'current'
  | 'next'
  | 'foreign'
  | 'none'
  | { readonly secret: string | Uint8Array };

/** A JWT in the making. */
export interface JwtDraft {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  signer: Signer;
}

/** A successful answer of `/oauth/token` in the making. Change what you like. */
export interface TokenDraft {
  readonly grantType: string;
  readonly clientId: string;
  status: number;
  headers: Record<string, string>;
  /** Everything but the two tokens below: `token_type`, `expires_in`, `scope`, `refresh_token`. */
  body: Record<string, unknown>;
  /** A string is sent as it is; `undefined` leaves the token out. */
  idToken: JwtDraft | string | undefined;
  accessToken: JwtDraft | string | undefined;
}

/** Alters a draft in place. */
export type Forge = (draft: TokenDraft, keys: TenantKeys) => void | Promise<void>;

/** Signs a draft, or passes a finished token through. */
export async function signed(
  draft: JwtDraft | string | undefined,
  keys: TenantKeys,
): Promise<string | undefined> {
  if (draft === undefined || typeof draft === 'string') return draft;
  const { header, claims, signer } = draft;
  const payload = Buffer.from(JSON.stringify(claims));
  if (signer === 'none') {
    const parts = [Buffer.from(JSON.stringify({ ...header, alg: 'none' })), payload];
    return `${parts.map((part) => part.toString('base64url')).join('.')}.`;
  }
  const [key, kid] = keyOf(signer, keys);
  const named = kid === undefined || 'kid' in header ? header : { ...header, kid };
  return await new CompactSign(payload)
    .setProtectedHeader(named as unknown as CompactJWSHeaderParameters)
    .sign(key);
}

function keyOf(signer: Exclude<Signer, 'none'>, keys: TenantKeys): [KeyObject, string | undefined] {
  if (typeof signer === 'object') return [createSecretKey(Buffer.from(signer.secret)), undefined];
  const key = keys[signer]();
  return [key.privateKey, key.kid];
}

/**
 * A token of five parts which only the tenant can read: what Auth0 hands out when no API is named.
 * People call it opaque.
 */
export async function opaqueToken(
  claims: Record<string, unknown>,
  issuer: string,
  keys: TenantKeys,
): Promise<string> {
  return await new CompactEncrypt(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', iss: issuer })
    .encrypt(keys.opaqueTokenKey);
}
