/** The access token of a client, as it is an hour after its expiry. */
import { decodeJwt } from 'jose';

import { createAccessTokens, SIGNING_KEY_MATERIAL_BYTES } from '../grants/access-token.js';
import { createKeyRing } from '../keys/key-ring.js';
import type { CallTenant } from './tenant-thread.js';

const SECONDS_AGO = 3600;

/**
 * @param issuer of the tenant, which issues the tokens of clients of `auth0McpResource()`
 * @param jwtSigningKey of `auth0Mcp()`, which issues those of its clients
 * @throws if the server has another key
 */
export async function expiredToken(
  token: string,
  issuer: string,
  jwtSigningKey: string,
  call: CallTenant,
): Promise<string> {
  const { iss = '', aud, sub = '', scope, azp, iat = 0 } = decodeJwt(token);
  const [audience = ''] = [aud ?? []].flat();
  if (iss === issuer) {
    const scopes = String(scope ?? '').split(' ');
    const request = { sub, audience, scopes, clientId: String(azp) };
    return await call('issueAccessToken', { ...request, expiresInSeconds: -SECONDS_AGO });
  }
  const keys = createKeyRing([new TextEncoder().encode(jwtSigningKey)]);
  const materials = keys.derive('access-token', SIGNING_KEY_MATERIAL_BYTES);
  const tokens = createAccessTokens(materials, iss, audience, () => iat);
  const claims = await tokens.verify(token).catch((cause: unknown) => {
    const message =
      'expire() works with the jwtSigningKey of tenant.options; the server has another';
    throw new Error(message, { cause });
  });
  const expiresAt = Math.floor(Date.now() / 1000) - SECONDS_AGO;
  return await tokens.sign({ ...claims, issuedAt: expiresAt - SECONDS_AGO, expiresAt });
}
