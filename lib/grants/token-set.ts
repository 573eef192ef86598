/** Token responses (RFC 6749 §5.1) and the scopes in them. */
import type { GuardScopes, Lifetimes } from '../config/config.js';
import { InvalidGrantError, InvalidScopeError } from '../oauth/errors.js';
import { authenticatedScopes, type ScopeAuthentications } from '../oauth/user-authentication.js';
import type { GrantRecord } from '../storage/records.js';
import type { AccessTokens } from './access-token.js';
import { accessTokenLifetime } from './grant-lifetime.js';
import type { RefreshTokens } from './refresh-token.js';

/** A token response, before its wire form. */
export interface TokenSet {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  /** What the access token allows, which may be less than requested. */
  readonly scopes: readonly string[];
  /** Undefined for clients registered without refresh. */
  readonly refreshToken: string | undefined;
  /** To be called once the response has been sent. */
  readonly onSent?: () => void;
}

/** Issues tokens for a grant as it is now. @throws InvalidGrantError the grant has expired */
export type IssueTokens = (
  grantId: string,
  grant: GrantRecord,
  scopes: readonly string[],
) => Promise<TokenSet>;

export function createTokenIssuer(
  accessTokens: Pick<AccessTokens, 'sign'>,
  refreshTokens: Pick<RefreshTokens, 'mint'>,
  lifetimes: Lifetimes,
  now: () => number,
): IssueTokens {
  return async function issueTokens(grantId, grant, scopes) {
    const issuedAt = now();
    const expiresInSeconds = accessTokenLifetime(grant, lifetimes, issuedAt);
    if (expiresInSeconds <= 0) throw new InvalidGrantError('The login has ended');
    const accessToken = await accessTokens.sign({
      grantId,
      clientId: grant.client.id,
      // RFC 9068 §2.2: the client itself where no user is involved.
      subject: grant.subject ?? grant.client.id,
      scopes,
      issuedAt,
      expiresAt: issuedAt + expiresInSeconds,
    });
    const refreshToken = grant.client.mayRefresh
      ? refreshTokens.mint({ grantId, generation: grant.generation }, grant.client.id)
      : undefined;
    return { accessToken, expiresInSeconds, scopes, refreshToken };
  };
}

type ScopedGrant = Pick<GrantRecord, 'scopes' | 'auth0' | 'user'>;

/** Scopes that the user allowed, Auth0 grants at present, and the login is strong and recent enough for. */
export function effectiveScopes(
  grant: ScopedGrant,
  authentication: ScopeAuthentications,
  now: number,
): readonly string[] {
  const granted = grant.scopes.filter((scope) => grant.auth0?.scopes.includes(scope));
  return authenticatedScopes(granted, grant.user, authentication, now);
}

/**
 * Scopes for a refresh that requests some (RFC 6749 §6): never more than the user allowed and Auth0 grants at present,
 * always with the required ones. Unknown scopes are ignored. A scope that Auth0 no longer grants is left out without
 * an error; the response names the scopes of the token.
 *
 * @throws InvalidScopeError a known scope that the user did not allow
 */
export function narrowedScopes(
  grant: ScopedGrant,
  requested: readonly string[] | undefined,
  rules: Pick<GuardScopes, 'required' | 'authentication'> & { readonly known: ReadonlySet<string> },
  now: number,
): readonly string[] {
  const effective = effectiveScopes(grant, rules.authentication, now);
  if (requested === undefined) return effective;
  const allowed = requested.filter((scope) => grant.scopes.includes(scope));
  if (requested.some((scope) => rules.known.has(scope) && !allowed.includes(scope))) {
    throw new InvalidScopeError('The scope is wider than what was granted');
  }
  if (allowed.length === 0) return effective;
  return effective.filter((scope) => allowed.includes(scope) || rules.required.includes(scope));
}
