/**
 * On-behalf-of token exchange (RFC 8693): for the access token of a client, one for another API and the same user.
 *
 * The caller has verified the client's token: Auth0 checks neither that it was meant for this server nor that a bound
 * token comes from its owner. Results are in memory until they expire; there is no storage here.
 */
import { hash } from 'node:crypto';

import { LRUCache } from 'lru-cache';

import type { ApplicationConfig } from '../config/config.js';
import { ACCESS_TOKEN } from './access-token.js';
import { verifyApiToken } from './api-token.js';
import type { ApiRequest, ApiToken } from './auth0.js';
import type { PresentedToken } from './presented-token.js';
import { rejected } from './signed-token.js';
import type { Tenant } from './tenant.js';
import { createTokenRequests, EXCHANGE_REMEDY } from './token-endpoint.js';

/**
 * @param presented `token`, verified
 * @throws Auth0ApiAccessError Auth0 issues no such token to this application
 * @throws Auth0Error `session_ended` if Auth0 refused the client's token, or another kind
 */
export type ExchangeToken = (
  token: string,
  presented: PresentedToken,
  api: ApiRequest,
) => Promise<ApiToken>;

const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

/** A token is valid for the call it is used in. */
const MARGIN_SECONDS = 60;

const MAX_TOKENS = 10_000;
/** Tokens with many permissions have thousands of characters. */
const MAX_CHARACTERS = 16 * 1024 * 1024;

export function createTokenExchange(tenant: Tenant<ApplicationConfig>): ExchangeToken {
  const { now, keys, problems } = tenant;
  const requestTokens = createTokenRequests(tenant);
  const issued = new LRUCache<string, ApiToken>({ max: MAX_TOKENS, maxSize: MAX_CHARACTERS });
  const pending = new Map<string, Promise<ApiToken>>();

  async function exchange(
    token: string,
    { subject }: PresentedToken,
    api: ApiRequest,
  ): Promise<ApiToken> {
    await keys.ready();
    const response = await requestTokens({
      grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
      parameters: {
        subject_token: token,
        subject_token_type: ACCESS_TOKEN_TYPE,
        requested_token_type: ACCESS_TOKEN_TYPE,
      },
      api,
      isRepeatable: true,
    });
    const result = await verifyApiToken(tenant, response.read(), api, EXCHANGE_REMEDY);
    if (result.subject !== subject) throw rejected(ACCESS_TOKEN, 'it is a token of another user');
    return result;
  }

  return async function exchangeToken(token, presented, api) {
    const key = hash('sha256', JSON.stringify([token, api.audience, api.scopes]), 'base64url');
    const known = issued.get(key);
    if (known !== undefined && known.expiresAt - MARGIN_SECONDS > now()) return known;
    const running = pending.get(key);
    if (running !== undefined) return running;
    const request = problems
      .watch(() => exchange(token, presented, api))
      .then((result) => {
        issued.set(key, result, { size: result.accessToken.length });
        return result;
      })
      .finally(() => pending.delete(key));
    pending.set(key, request);
    return request;
  };
}
