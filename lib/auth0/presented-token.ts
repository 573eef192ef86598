/**
 * Verification of Auth0 access tokens that clients present as bearer tokens (RFC 9068 §4, RFC 8725 §3; MCP
 * authorization, "Token Handling").
 */
import { hash } from 'node:crypto';

import { decodeJwt } from 'jose';
import { LRUCache } from 'lru-cache';

import type { TenantConfig } from '../config/config.js';
import { deepFreeze } from '../config/deep-freeze.js';
import { MAX_AUTH0_TOKEN_LENGTH, requireToken } from '../oauth/bearer-token.js';
import { ACCESS_TOKEN, formOfAccessToken, grantedScopes, UNVERIFIABLE } from './access-token.js';
import { Auth0Error, plainText } from './auth0.js';
import {
  CLOCK_TOLERANCE_SECONDS,
  rejected,
  requireSubject,
  type UserClaims,
  verifySignedToken,
} from './signed-token.js';
import type { KeySetId } from './signing-keys.js';
import type { Problems, Tenant } from './tenant.js';

/** A verified token. Frozen, since requests share it. */
export interface PresentedToken {
  readonly subject: string;
  /** The application: `azp` or `client_id`. */
  readonly clientId: string;
  /** Scopes and permissions. */
  readonly scopes: readonly string[];
  /** Unix seconds. */
  readonly expiresAt: number;
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface PresentedTokens {
  /** A token that was verified before, unless it has expired or the signing keys have changed. */
  cached(token: string): PresentedToken | undefined;
  /**
   * @throws TokenExpiredError
   * @throws Auth0Error `invalid_response` for any other invalid token, with the remedy if the tenant may be
   *   misconfigured; `unavailable` if the keys cannot be fetched
   */
  verify(token: string): Promise<PresentedToken>;
}

/** A verified token is cached until its key set changes: a revoked key must not be accepted any longer. */
interface Verified {
  readonly token: PresentedToken;
  readonly keySet: KeySetId;
}

const MAX_VERIFIED = 10_000;
/** Tokens with many permissions have thousands of characters. */
const MAX_CHARACTERS = 16 * 1024 * 1024;

type ResourceTenant = Tenant<TenantConfig>;

export function createPresentedTokens(tenant: ResourceTenant): PresentedTokens {
  const { keys, now, problems } = tenant;
  const verified = new LRUCache<string, Verified>({ max: MAX_VERIFIED, maxSize: MAX_CHARACTERS });

  return {
    cached(token) {
      const known = verified.get(hashOf(token));
      const isValid =
        known !== undefined &&
        known.keySet === keys.currentSet() &&
        known.token.expiresAt + CLOCK_TOLERANCE_SECONDS > now();
      return isValid ? known.token : undefined;
    },
    async verify(token) {
      requireToken(token, MAX_AUTH0_TOKEN_LENGTH);
      requireTenantToken(token, tenant);
      await problems.watch(keys.ready).catch(rethrowAsOutage);
      const result = await problems.watch(() => verifyPresented(token, tenant));
      verified.set(hashOf(token), result, { size: token.length });
      return result.token;
    },
  };
}

function hashOf(token: string): string {
  return hash('sha256', token, 'base64url');
}

/** Rejects a token that is not of this tenant by its own content, whether the keys can be fetched or not. */
function requireTenantToken(token: string, { config, problems }: ResourceTenant): void {
  const { audience, expectedIssuer } = config;
  const form = formOfAccessToken(token);
  if (form === 'opaque') {
    const message = 'it is opaque, so the client did not request an API of this tenant';
    throw reported(message, audienceRemedy(audience), problems);
  }
  if (form === 'encrypted' || form === 'shared-secret') {
    const [message, remedy] = UNVERIFIABLE[form];
    throw reported(`it is ${message}`, remedy, problems);
  }
  if (form !== 'signed') {
    throw rejected(ACCESS_TOKEN, 'it is no JWT, or its typ or alg is not for access tokens');
  }
  const issuer = issuerOf(token);
  if (issuer === expectedIssuer) return;
  throw rejected(
    ACCESS_TOKEN,
    `it is of another issuer: "${plainText(issuer)}", not "${expectedIssuer}"`,
  );
}

function issuerOf(token: string): unknown {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

async function verifyPresented(token: string, tenant: ResourceTenant): Promise<Verified> {
  const { config, keys, problems, now } = tenant;
  let keySet: KeySetId = '';
  const signed = await verifySignedToken(token, {
    what: ACCESS_TOKEN,
    issuer: config.expectedIssuer,
    keys: {
      async find(...header) {
        const found = await keys.find(...header);
        keySet = found.keySet;
        return found;
      },
    },
    now: now(),
  });
  const claims = requireSubject(signed, ACCESS_TOKEN);
  rejectOtherKinds(claims);
  const clientId = clientOf(claims);
  requireAudience(claims, config, problems);
  const { sub: subject, exp: expiresAt } = claims;
  const scopes = grantedScopes(claims);
  return { token: deepFreeze({ subject, clientId, scopes, expiresAt, claims }), keySet };
}

/** Claims of ID tokens and logout tokens, which an access token never has. */
const FOREIGN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 'events'] as const;

/**
 * RFC 8725 §3.12: Auth0 signs ID tokens and logout tokens with the same keys and the same `typ`. RFC 7800 §3.1: a token
 * that is bound to a key is invalid without a proof, which a bearer token does not have.
 */
function rejectOtherKinds(claims: UserClaims): void {
  const foreign = FOREIGN_CLAIMS.find((name) => claims[name] !== undefined);
  if (foreign !== undefined) {
    throw rejected(ACCESS_TOKEN, `it has ${foreign}, so it is an ID token or a logout token`);
  }
  if (claims['cnf'] !== undefined) {
    throw rejected(ACCESS_TOKEN, 'it is bound to a key of the client (cnf), and no bearer token');
  }
}

function clientOf(claims: UserClaims): string {
  const named = [claims['azp'], claims['client_id']].filter((value) => value !== undefined);
  const [clientId] = named;
  if (typeof clientId !== 'string' || clientId === '') {
    throw rejected(ACCESS_TOKEN, 'it names no client, as an ID token does not');
  }
  if (named.some((value) => value !== clientId)) {
    throw rejected(ACCESS_TOKEN, 'azp and client_id differ');
  }
  return clientId;
}

/**
 * This resource, and no other except Auth0's userinfo endpoint: a token for two APIs could be used by each of them at
 * the other.
 */
function requireAudience(
  claims: UserClaims,
  { audience, expectedIssuer }: TenantConfig,
  problems: Problems,
): void {
  const audiences: readonly unknown[] = [claims.aud].flat();
  if (!audiences.includes(audience)) {
    const shown = audiences
      .map((name) => (typeof name === 'string' ? `"${plainText(name)}"` : 'nothing'))
      .join(', ');
    // The signature is valid, so only applications of the tenant can cause this log line.
    const message = `it is for ${shown}, not for "${audience}"`;
    throw reported(message, audienceRemedy(audience), problems);
  }
  if (audiences.some((name) => name !== audience && name !== `${expectedIssuer}userinfo`)) {
    throw rejected(ACCESS_TOKEN, 'it is for another API besides this one');
  }
}

function audienceRemedy(audience: string): string {
  return `Dashboard > Applications > APIs: the Identifier of your API must be exactly ${audience}; it cannot be changed later. Dashboard > Settings > Advanced: switch on Resource Parameter Compatibility Profile, so that Auth0 reads the resource parameter of MCP clients.`;
}

/** The tenant may be misconfigured: the operator is advised once, and each rejection names the remedy. */
function reported(message: string, remedy: string, problems: Problems): Auth0Error {
  problems.advise(`an ${ACCESS_TOKEN} was refused: ${message}`, remedy);
  return new Auth0Error('invalid_response', `${ACCESS_TOKEN} refused: ${message}`, { remedy });
}

/** Without keys nothing is known about the token: 503, never 401. */
function rethrowAsOutage(error: unknown): never {
  if (!(error instanceof Auth0Error) || error.kind === 'unavailable') throw error;
  const { message, remedy } = error;
  throw new Auth0Error('unavailable', message, { remedy, cause: error });
}
