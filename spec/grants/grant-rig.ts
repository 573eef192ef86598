/**
 * Grants on a clock that can be moved, in front of an Auth0 that rotates without leeway.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  type Auth0,
  type Auth0ApiAccessError,
  Auth0Error,
  type Auth0Login,
} from '../../lib/auth0/auth0.js';
import type { IdentifiedClient } from '../../lib/clients/client-authentication.js';
import type { Lifetimes } from '../../lib/config/config.js';
import type { Auth0McpEvent } from '../../lib/config/events.js';
import type { Core } from '../../lib/core.js';
import { createAccessTokens, SIGNING_KEY_MATERIAL_BYTES } from '../../lib/grants/access-token.js';
import { createAccountSessions } from '../../lib/grants/account-sessions.js';
import { createBackchannelLogout, type LogOut } from '../../lib/grants/backchannel-logout.js';
import { createGrants, type Grants } from '../../lib/grants/grants.js';
import type { ApprovedRequest } from '../../lib/grants/login-transactions.js';
import { createRefreshTokens } from '../../lib/grants/refresh-token.js';
import type { TokenSet } from '../../lib/grants/token-set.js';
import { OAuthError } from '../../lib/oauth/errors.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { type Storage, StorageUnavailableError } from '../../lib/storage/storage.js';
import { testCore } from '../support/test-core.js';

export const START = 1_700_000_000;
export const ISSUER = 'https://mcp.example';
export const RESOURCE = 'https://mcp.example/mcp';
export const CALLBACK = 'https://client.example/cb';
export const VERIFIER = 'v'.repeat(43);
export const DAY = 86_400;
export const LIFETIMES: Lifetimes = {
  accessTokenSeconds: 3600,
  refreshTokenIdleSeconds: 30 * DAY,
  refreshTokenSeconds: 365 * DAY,
  refreshGraceSeconds: 120,
};
/** Auth0's access token of a login lives this long. */
export const AUTH0_TTL = DAY;
export const PUBLIC: IdentifiedClient = {
  id: 'client',
  authMethod: 'none',
  isAuthenticated: false,
};

/** Auth0 for grants: one refresh token is valid at a time, a used one ends the session. */
export interface FakeAuth0 extends Pick<Auth0, 'refresh' | 'refreshFor' | 'revoke'> {
  /** Tokens that were sent to be refreshed, in order. */
  readonly refreshes: string[];
  readonly revoked: string[];
  /** Audience and scopes of the requests for other APIs, in order. */
  readonly apis: string[];
  /** Results of the next requests, instead of a token; the refresh token is used up. */
  readonly refusals: (Auth0ApiAccessError | Auth0Error)[];
  /** What the next refreshes do instead, first one first. */
  readonly failures: Error[];
  /** What Auth0 grants from now on. */
  scopes: string[];
  subject: string;
  rotates: boolean;
  /** Whether a used refresh token is good for once more ("Rotation Overlap Period"). */
  overlaps: boolean;
  /** Life of the access tokens of a refresh. */
  ttlSeconds: number;
  /** Time until its response, in real milliseconds. */
  delayMs: number;
  /** Runs while Auth0 works. */
  meanwhile: () => Promise<void>;
}

/** Storage that can be made to fail. */
export interface FlakyStorage extends Storage {
  /** Calls of `update` that fail from now on. */
  failingUpdates: number;
  /** Runs once, before the next update. */
  beforeUpdate: (() => Promise<void> | void) | undefined;
  /** Keys under which something was added, oldest first. */
  readonly keys: string[];
}

export interface GrantRig {
  readonly auth0: FakeAuth0;
  readonly storage: FlakyStorage;
  readonly core: Core;
  readonly events: Auth0McpEvent[];
  readonly logged: string[];
  readonly grants: Grants;
  readonly logOut: LogOut;
  readonly now: () => number;
  pass(seconds: number): void;
  /** Another instance on the same storage. */
  instance(): Grants;
  login(changes?: Partial<Auth0Login>): Auth0Login;
  begin(changes?: Partial<ApprovedRequest>, login?: Partial<Auth0Login>): Promise<string>;
  redeem(
    code: string,
    changes?: { codeVerifier?: string; redirectUri?: string | undefined },
  ): Promise<TokenSet>;
  /** A login up to its tokens, which have arrived. */
  tokens(
    changes?: Partial<ApprovedRequest>,
    login?: Partial<Auth0Login>,
  ): Promise<TokenSet & { refreshToken: string }>;
  refresh(
    refreshToken: string,
    scopes?: string[],
    client?: IdentifiedClient,
    caller?: string,
  ): Promise<TokenSet>;
  grantIdOf(tokens: TokenSet): Promise<string>;
  typesOfEvents(): string[];
}

