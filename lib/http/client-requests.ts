/** Requests of clients to the token and revocation endpoints: form, rate limits, client authentication. */
import type { Request, Response } from 'express';

import type { AuthenticateClient, IdentifiedClient } from '../clients/client-authentication.js';
import { noteCaller } from '../config/request-context.js';
import type { RefreshTokens } from '../grants/refresh-token.js';
import { type ClientCredentials, parseClientCredentials } from '../oauth/client-credentials.js';
import { InvalidClientError, InvalidGrantError } from '../oauth/errors.js';
import type { Parameters } from '../oauth/parameters.js';
import { IPV6_SITE } from './caller-address.js';
import type { RateLimits } from './rate-limits.js';
import { readForm } from './read-request.js';

/** Request body limit in bytes: a code, a verifier and an assertion at their limits. */
const MAX_BODY_BYTES = 32 * 1024;

interface ClientRequest {
  readonly form: Parameters;
  readonly client: IdentifiedClient;
}

/**
 * Reads the form and authenticates the client.
 *
 * @throws InvalidRequestError (400, 408, 413, 415) an invalid form, or two authentication methods
 * @throws TooManyRequestsError (429) the limit of the address, of the grant, or of guesses at the client's secret
 * @throws InvalidClientError (401) client authentication failed
 */
export type ReadClientRequest = (req: Request, res: Response) => Promise<ClientRequest>;

export function createClientRequests(
  authenticateClient: AuthenticateClient,
  refreshTokens: RefreshTokens,
  limits: RateLimits,
): ReadClientRequest {
  /** The grant of a refresh token that was issued to this client; read from the token itself. */
  function grantIdOf(form: Parameters, clientId: string): string | undefined {
    const isRefresh = form.get('grant_type')?.[0] === 'refresh_token';
    const [token = ''] = form.get(isRefresh ? 'refresh_token' : 'token') ?? [];
    return refreshTokens.parse(token, clientId)?.grantId;
  }

  /**
   * Guesses at a secret count by address and client, never by client alone: then any caller could lock the client
   * out. Requests with a refresh token of the client count apart, so that guesses of others at its address do not
   * lock it out either.
   */
  async function authenticate(
    credentials: ClientCredentials,
    address: string,
    hasToken: boolean,
  ): Promise<IdentifiedClient> {
    const { method, clientId } = credentials;
    const isSecret = method === 'client_secret_basic' || method === 'client_secret_post';
    if (!isSecret) return authenticateClient(credentials);
    // The id comes last: it is any text.
    const key = `${hasToken ? 'with' : 'without'} token ${address} ${clientId}`;
    await limits.check('secrets', key);
    try {
      return await authenticateClient(credentials);
    } catch (error) {
      if (error instanceof InvalidClientError) await limits.count('secrets', key);
      throw error;
    }
  }

  return async function readClientRequest(req, res) {
    const address = limits.addressOf(req);
    // Fetches for client authentication count for the address: the form proves nothing yet.
    noteCaller(limits.addressOf(req, IPV6_SITE));
    const { form, credentials } = await readCredentials(req, res).catch(async (error: unknown) => {
      await limits.count('calls', `token ${address}`);
      throw error;
    });
    const { clientId, method } = credentials;
    const grantId = grantIdOf(form, clientId);
    if (grantId === undefined) {
      await limits.count('calls', `token ${address}`);
      return { form, client: await authenticate(credentials, address, false) };
    }
    if (method === 'none') {
      await limits.count('calls', `grant without proof ${grantId}`);
      return { form, client: await authenticate(credentials, address, true) };
    }
    // Until the client has authenticated, the address counts as well: a caller that has only found the token cannot
    // use up the limit of the client.
    await limits.count('calls', `grant from ${address} ${grantId}`);
    const client = await authenticate(credentials, address, true);
    await limits.count(
      'calls',
      `grant ${client.isAuthenticated ? 'with' : 'without'} proof ${grantId}`,
    );
    return { form, client };
  };
}

async function readCredentials(
  req: Request,
  res: Response,
): Promise<{ form: Parameters; credentials: ClientCredentials }> {
  const form = await readForm(req, res, MAX_BODY_BYTES);
  return { form, credentials: parseClientCredentials(req.headers.authorization, form) };
}

/**
 * Runs a refresh, and counts a refresh token that it rejects (RFC 6749 §10.10).
 *
 * @throws TooManyRequestsError (429) in place of InvalidGrantError, above the limit
 */
export type AttemptRefresh = <T>(
  req: Request,
  presented: { readonly refreshToken: string; readonly clientId: string },
  refresh: (caller: string) => Promise<T>,
) => Promise<T>;

export function createRefreshAttempts(
  limits: RateLimits,
  refreshTokens: RefreshTokens,
): AttemptRefresh {
  return async function attemptRefresh(req, { refreshToken, clientId }, refresh) {
    try {
      return await refresh(limits.callerOf(req));
    } catch (error) {
      // Counted afterwards: a token cannot be guessed, and a valid refresh needs no counter.
      if (error instanceof InvalidGrantError) {
        const grantId = refreshTokens.parse(refreshToken, clientId)?.grantId;
        const address = limits.addressOf(req);
        await limits.count(
          'refusedTokens',
          grantId === undefined ? address : `${address} ${grantId}`,
        );
      }
      throw error;
    }
  };
}
