/**
 * What the token endpoint hands out: an access token, and a refresh token where one is due.
 *
 * Spec: RFC 6749 §5.1.
 *
 * @module
 */
import type { Lifetimes } from '../config/config.js';
import { InvalidGrantError, InvalidScopeError } from '../oauth/errors.js';
import type { GrantRecord } from '../storage/records.js';
import type { AccessTokens } from './access-token.js';
import { accessTokenLifetime } from './grant-life.js';
import type { RefreshTokens } from './refresh-token.js';

/** A successful token response, before it takes its wire form. */
export interface TokenSet {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  /** What the access token really covers (CLI-34). */
  readonly scopes: readonly string[];
  /** Undefined for clients registered without refresh. */
  readonly refreshToken: string | undefined;
  /** To be called once the answer has left this process. */
  readonly onSent?: () => void;
}

export interface TokenIssuerDeps {
  readonly accessTokens: Pick<AccessTokens, 'sign'>;
  readonly refreshTokens: Pick<RefreshTokens, 'mint'>;
  readonly lifetimes: Lifetimes;
  readonly requiredScopes: readonly string[];
  readonly now: () => number;
}

/** What the person allowed, as far as Auth0 grants it at present. */
export function effectiveScopes(grant: Pick<GrantRecord, 'scopes' | 'auth0'>): readonly string[] {
  const atAuth0 = new Set(grant.auth0.scopes);
  return grant.scopes.filter((scope) => atAuth0.has(scope));
}

/**
 * The scopes of an access token for a refresh that names some (RFC 6749 §6): never more than the
 * person allowed and Auth0 grants at present, always with the required ones. A client may go on
 * asking for what Auth0 has withdrawn since; the answer then tells it the truth. Words nobody here
 * knows are passed over (CLI-31).
 *
 * @throws InvalidScopeError a known scope that the person did not allow (R-TK-10)
 */
export function narrowedScopes(
  grant: Pick<GrantRecord, 'scopes' | 'auth0'>,
  asked: readonly string[] | undefined,
  rules: { readonly required: readonly string[]; readonly known: ReadonlySet<string> },
): readonly string[] {
  const words = asked ?? [];
  const allowed = words.filter((scope) => grant.scopes.includes(scope));
  if (words.some((scope) => rules.known.has(scope) && !allowed.includes(scope))) {
    throw new InvalidScopeError('The scope is wider than what was granted');
  }
  const effective = effectiveScopes(grant);
  if (allowed.length === 0) return effective;
  return effective.filter((scope) => allowed.includes(scope) || rules.required.includes(scope));
}

/** Signs what a grant has come to. @throws InvalidGrantError the grant is at its end */
export async function issueTokens(
  grantId: string,
  grant: GrantRecord,
  scopes: readonly string[],
  deps: TokenIssuerDeps,
): Promise<TokenSet> {
  const issuedAt = deps.now();
  const expiresInSeconds = accessTokenLifetime(grant, deps.lifetimes, issuedAt);
  if (expiresInSeconds <= 0) throw new InvalidGrantError('The login has ended');
  const accessToken = await deps.accessTokens.sign({
    grantId,
    clientId: grant.client.id,
    subject: grant.subject,
    scopes,
    issuedAt,
    expiresAt: issuedAt + expiresInSeconds,
  });
  const refreshToken = grant.client.mayRefresh
    ? deps.refreshTokens.mint({ grantId, generation: grant.generation }, grant.client.id)
    : undefined;
  return { accessToken, expiresInSeconds, scopes, refreshToken };
}
