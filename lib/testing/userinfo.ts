/** `/userinfo` (OIDC Core §5.3): accepts the opaque token and an API's token, as Auth0 does. */
import { compactDecrypt, createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose';

import { issuerOf } from './discovery.js';
import type { TenantKeys } from './keys.js';
import type { TenantSettings } from './options.js';
import type { Middleware } from './provider-module.js';
import { profileOf } from './token-response.js';

/** Serves `/userinfo`. */
export function userinfo(settings: () => TenantSettings, keys: TenantKeys): Middleware {
  return async function serveUserinfo(ctx, next) {
    if (ctx.path !== '/userinfo') return await next();
    const token = /^Bearer (\S+)$/i.exec(ctx.get('Authorization'))?.[1];
    const claims = token === undefined ? undefined : await claimsOf(token, issuerOf(ctx), keys);
    const user = settings().users.find(({ sub }) => sub === claims?.sub);
    if (claims === undefined || user === undefined) {
      ctx.status = 401;
      ctx.set('WWW-Authenticate', 'Bearer error="invalid_token"');
      ctx.body = 'Unauthorized';
      return;
    }
    ctx.body = { sub: user.sub, ...profileOf(user, String(claims.scope ?? '').split(' ')) };
  };
}

async function claimsOf(
  token: string,
  issuer: string,
  keys: TenantKeys,
): Promise<JWTPayload | undefined> {
  try {
    if (token.split('.').length === 5) {
      const { plaintext } = await compactDecrypt(token, keys.opaqueTokenKey);
      return JSON.parse(Buffer.from(plaintext).toString()) as JWTPayload;
    }
    const expected = { issuer, audience: `${issuer}userinfo`, algorithms: ['RS256'] };
    return (await jwtVerify(token, createLocalJWKSet(keys.jwks(true)), expected)).payload;
  } catch {
    return undefined;
  }
}