export function grantRig(
  options: {
    lifetimes?: Partial<Lifetimes>;
    required?: string[];
    known?: string[];
    timeoutMs?: number;
  } = {},
): GrantRig {
  let time = START;
  const now = () => time;
  const { required = ['openid'], known = ['openid', 'read', 'write'], timeoutMs = 1000 } = options;
  const auth0 = fakeAuth0(now);
  const events: Auth0McpEvent[] = [];
  const logged: string[] = [];
  const log = (_fields: object, message: string): void => void logged.push(message);
  const storage = flaky(memoryStorage({ now }));
  const base = testCore({ now });
  const core: Core = {
    ...base,
    config: {
      ...base.config,
      lifetimes: { ...LIFETIMES, ...options.lifetimes },
      scopes: { ...base.config.scopes, required },
      auth0: { ...base.config.auth0, timeoutMs },
      logger: { debug: log, info: log, warn: log, error: log },
    },
    storage,
    collections: { ...base.collections, storage },
    emit: (event) => void events.push(event),
  };
  const materials = core.signingKeys.derive('access-token', SIGNING_KEY_MATERIAL_BYTES);
  const accessTokens = createAccessTokens(materials, ISSUER, RESOURCE, now);
  const refreshTokens = createRefreshTokens(core.signingKeys.derive('refresh-token'), ISSUER);
  const instance = (): Grants =>
    createGrants(core, auth0, accessTokens, refreshTokens, new Set(known), () => undefined);
  const grants = instance();
  let logins = 0;

  const rig: GrantRig = {
    auth0,
    storage,
    core,
    events,
    logged,
    grants,
    logOut: createBackchannelLogout(core, grants, createAccountSessions(core)),
    now,
    instance,
    pass(seconds) {
      time += seconds;
    },
    login: (changes = {}) => ({
      subject: 'auth0|ada',
      sid: 'session',
      claims: {},
      user: { name: 'Ada' },
      scopes: auth0.scopes,
      tokens: {
        accessToken: `auth0-at-${++logins}`,
        accessTokenExpiresAt: time + AUTH0_TTL,
        refreshToken: `auth0-rt-${logins}`,
      },
      ...changes,
    }),
    begin: async (changes, login) => (await grants.begin(rig.login(login), approved(changes))).code,
    redeem: (code, changes = {}) =>
      grants.redeemCode(
        {
          grantType: 'authorization_code',
          code,
          codeVerifier: VERIFIER,
          redirectUri: CALLBACK,
          ...changes,
        },
        PUBLIC,
      ),
    async tokens(changes, login) {
      const tokens = await rig.redeem(await rig.begin(changes, login));
      await deliver(tokens);
      return { ...tokens, refreshToken: tokens.refreshToken ?? '' };
    },
    refresh: (refreshToken, scopes, client = PUBLIC, caller = 'caller') =>
      grants.refresh({ grantType: 'refresh_token', refreshToken, scopes }, client, caller),
    grantIdOf: async ({ accessToken }) => (await accessTokens.verify(accessToken)).grantId,
    typesOfEvents: () => events.map(({ type }) => type),
  };
  return rig;
}

/** Reports that the response was sent, and waits until that is stored. */
export async function deliver(tokens: TokenSet): Promise<void> {
  tokens.onSent?.();
  await sleep(2);
}

/** An approved request: `client`, the required scope and one more. */
export function approved(changes: Partial<ApprovedRequest> = {}): ApprovedRequest {
  return {
    client: {
      id: 'client',
      kind: 'preregistered',
      name: 'Client',
      authMethod: 'none',
      mayRefresh: true,
    },
    clientId: 'client',
    redirectUri: CALLBACK,
    state: undefined,
    codeChallenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    promptsConsent: false,
    hints: {},
    scopes: ['openid', 'read'],
    ...changes,
  };
}

/** The code of the OAuth error an attempt ends in, `ok` if it does not, anything else is thrown. */
export async function outcomeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'ok';
  } catch (error) {
    if (error instanceof OAuthError) return error.code;
    throw error;
  }
}

function fakeAuth0(now: () => number): FakeAuth0 {
  const used = new Set<string>();
  let issued = 0;
  /** @returns the number of the response */
  async function use(refreshToken: string): Promise<number> {
    auth0.refreshes.push(refreshToken);
    await sleep(auth0.delayMs);
    await auth0.meanwhile();
    const failure = auth0.failures.shift();
    if (failure !== undefined) throw failure;
    if (used.has(refreshToken) && !auth0.overlaps) throw new Auth0Error('session_ended', 'reused');
    if (auth0.rotates) used.add(refreshToken);
    issued += 1;
    return issued;
  }
  const nextToken = (at: number) => (auth0.rotates ? `refreshed-rt-${at}` : undefined);
  const auth0: FakeAuth0 = {
    refreshes: [],
    revoked: [],
    apis: [],
    refusals: [],
    failures: [],
    scopes: ['openid', 'read', 'write'],
    subject: 'auth0|ada',
    rotates: true,
    overlaps: false,
    ttlSeconds: AUTH0_TTL,
    delayMs: 0,
    meanwhile: async () => undefined,
    async refresh(refreshToken) {
      const at = await use(refreshToken);
      const tokens = {
        accessToken: `refreshed-at-${at}`,
        accessTokenExpiresAt: now() + auth0.ttlSeconds,
        refreshToken: nextToken(at),
      };
      const result = { tokens, claims: { sub: auth0.subject }, scopes: auth0.scopes };
      return { refreshToken: nextToken(at), result: auth0.refusals.shift() ?? result };
    },
    async refreshFor(refreshToken, { audience, scopes }) {
      auth0.apis.push([audience, ...scopes].join(' '));
      const at = await use(refreshToken);
      const token = {
        accessToken: `${audience}-at-${at}`,
        expiresAt: now() + auth0.ttlSeconds,
        subject: auth0.subject,
        scopes,
      };
      return { refreshToken: nextToken(at), result: auth0.refusals.shift() ?? token };
    },
    async revoke(refreshToken) {
      auth0.revoked.push(refreshToken);
    },
  };
  return auth0;
}

function flaky(inner: Storage): FlakyStorage {
  const storage: FlakyStorage = {
    ...inner,
    failingUpdates: 0,
    beforeUpdate: undefined,
    keys: [],
    add(key, ...rest) {
      storage.keys.push(key);
      return inner.add(key, ...rest);
    },
    async update(...parameters) {
      const { beforeUpdate } = storage;
      storage.beforeUpdate = undefined;
      await beforeUpdate?.();
      if (storage.failingUpdates > 0) {
        storage.failingUpdates -= 1;
        throw new StorageUnavailableError('away');
      }
      return inner.update(...parameters);
    },
  };
  return storage;
}
