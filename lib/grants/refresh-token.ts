/**
 * Refresh tokens: they say which grant and which generation, and prove it themselves.
 *
 * Layout, then base64url: version (1 byte), generation (4), grant id (16), tag (32). Garbage fails
 * on the tag and never reaches the store; the tag covers the issuer and the client, so the token of another
 * server or client is garbage here (RFC 6749 §6).
 *
 * Spec: RFC 6749 §1.5 and §10.4, RFC 9700 §4.14.
 *
 * @module
 */
import { equalInConstantTime, mac } from '../keys/key-ring.js';

/** What a refresh token says. */
export interface RefreshTokenClaims {
  readonly grantId: string;
  readonly generation: number;
}

/** Makes and reads refresh tokens of one issuer. */
export interface RefreshTokens {
  mint(claims: RefreshTokenClaims, clientId: string): string;
  /** Undefined for anything that none of the keys made for this client. */
  parse(token: string, clientId: string): RefreshTokenClaims | undefined;
}

const VERSION = 1;
const ID_BYTES = 16;
const BODY_BYTES = 1 + 4 + ID_BYTES;
const TAG_BYTES = 32;

/** @param keys first mints, all verify */
export function createRefreshTokens(keys: readonly Uint8Array[], issuer: string): RefreshTokens {
  const [newest] = keys;
  if (newest === undefined) throw new RangeError('refresh tokens need at least one key');
  return {
    mint({ grantId, generation }, clientId) {
      const body = Buffer.alloc(BODY_BYTES);
      body[0] = VERSION;
      body.writeUInt32BE(generation, 1);
      body.write(grantId, 5, 'base64url');
      return Buffer.concat([body, mac(newest, issuer, clientId, body)]).toString('base64url');
    },
    parse(token, clientId) {
      const bytes = Buffer.from(token, 'base64url');
      if (bytes.length !== BODY_BYTES + TAG_BYTES || bytes[0] !== VERSION) return undefined;
      // One text per token: the decoder skips what is no base64url, and the last character has
      // bits to spare.
      if (bytes.toString('base64url') !== token) return undefined;
      const body = bytes.subarray(0, BODY_BYTES);
      const tag = bytes.subarray(BODY_BYTES);
      const isOurs = keys.some((key) => equalInConstantTime(mac(key, issuer, clientId, body), tag));
      if (!isOurs) return undefined;
      return {
        grantId: body.subarray(5).toString('base64url'),
        generation: body.readUInt32BE(1),
      };
    },
  };
}
