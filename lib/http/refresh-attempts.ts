/** Counts refresh tokens that are refused, so that trying many ends in 429 (RFC 6749 §10.10). */
import type { Request } from 'express';

import type { RefreshTokens } from '../grants/refresh-token.js';
import { InvalidGrantError } from '../oauth/errors.js';
import type { RateLimits } from './rate-limits.js';

/** Runs a refresh. @throws what it throws, or TooManyRequestsError (429) in place of InvalidGrantError */
export type AttemptRefresh = <T>(
  req: Request,
  presented: { readonly refreshToken: string; readonly clientId: string },
  refresh: (caller: string) => Promise<T>,
) => Promise<T>;

export function createRefreshAttempts(
  limits: Pick<RateLimits, 'addressOf' | 'callerOf' | 'count'>,
  refreshTokens: Pick<RefreshTokens, 'parse'>,
): AttemptRefresh {
  return async function attemptRefresh(req, { refreshToken, clientId }, refresh) {
    try {
      return await refresh(limits.callerOf(req));
    } catch (error) {
      // Counted afterwards: a token cannot be guessed, and an honest refresh needs no look at a counter.
      if (error instanceof InvalidGrantError) {
        const grantId = refreshTokens.parse(refreshToken, clientId)?.grantId;
        const address = limits.addressOf(req);
        await limits.count(
          'refresh_token',
          grantId === undefined ? address : `${address} ${grantId}`,
        );
      }
      throw error;
    }
  };
}
