/**
 * The tenant as the identity provider of an enterprise: signs identity assertions (ID-JAG) for its users, and exchanges
 * an ID token for one (draft-ietf-oauth-identity-assertion-authz-grant §4.3).
 */
import { randomUUID } from 'node:crypto';
import { createLocalJWKSet, jwtVerify } from 'jose';

import { issuerOf } from './discovery.js';
import type { TenantKeys } from './keys.js';
import type { TenantSettings } from './options.js';
import type { Middleware } from './provider-module.js';
import { formOf, type Params } from './request-body.js';
import { signed } from './token-draft.js';

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ID_JAG = 'urn:ietf:params:oauth:token-type:id-jag';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';

/** As at Okta. */
const LIFETIME_SECONDS = 300;

/** What an assertion says. */
export interface IdJagRequest {
  readonly sub: string;
  /** Issuer identifier of the authorization server it is for. */
  readonly audience: string;
  /** The client, by its id at that server. */
  readonly clientId: string;
  /** URL of the MCP endpoint. */
  readonly resource?: string;
  readonly scope?: string;
  /** Negative for one that has expired. Default: 300. */
  readonly expiresInSeconds?: number;
  /** Merged over the correct claims; `undefined` removes one. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** Signs an assertion. @throws for a user that the tenant does not have */
export async function issueIdJag(
  request: IdJagRequest,
  issuer: string,
  { users, clockSkewSeconds }: TenantSettings,
  keys: TenantKeys,
): Promise<string> {
  const { sub, audience, clientId, resource, scope } = request;
  const user = users.find((one) => one.sub === sub);
  if (user === undefined) throw new Error(`The tenant has no user with the subject ${sub}`);
  const expiresAt = now() + clockSkewSeconds + (request.expiresInSeconds ?? LIFETIME_SECONDS);
  const claims = {
    iss: issuer,
    sub,
    aud: audience,
    client_id: clientId,
    ...(resource !== undefined && { resource }),
    ...(scope !== undefined && { scope }),
    email: user.email,
    jti: randomUUID(),
    iat: Math.min(now() + clockSkewSeconds, expiresAt - LIFETIME_SECONDS),
    exp: expiresAt,
    ...request.claims,
  };
  const header = { alg: 'RS256', typ: 'oauth-id-jag+jwt' };
  return String(await signed({ header, claims, signer: 'current' }, keys));
}

/** The token exchange. A client has the same id here and at the server that the assertion is for. */
export function idJagExchange(settings: () => TenantSettings, keys: TenantKeys): Middleware {
  return async function exchangeIdToken(ctx, next) {
    const form = formOf(ctx);
    const isExchange = form.grant_type === TOKEN_EXCHANGE && form.requested_token_type === ID_JAG;
    if (ctx.path !== '/oauth/token' || ctx.method !== 'POST' || !isExchange) return await next();
    const refuse = (status: number, error: string, error_description: string): void => {
      Object.assign(ctx, { status, body: { error, error_description } });
    };
    const application = settings().applications.find((one) => one.clientId === form.client_id);
    const { clientSecret } = application ?? {};
    if (clientSecret === undefined || clientSecret !== form.client_secret) {
      return refuse(401, 'access_denied', 'Unauthorized');
    }
    const sub = await subjectOf(form, issuerOf(ctx), keys);
    if (sub === undefined || form.audience === undefined) {
      return refuse(400, 'invalid_request', 'subject_token or audience is missing or not valid');
    }
    const { client_id: clientId = '', audience, resource, scope } = form;
    const request = {
      ...{ sub, audience, clientId },
      ...(resource !== undefined && { resource }),
      ...(scope !== undefined && { scope }),
    };
    ctx.set('Cache-Control', 'no-store');
    ctx.body = {
      issued_token_type: ID_JAG,
      access_token: await issueIdJag(request, issuerOf(ctx), settings(), keys),
      token_type: 'N_A',
      expires_in: LIFETIME_SECONDS,
      ...(scope !== undefined && { scope }),
    };
  };
}

/** The user of an ID token that this application received. */
async function subjectOf(
  { subject_token: token = '', subject_token_type: type, client_id: audience = '' }: Params,
  issuer: string,
  keys: TenantKeys,
): Promise<string | undefined> {
  if (type !== ID_TOKEN) return undefined;
  const expected = { issuer, audience, algorithms: ['RS256'] };
  return jwtVerify(token, createLocalJWKSet(keys.jwks(true)), expected).then(
    ({ payload }) => payload.sub,
    () => undefined,
  );
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
