/**
 * What is asked of Auth0 when a browser is sent there.
 *
 * Spec: RFC 6749 §4.1.1, RFC 7636 §4.3 (PKCE), OpenID Connect Core 1.0 §3.1.2.1 (nonce).
 *
 * @module
 */
import { createHash, randomBytes } from 'node:crypto';

import type { Auth0Config } from '../config/config.js';
import type { LoginStart } from './auth0.js';

/** 256 bits each: state, nonce and verifier cannot be guessed. */
const RANDOM_BYTES = 32;

/** Who the person is. */
const IDENTITY_SCOPES: readonly string[] = ['openid', 'profile', 'email'];

/** Asked for at every login of a client: who the person is, and a session that outlives the browser. */
export const AUTH0_SCOPES: readonly string[] = [...IDENTITY_SCOPES, 'offline_access'];

/** The secrets of one login. */
export interface LoginSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** Fresh secrets, from the system's random source; the state may be there already. */
export function createLoginSecrets(state?: string): LoginSecrets {
  const random = (): string => randomBytes(RANDOM_BYTES).toString('base64url');
  return { state: state ?? random(), nonce: random(), codeVerifier: random() };
}

/** Without duplicates and without `openid`, which passport-openidconnect puts in front. */
export function upstreamScopes({
  scopes,
  identityOnly = false,
}: Pick<LoginStart, 'scopes' | 'identityOnly'>): string {
  const always = identityOnly ? IDENTITY_SCOPES : AUTH0_SCOPES;
  return [...new Set([...always, ...scopes])].filter((name) => name !== 'openid').join(' ');
}

/**
 * Every parameter but those of RFC 6749 itself; the operator's win over the client's hints. Neither has
 * one of ours in it: hints are passed on by a list, and the configuration checks the operator's.
 */
export function authorizationParameters(
  config: Pick<Auth0Config, 'audience' | 'authorizeParams'>,
  hints: LoginStart['hints'],
  secrets: Pick<LoginSecrets, 'nonce' | 'codeVerifier'>,
): Record<string, string> {
  return {
    ...hints,
    ...config.authorizeParams,
    audience: config.audience,
    nonce: secrets.nonce,
    // RFC 7636 §4.2
    code_challenge: createHash('sha256').update(secrets.codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
}
