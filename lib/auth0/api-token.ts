/**
 * Access tokens for other APIs of the tenant, by refresh token or by token exchange.
 *
 * Auth0 drops an audience or a scope that is not allowed without an error, and responds with another token. So a token
 * is used only after it shows that it is for this API and has these scopes.
 */
import type { ApplicationConfig } from '../config/config.js';
import { isScopeToken, parseScope } from '../oauth/scope.js';
import { ACCESS_TOKEN, formOfAccessToken, scopesOf, UNVERIFIABLE } from './access-token.js';
import {
  type ApiRequest,
  type ApiToken,
  Auth0ApiAccessError,
  type Auth0TokenRequest,
  plainText,
} from './auth0.js';
import { rejected } from './signed-token.js';
import type { Tenant } from './tenant.js';
import { BEARER_REMEDY, isBearer, type TokenResponse } from './token-endpoint.js';
import { verifyOwnAccessToken } from './token-verification.js';

/** @returns undefined for the API and scopes of the login. @throws TypeError */
export function parseApiRequest(
  request: Auth0TokenRequest | undefined,
  ownAudience: string,
): ApiRequest | undefined {
  if (request === undefined) return undefined;
  if (typeof request !== 'object' || request === null) {
    throw new TypeError('auth0Token() takes an object: { audience, scope }');
  }
  const { audience = ownAudience, scope, ...unknown } = request;
  // A misspelt name would request all scopes, or the wrong API.
  const [name] = Object.keys(unknown);
  if (name !== undefined) {
    throw new TypeError(`auth0Token() takes audience and scope only, not ${plainText(name)}`);
  }
  if (typeof audience !== 'string' || audience === '') {
    throw new TypeError('audience must be the identifier of an API of the Auth0 tenant');
  }
  const scopes = scopesIn(scope);
  if (audience === ownAudience && scopes.length === 0) return undefined;
  return { audience, scopes };
}

/** RFC 6749 §3.3: the order of scopes has no meaning. */
function scopesIn(scope: unknown): readonly string[] {
  const words = typeof scope === 'string' ? scope.split(' ').filter(Boolean) : (scope ?? []);
  if (!Array.isArray(words) || !words.every((word) => typeof word === 'string')) {
    throw new TypeError('scope must be a string of scopes with spaces between them, or an array');
  }
  const invalid = words.find((word) => !isScopeToken(word));
  if (invalid !== undefined) {
    throw new TypeError(`scope contains "${plainText(invalid)}", which is not a scope`);
  }
  return [...new Set<string>(words)].sort();
}

type ApiTenant = Pick<Tenant<ApplicationConfig>, 'config' | 'discovery' | 'keys' | 'now'>;

/**
 * Verifies that a response is what was requested. An opaque token is refused: Auth0 issues it where it ignored the
 * audience, and nothing in it shows whose it is and what for.
 *
 * @param remedy the setting that makes Auth0 ignore the API or a scope
 * @throws Auth0ApiAccessError it is a token for another API, or lacks a scope
 * @throws Auth0Error `invalid_response`, or `unavailable` if the keys cannot be fetched
 */
export async function verifyApiToken(
  tenant: ApiTenant,
  response: TokenResponse,
  api: ApiRequest,
  remedy: string,
): Promise<ApiToken> {
  const { accessToken, resource } = response;
  if (!isBearer(response)) {
    throw new Auth0ApiAccessError(api, 'token_type is not Bearer', BEARER_REMEDY);
  }
  requireVerifiable(accessToken, api, remedy);
  const { issuer } = await tenant.discovery.get();
  const claims = await verifyOwnAccessToken(accessToken, tenant, issuer);
  const audiences: readonly unknown[] = [claims.aud].flat();
  if (!audiences.includes(api.audience) || (resource ?? api.audience) !== api.audience) {
    const other = plainText(JSON.stringify(resource ?? claims.aud));
    throw new Auth0ApiAccessError(api, `the token in the response is for ${other}`, remedy);
  }
  if (audiences.some((name) => name !== api.audience && name !== `${issuer}userinfo`)) {
    throw rejected(ACCESS_TOKEN, 'it is for another API besides the requested one');
  }
  const granted =
    claims['scope'] === undefined ? parseScope(response.scopes?.join(' ')) : scopesOf(claims);
  const missingScopes = api.scopes.filter((scope) => !granted.includes(scope));
  if (missingScopes.length > 0) {
    const reason = `it did not grant ${missingScopes.join(' ')}`;
    throw new Auth0ApiAccessError(api, reason, remedy, { missingScopes });
  }
  return { accessToken, expiresAt: claims.exp, subject: claims.sub, scopes: granted };
}

function requireVerifiable(token: string, api: ApiRequest, remedy: string): void {
  const form = formOfAccessToken(token);
  if (form === 'encrypted' || form === 'shared-secret') {
    const [message, setting] = UNVERIFIABLE[form];
    throw new Auth0ApiAccessError(api, `its token is ${message}`, setting);
  }
  if (form !== 'signed') {
    throw new Auth0ApiAccessError(api, 'the response has an opaque token, for no API', remedy);
  }
}
