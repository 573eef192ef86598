/**
 * A client's call to the token or the revocation endpoint, up to the question it asks: its form is
 * read, it is counted, and the client is authenticated.
 *
 * Spec: RFC 6749 §2.3 and §10.10; R-TK-15.
 *
 * @module
 */
import type { Request, Response } from 'express';

import type { AuthenticateClient, IdentifiedClient } from '../clients/client-authentication.js';
import { noteCaller } from '../config/request-context.js';
import type { RefreshTokens } from '../grants/refresh-token.js';
import { type ClientCredentials, parseClientCredentials } from '../oauth/client-credentials.js';
import { InvalidClientError } from '../oauth/errors.js';
import type { Parameters } from '../oauth/parameters.js';
import { IPV6_SITE } from './caller-address.js';
import type { RateLimits } from './rate-limits.js';
import { readForm } from './request-body.js';

/** Largest body accepted, in bytes: a code, a verifier and an assertion at their limits. */
const MAX_BODY_BYTES = 32 * 1024;

/** What the endpoint has to work with. */
export interface ClientRequest {
  readonly form: Parameters;
  readonly client: IdentifiedClient;
}

/**
 * @throws InvalidRequestError (400, 408, 413, 415) a form that cannot be read, or two ways to authenticate
 * @throws TooManyRequestsError (429) the address, the grant, or guesses at the client's secret
 * @throws InvalidClientError (401) client authentication failed
 */
export type OpenClientRequest = (req: Request, res: Response) => Promise<ClientRequest>;

interface ClientRequestsDeps {
  readonly authenticateClient: AuthenticateClient;
  readonly refreshTokens: Pick<RefreshTokens, 'parse'>;
  readonly limits: Pick<RateLimits, 'addressOf' | 'count' | 'check'>;
}

export function createClientRequests(deps: ClientRequestsDeps): OpenClientRequest {
  const { authenticateClient, refreshTokens, limits } = deps;

  /** The grant of a refresh token that only this client can have; finding it costs no look-up. */
  function grantBehind(form: Parameters, clientId: string): string | undefined {
    const isRefresh = form.get('grant_type')?.[0] === 'refresh_token';
    const [token = ''] = form.get(isRefresh ? 'refresh_token' : 'token') ?? [];
    return refreshTokens.parse(token, clientId)?.grantId;
  }

  /**
   * A call with a refresh token counts for its grant, apart for clients with and without a proof. A proof that is
   * not verified yet counts for the address as well: who has only found the token uses up nothing of the client
   * that can authenticate.
   */
  async function countForGrant(
    grantId: string,
    caller: { readonly address: string } | { readonly isAuthenticated: boolean },
  ): Promise<void> {
    if ('address' in caller) return limits.count('grant', `from ${caller.address} ${grantId}`);
    return limits.count('grant', `${caller.isAuthenticated ? 'with' : 'without'} proof ${grantId}`);
  }

  /**
   * Guesses at a secret count by address and client, never by client alone: that would let anybody lock a
   * client out. A client that holds a refresh token of its own is not kept out by what others try from its
   * address; it has as many tries again, however many tokens it has.
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
    await limits.check('secret', key);
    try {
      return await authenticateClient(credentials);
    } catch (error) {
      if (error instanceof InvalidClientError) await limits.count('secret', key);
      throw error;
    }
  }

  return async function openClientRequest(req, res) {
    const address = limits.addressOf(req);
    // What is fetched to authenticate a client counts for the address: the form proves nothing yet.
    noteCaller(limits.addressOf(req, IPV6_SITE));
    const countForAddress = async (error: unknown): Promise<never> => {
      await limits.count('token', address);
      throw error;
    };
    const form = await readForm(req, res, MAX_BODY_BYTES).catch(countForAddress);
    const credentials = await credentialsIn(req, form).catch(countForAddress);
    const { clientId, method } = credentials;
    const grantId = grantBehind(form, clientId);
    if (grantId === undefined) {
      await limits.count('token', address);
      return { form, client: await authenticate(credentials, address, false) };
    }
    await countForGrant(grantId, method === 'none' ? { isAuthenticated: false } : { address });
    const client = await authenticate(credentials, address, true);
    if (method !== 'none') await countForGrant(grantId, client);
    return { form, client };
  };
}

async function credentialsIn(req: Request, form: Parameters): Promise<ClientCredentials> {
  return parseClientCredentials(req.headers.authorization, form);
}
