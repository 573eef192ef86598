/**
 * Token responses: access tokens in the profile of the API, ID tokens, and refresh tokens in Auth0's
 * format. `oidc-provider` decides that they are issued and to whom.
 */
import { randomUUID } from 'node:crypto';

import { applicationOf } from './applications.js';
import { apiOf, TOKEN_SECONDS, toAuth0Scope } from './audiences.js';
import type { Authentications } from './authentication.js';
import { issuerOf } from './discovery.js';
import type { TenantKeys } from './keys.js';
import type { Api, Application, TenantSettings, User } from './options.js';
import type { Context } from './provider-module.js';
import { formOf, type RefreshRequest, requestOfRefresh } from './request-body.js';
import { type JwtDraft, opaqueToken, signed, type TokenDraft } from './token-draft.js';

/** Prefix of Auth0's refresh tokens. */
export const REFRESH_TOKEN_PREFIX = 'v1.';

/** Lifetime of an ID token in seconds, Auth0's default. */
const ID_TOKEN_SECONDS = 36_000;

/** The common data of the tokens in one response. */
export interface Issue {
  readonly issuer: string;
  readonly issuedAt: number;
  readonly expiresIn: number;
  readonly scopes: readonly string[];
  readonly grantType: string;
  readonly application: Application;
  readonly user: User;
  readonly api: Api | undefined;
  readonly nonce: string | undefined;
  readonly sid: string | undefined;
  /** Claims about the authentication; none in a refresh. */
  readonly authentication: Readonly<Record<string, unknown>>;
  /** Further members of the response. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Further claims of the access token. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** Replaces the provider's response by Auth0's. */
export async function respondWithTokens(
  ctx: Context,
  settings: TenantSettings,
  keys: TenantKeys,
  authentications: Authentications,
): Promise<void> {
  const issue = issueOf(ctx, settings, authentications);
  if (issue !== undefined) await respond(ctx, issue, settings, keys);
}

/** Responds with a token for the application itself, without a user. */
export async function respondToApplication(
  ctx: Context,
  application: Application,
  api: Api,
  scopes: readonly string[],
  settings: TenantSettings,
  keys: TenantKeys,
): Promise<void> {
  const sub = `${application.clientId}@clients`;
  const permissions = { [api.identifier]: scopes };
  ctx.body = {};
  const issue: Issue = {
    issuer: issuerOf(ctx),
    issuedAt: Math.floor(Date.now() / 1000) + settings.clockSkewSeconds,
    expiresIn: api.tokenLifetimeSeconds ?? 86_400,
    scopes,
    grantType: 'client_credentials',
    application,
    user: { sub, email: '', password: '', permissions },
    api,
    nonce: undefined,
    sid: undefined,
    authentication: {},
    body: {},
  };
  await respond(ctx, issue, settings, keys);
}

/** The response with these tokens. */
export async function respond(
  ctx: Context,
  issue: Issue,
  settings: TenantSettings,
  keys: TenantKeys,
): Promise<void> {
  const draft = await draftOf(issue, keys);
  await settings.forge?.(draft, keys);
  ctx.status = draft.status;
  ctx.set(draft.headers);
  ctx.body = {
    access_token: await signed(draft.accessToken, keys),
    id_token: await signed(draft.idToken, keys),
    ...draft.body,
  };
}

function issueOf(
  ctx: Context,
  settings: TenantSettings,
  authentications: Authentications,
): Issue | undefined {
  const { AuthorizationCode, RefreshToken } = ctx.oidc.entities;
  const source = AuthorizationCode ?? RefreshToken;
  const application = applicationOf(ctx, settings);
  const user = settings.users.find(({ sub }) => sub === source?.accountId);
  if (source === undefined || application === undefined || user === undefined) return undefined;
  const { scope = '', expires_in: expiresIn } = ctx.body as { scope?: string; expires_in: number };
  const login = {
    api: apiOf(source.resource, settings),
    scopes: toAuth0Scope(scope).split(' '),
    expiresIn,
  };
  const request = requestOfRefresh(ctx);
  const { api, scopes, ...rest } = request
    ? refreshed(request, login, application, settings)
    : login;
  return {
    issuer: issuerOf(ctx),
    issuedAt: Math.floor(Date.now() / 1000) + settings.clockSkewSeconds,
    ...rest,
    scopes: permitted(scopes, api, user),
    grantType: String(formOf(ctx).grant_type),
    application,
    user,
    api,
    nonce: AuthorizationCode?.nonce,
    sid: source.sessionUid,
    authentication: authenticationOf(
      authentications.claimsOf(AuthorizationCode?.grantId),
      settings,
    ),
    body: {
      ...refreshTokenOf(ctx, application),
      ...(settings.resourceInResponse && api !== login.api && { resource: api?.identifier }),
    },
  };
}

/** API, scopes and lifetime of the tokens in a response. */
type Target = Pick<Issue, 'api' | 'scopes' | 'expiresIn'>;

/**
 * The tokens of a refresh with policies ("Multi-Resource Refresh Token"). An audience or a scope that no policy has is
 * ignored without an error.
 */
function refreshed(
  { audience, scope }: RefreshRequest,
  login: Target,
  { refreshTokenPolicies: policies = [], thirdParty = false }: Application,
  { apis }: TenantSettings,
): Target {
  const scopesAt = (api: Api | undefined): readonly string[] =>
    policies
      .filter((policy) => !thirdParty && policy.audience === api?.identifier)
      .flatMap((policy) => policy.scope.filter((one) => api?.scopes?.includes(one)));
  const named = apis.find(({ identifier }) => identifier === audience);
  const isAllowed = !thirdParty && policies.some((policy) => policy.audience === named?.identifier);
  const api = isAllowed && named !== undefined ? named : login.api;
  const granted =
    api === login.api
      ? login.scopes
      : login.scopes.filter((one) => !login.api?.scopes?.includes(one));
  const requested = scope?.split(' ');
  return {
    api,
    scopes: [...new Set([...granted, ...scopesAt(api)])].filter(
      (one) => requested?.includes(one) ?? true,
    ),
    expiresIn: api === login.api ? login.expiresIn : (api?.tokenLifetimeSeconds ?? TOKEN_SECONDS),
  };
}

/** `auth_time` by the tenant's clock. */
function authenticationOf(
  { auth_time: authTime, ...claims }: Readonly<Record<string, unknown>>,
  { clockSkewSeconds }: TenantSettings,
): Issue['authentication'] {
  return authTime === undefined
    ? claims
    : { ...claims, auth_time: Number(authTime) + clockSkewSeconds };
}

/** RBAC: only those of the API's scopes that the user has, at every refresh. */
export function permitted(scopes: readonly string[], api: Api | undefined, user: User): string[] {
  const limited = api?.rbac === true ? (api.scopes ?? []) : [];
  const held = permissionsOf(user, api);
  return scopes.filter(
    (scope) => scope !== '' && (!limited.includes(scope) || held.includes(scope)),
  );
}

function permissionsOf(user: User, api: Api | undefined): readonly string[] {
  return api === undefined ? [] : (user.permissions?.[api.identifier] ?? []);
}

async function draftOf(issue: Issue, keys: TenantKeys): Promise<TokenDraft> {
  const { grantType, application, scopes, expiresIn, api } = issue;
  return {
    grantType,
    clientId: application.clientId,
    status: 200,
    headers: {},
    body: {
      scope: scopes.join(' '),
      expires_in: expiresIn,
      token_type: 'Bearer',
      ...issue.body,
    },
    idToken: scopes.includes('openid') ? idTokenOf(issue) : undefined,
    accessToken:
      api === undefined
        ? await opaqueToken(accessTokenClaims(issue), issue.issuer, keys)
        : accessTokenOf(issue, api),
  };
}

/** Without rotation a refresh returns no refresh token: the old one stays valid. */
function refreshTokenOf(ctx: Context, application: Application): Record<string, string> {
  const { refresh_token: token } = ctx.body as { refresh_token?: string };
  const isRefresh = formOf(ctx).grant_type === 'refresh_token';
  const isReused = isRefresh && application.refreshTokenRotation === false;
  return token === undefined || isReused
    ? {}
    : { refresh_token: `${REFRESH_TOKEN_PREFIX}${token}` };
}

function accessTokenOf(issue: Issue, api: Api): JwtDraft {
  const alg = api.signingAlg ?? 'RS256';
  const rfc9068 = api.dialect === 'rfc9068';
  return {
    header: { alg, typ: rfc9068 ? 'at+jwt' : 'JWT' },
    claims: {
      ...accessTokenClaims(issue),
      ...issue.claims,
      ...(rfc9068
        ? { client_id: issue.application.clientId, jti: randomUUID() }
        : { azp: issue.application.clientId, ...gtyOf(issue) }),
      ...(api.rbac === true ? { permissions: permissionsOf(issue.user, api) } : {}),
    },
    signer: alg === 'HS256' ? { secret: api.signingSecret ?? '' } : 'current',
  };
}

function gtyOf({ grantType }: Issue): Record<string, string> {
  if (grantType === 'client_credentials') return { gty: 'client-credentials' };
  return grantType === 'refresh_token' ? { gty: 'refresh_token' } : {};
}

function accessTokenClaims(issue: Issue): Record<string, unknown> {
  const { issuer, api, scopes, issuedAt, expiresIn } = issue;
  const userinfo = `${issuer}userinfo`;
  // `/userinfo` is a second audience where it can check the signature itself.
  const both = scopes.includes('openid') && (api?.signingAlg ?? 'RS256') === 'RS256';
  return {
    iss: issuer,
    sub: issue.user.sub,
    aud: api === undefined ? userinfo : both ? [api.identifier, userinfo] : api.identifier,
    iat: issuedAt,
    exp: issuedAt + expiresIn,
    scope: scopes.join(' '),
  };
}

function idTokenOf(issue: Issue): JwtDraft {
  const { application, issuer, issuedAt, nonce, sid, authentication } = issue;
  const alg = application.idTokenAlg ?? 'RS256';
  return {
    header: { alg, typ: 'JWT' },
    claims: {
      ...profileOf(issue.user, issue.scopes),
      iss: issuer,
      aud: application.clientId,
      sub: issue.user.sub,
      iat: issuedAt,
      exp: issuedAt + ID_TOKEN_SECONDS,
      ...(sid === undefined ? {} : { sid }),
      ...(nonce === undefined ? {} : { nonce }),
      ...authentication,
    },
    signer: alg === 'HS256' ? { secret: application.clientSecret ?? '' } : 'current',
  };
}

/** What an access token is issued for without a login. */
export interface AccessTokenRequest {
  readonly sub: string;
  /** Identifier of an API. */
  readonly audience: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Negative for a token that has expired. */
  readonly expiresInSeconds: number;
  /** Merged over the correct claims; `undefined` removes one. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** @throws for an API or user that the tenant does not have */
export async function issueAccessToken(
  request: AccessTokenRequest,
  issuer: string,
  settings: TenantSettings,
  keys: TenantKeys,
): Promise<string> {
  const { audience, sub, clientId, expiresInSeconds } = request;
  const api = settings.apis.find(({ identifier }) => identifier === audience);
  const user = settings.users.find((one) => one.sub === sub);
  if (api === undefined) {
    const known = settings.apis.map(({ identifier }) => identifier).join(', ');
    throw new Error(`The tenant has no API with the identifier ${audience}, only: ${known}`);
  }
  if (user === undefined) throw new Error(`The tenant has no user with the subject ${sub}`);
  const now = Math.floor(Date.now() / 1000);
  const issuedAt = Math.min(now, now + expiresInSeconds - 60);
  const draft = accessTokenOf(
    {
      issuer,
      issuedAt,
      expiresIn: now + expiresInSeconds - issuedAt,
      scopes: permitted(request.scopes, api, user),
      grantType: 'authorization_code',
      application: { clientId },
      user,
      api,
      nonce: undefined,
      sid: undefined,
      authentication: {},
      body: {},
    },
    api,
  );
  Object.assign(draft.claims, request.claims);
  return String(await signed(draft, keys));
}

/** Claims about the user by scope (OIDC Core §5.4). */
export function profileOf(user: User, scopes: readonly string[]): Record<string, unknown> {
  const profile = {
    ...(user.name === undefined ? {} : { name: user.name }),
    nickname: user.email.replace(/@.*/, ''),
  };
  return {
    ...user.claims,
    ...(scopes.includes('profile') ? profile : {}),
    ...(scopes.includes('email') ? { email: user.email, email_verified: true } : {}),
  };
}
