/** Logins without a tenant: the grant is begun with what Auth0 would have vouched for, and redeemed. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

import type { Context } from '../../lib/app/context.js';
import type { TokenSet } from '../../lib/grants/token-set.js';
import type { Storage } from '../../lib/storage/storage.js';

export const VERIFIER = 'bench-verifier.with~every-kind_of-character-0123456789';
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
export const REDIRECT_URI = 'http://127.0.0.1:45454/callback';
const HOUR_SECONDS = 3600;
/** About what a sealed grant takes (1.3 kB), and then some: fillers are random bytes of this size. */
const SEALED_BYTES = 1536;

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const text = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** An Auth0 access token as tenants make them: signed once, since nobody here checks it. */
function auth0AccessToken(): string {
  const iat = Math.floor(Date.now() / 1000);
  const content = `${text({ alg: 'RS256', typ: 'JWT', kid: 'bench-key-0123456789ab' })}.${text({
    iss: 'https://bench.eu.auth0.com/',
    sub: 'auth0|65f1c0ffee0123456789abcd',
    aud: ['https://api.example.com', 'https://bench.eu.auth0.com/userinfo'],
    iat,
    exp: iat + 24 * HOUR_SECONDS,
    scope: 'openid profile email offline_access',
    azp: 'bench-client',
  })}`;
  return `${content}.${sign('sha256', Buffer.from(content), privateKey).toString('base64url')}`;
}

let shared: string | undefined;

/** The code of a new grant, ready to be redeemed by `clientId`. */
export async function beginGrant(
  { grants }: Pick<Context, 'grants'>,
  clientId: string,
): Promise<{ code: string; grantId: string }> {
  shared ??= auth0AccessToken();
  const subject = `auth0|${randomBytes(12).toString('hex')}`;
  const login = {
    subject,
    sid: randomBytes(16).toString('base64url'),
    claims: {},
    user: {
      sub: subject,
      name: 'Ada Lovelace',
      nickname: 'ada',
      email: 'ada@example.com',
      email_verified: true,
      picture: 'https://s.gravatar.com/avatar/0123456789abcdef0123456789abcdef?s=480&r=pg',
      updated_at: '2026-03-14T09:26:53.589Z',
    },
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    tokens: {
      accessToken: shared,
      accessTokenExpiresAt: Math.floor(Date.now() / 1000) + 24 * HOUR_SECONDS,
      refreshToken: `v1.${randomBytes(40).toString('base64url')}`,
    },
  };
  return grants.begin(login, {
    client: {
      id: clientId,
      name: 'Bench',
      kind: 'preregistered',
      authMethod: 'none',
      mayRefresh: true,
    },
    scopes: ['openid'],
    clientId,
    redirectUri: REDIRECT_URI,
    state: undefined,
    codeChallenge: CHALLENGE,
    promptsConsent: false,
    hints: {},
  });
}

/** A whole login, to its tokens. Each is of a person of their own. */
export async function makeGrant(context: Pick<Context, 'grants'>): Promise<TokenSet> {
  const clientId = 'bench-mcp-client';
  const { code } = await beginGrant(context, clientId);
  const tokens = await context.grants.redeemCode(
    { grantType: 'authorization_code', code, codeVerifier: VERIFIER, redirectUri: REDIRECT_URI },
    { id: clientId, authMethod: 'none', isAuthenticated: false },
  );
  tokens.onSent?.();
  return tokens;
}

const LIFE_SECONDS = 30 * 24 * HOUR_SECONDS;
const AT_ONCE = 64;

/**
 * Fills a store with `count` grants: one real one, and as many of the size of a sealed one under names as
 * long, with the three memberships each has. They are never opened; they are there.
 */
export async function fillStore(context: Context, storage: Storage, count: number): Promise<void> {
  const bytes = randomBytes(SEALED_BYTES);
  const name = (kind: string): string =>
    `${'n'.repeat(16)}:${kind}:${randomBytes(32).toString('base64url')}`;
  await makeGrant(context);
  const addOne = async (): Promise<void> => {
    const id = randomBytes(16).toString('base64url');
    await storage.set(name('grant'), bytes, LIFE_SECONDS);
    await storage.addMember(name('grants-by-subject'), id, LIFE_SECONDS);
    await storage.addMember(name('grants-by-client'), id, LIFE_SECONDS);
    await storage.addMember(name('grants-by-sid'), id, LIFE_SECONDS);
  };
  for (let made = 0; made < count; made += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - made) }, addOne));
  }
}
