/** On-Behalf-Of Token Exchange (RFC 8693) with Auth0's statuses. `oidc-provider` authenticates the client. */
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose';
import type { Provider } from 'oidc-provider';

import { applicationOf, TOKEN_EXCHANGE } from './applications.js';
import { TOKEN_SECONDS } from './audiences.js';
import { issuerOf } from './discovery.js';
import type { TenantKeys } from './keys.js';
import type { TenantSettings } from './options.js';
import type { Context } from './provider-module.js';
import { type Issue, permitted, respond } from './token-response.js';

const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

const PARAMETERS = [
  'subject_token',
  'subject_token_type',
  'requested_token_type',
  'audience',
  'scope',
];

/** Levels of `act` in a token that can be exchanged once more. */
const MAX_ACT_DEPTH = 4;

/** Status, code and text of an error. Auth0 documents the statuses; codes and texts of 401 and 403 are ours. */
type Refusal = readonly [status: number, error: string, description: string];

/** Adds the grant type to the provider. */
export function allowTokenExchange(
  provider: Provider,
  settings: () => TenantSettings,
  keys: TenantKeys,
): void {
  const handle = async (ctx: Context): Promise<void> => {
    const result = await exchange(ctx, settings(), keys);
    // Not to be translated: it is Auth0's already.
    ctx.state.exchanged = true;
    if (!isRefusal(result)) return await respond(ctx, result, settings(), keys);
    const [status, error, error_description] = result;
    ctx.status = status;
    ctx.body = { error, error_description };
  };
  const handler = handle as unknown as Parameters<Provider['registerGrantType']>[1];
  provider.registerGrantType(TOKEN_EXCHANGE, handler, PARAMETERS);
}

function isRefusal(result: Issue | Refusal): result is Refusal {
  return Array.isArray(result);
}

async function exchange(
  ctx: Context,
  settings: TenantSettings,
  keys: TenantKeys,
): Promise<Issue | Refusal> {
  const params = (ctx.oidc.params ?? {}) as Readonly<Record<string, string | undefined>>;
  const { subject_token: token, audience, scope } = params;
  const types = [params['subject_token_type'], params['requested_token_type'] ?? ACCESS_TOKEN_TYPE];
  if (token === undefined || types.some((type) => type !== ACCESS_TOKEN_TYPE)) {
    return [400, 'invalid_request', 'Missing or unsupported subject_token'];
  }
  const application = applicationOf(ctx, settings);
  const { resourceServer, userGrants = [] } = application?.onBehalfOf ?? {};
  const claims = await verified(token, issuerOf(ctx), keys, settings);
  if (claims === undefined) return [401, 'invalid_grant', 'Invalid or expired subject_token'];
  if (application === undefined || ![claims.aud].flat().includes(resourceServer)) {
    return [403, 'unauthorized_client', 'The subject_token is for another API than the client'];
  }
  const act = { sub: application.clientId, act: claims['act'] ?? { sub: clientOf(claims) } };
  if (depthOf(claims['act']) > MAX_ACT_DEPTH) {
    const text = 'Delegation chain (`act` claim) depth exceeds the maximum allowed limit of 4';
    return [400, 'invalid_request', text];
  }
  const user = settings.users.find(({ sub }) => sub === claims.sub);
  const api = settings.apis.find(({ identifier }) => identifier === audience);
  const grant = userGrants.find((one) => one.audience === audience);
  if (user === undefined || user.blocked === true || api === undefined || grant === undefined) {
    return [403, 'access_denied', `Client is not authorized to access ${audience} for this user`];
  }
  const allowed = permitted(grant.scope, api, user);
  const requested = scope?.split(' ');
  const scopes = allowed.filter((one) => requested?.includes(one) ?? true);
  if (scopes.length === 0) return [403, 'access_denied', 'The user has none of the scopes'];
  return {
    issuer: issuerOf(ctx),
    issuedAt: Math.floor(Date.now() / 1000) + settings.clockSkewSeconds,
    expiresIn: api.tokenLifetimeSeconds ?? TOKEN_SECONDS,
    scopes,
    grantType: TOKEN_EXCHANGE,
    application,
    user,
    api,
    nonce: undefined,
    sid: undefined,
    authentication: {},
    body: {
      issued_token_type: ACCESS_TOKEN_TYPE,
      // RFC 8693 §2.2.1: only if it differs from the request.
      ...(scopes.join(' ') === scope && { scope: undefined }),
    },
    claims: { act },
  };
}

async function verified(
  token: string,
  issuer: string,
  keys: TenantKeys,
  { clockSkewSeconds }: TenantSettings,
): Promise<JWTPayload | undefined> {
  const currentDate = new Date(Date.now() + clockSkewSeconds * 1000);
  const keySet = createLocalJWKSet(keys.jwks(true) as Parameters<typeof createLocalJWKSet>[0]);
  return jwtVerify(token, keySet, { issuer, currentDate }).then(
    ({ payload }) => payload,
    () => undefined,
  );
}

function clientOf(claims: JWTPayload): unknown {
  return claims['azp'] ?? claims['client_id'];
}

function depthOf(act: unknown): number {
  if (typeof act !== 'object' || act === null) return 0;
  return 1 + depthOf((act as { act?: unknown }).act);
}
