/** The token response before it is signed, so that a spec can change it. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { CompactEncrypt, type CompactJWSHeaderParameters, CompactSign } from 'jose';

import type { TenantKeys } from './keys.js';

/** The signing key: one of the tenant, an unpublished one, none, or a shared secret. */
export type Signer =
  | 'current'
  | 'next'
  | 'foreign'
  | 'none'
  | { readonly secret: string | Uint8Array };

/** A JWT before signing. */
export interface JwtDraft {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  signer: Signer;
}

/** A successful token response; every field may be changed. */
export interface TokenDraft {
  readonly grantType: string;
  readonly clientId: string;
  status: number;
  headers: Record<string, string>;
  /** All members but the two tokens below: `token_type`, `expires_in`, `scope`, `refresh_token`. */
  body: Record<string, unknown>;
  /** A string is sent unchanged; `undefined` omits the token. */
  idToken: JwtDraft | string | undefined;
  accessToken: JwtDraft | string | undefined;
}

/** Changes a draft in place. */
export type Forge = (draft: TokenDraft, keys: TenantKeys) => void | Promise<void>;

/** Signs a draft; returns a finished token unchanged. */
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

/** An encrypted token that only the tenant can read: Auth0's opaque token, issued without an API. */
export async function opaqueToken(
  claims: Record<string, unknown>,
  issuer: string,
  keys: TenantKeys,
): Promise<string> {
  return await new CompactEncrypt(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', iss: issuer })
    .encrypt(keys.opaqueTokenKey);
}
