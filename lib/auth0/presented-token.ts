/**
 * An access token of Auth0's that a client presents to us, the resource it has to be for.
 *
 * A verified token is remembered under its hash, as long as the key set it was verified with is the one
 * that counts: a signature check costs more than the rest of the request, and a key that Auth0 has
 * revoked has to stop working.
 *
 * Spec: RFC 9068 §4, RFC 8725 §3 (best practices), RFC 8705 §3.1 and RFC 9449 §6 (bound tokens); MCP
 * authorization, "Token Handling".
 *
 * @module
 */
import { hash } from 'node:crypto';

import { decodeJwt } from 'jose';
import { LRUCache } from 'lru-cache';

import type { TenantConfig } from '../config/config.js';
import { deepFreeze } from '../config/deep-freeze.js';
import { MAX_AUTH0_TOKEN_LENGTH, requireToken } from '../oauth/bearer-token.js';
import type { AtOnce } from '../storage/at-once.js';
import { ACCESS_TOKEN, formOfAccessToken } from './access-token-header.js';
import { Auth0Error } from './auth0.js';
import { grantedScopes } from './granted-scopes.js';
import { plainText } from './plain-text.js';
import {
  clientOf,
  refuseOtherKinds,
  requireAudience,
  type WrongTokenHint,
  wrongTokenHintFor,
} from './presented-token-rules.js';
import type { Problems } from './problems.js';
import {
  CLOCK_TOLERANCE_SECONDS,
  refused,
  requireSubject,
  SIGNING_ALGORITHMS,
  TokenExpiredError,
  verifyIssued,
} from './signed-token.js';
import type { KeySetName, SigningKeys } from './signing-keys.js';

/** What a verified token says. Frozen: all requests that bring it share it. */
export interface PresentedToken {
  readonly subject: string;
  /** The application that acts: `azp`, or `client_id`. */
  readonly clientId: string;
  /** Scopes and permissions. */
  readonly scopes: readonly string[];
  /** Unix seconds. */
  readonly expiresAt: number;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Checks tokens of one tenant for one resource. */
export interface PresentedTokens {
  /**
   * At once for a token seen before.
   *
   * @throws TokenExpiredError
   * @throws Auth0Error `invalid_response` for every other token that entitles to nothing here, with the
   *   reason and, where the tenant may be the cause, the remedy; `unavailable` when that cannot be found
   *   out now
   */
  verify(token: string): AtOnce<PresentedToken>;
}

/** What {@link createPresentedTokens} needs. */
export interface PresentedTokensDeps {
  readonly config: Pick<TenantConfig, 'expectedIssuer' | 'audience'>;
  readonly keys: SigningKeys;
  readonly problems: Problems;
  /** Unix seconds. */
  readonly now: () => number;
}

interface Verified {
  readonly token: PresentedToken;
  readonly keySet: KeySetName;
}

/** Tokens remembered, and characters of them: a token with many permissions has thousands. */
const MAX_VERIFIED = 10_000;
const MAX_CHARACTERS = 16 * 1024 * 1024;

export function createPresentedTokens(deps: PresentedTokensDeps): PresentedTokens {
  const { keys, now, problems } = deps;
  const verified = new LRUCache<string, Verified>({ max: MAX_VERIFIED, maxSize: MAX_CHARACTERS });

  async function verifyAnew(token: string, name: string): Promise<PresentedToken> {
    requireToken(token, MAX_AUTH0_TOKEN_LENGTH);
    requireOurTenant(token, deps);
    await problems.watch(keys.ready).catch(asOutage);
    const found = await problems.watch(() => verifyPresented(token, deps));
    verified.set(name, found, { size: token.length });
    return found.token;
  }

  return {
    verify(token) {
      const name = hash('sha256', token, 'base64url');
      const known = verified.get(name);
      if (known === undefined || known.keySet !== keys.atHand()) return verifyAnew(token, name);
      if (known.token.expiresAt + CLOCK_TOLERANCE_SECONDS > now()) return known.token;
      verified.delete(name);
      throw new TokenExpiredError(ACCESS_TOKEN);
    },
  };
}

/**
 * Before Auth0 is asked for anything: what is no token of the tenant by its own word is refused whether
 * its keys can be had or not.
 */
function requireOurTenant(token: string, { config, problems }: PresentedTokensDeps): void {
  const form = formOfAccessToken(token);
  const suspicion = wrongTokenHintFor(form, config.audience);
  if (suspicion !== undefined) throw explained(suspicion, problems);
  if (form !== 'signed')
    throw refused(ACCESS_TOKEN, 'it is no JWT, or its typ or alg is not for access tokens');
  const issuer = issuerOf(token);
  if (issuer !== config.expectedIssuer) {
    const named = plainText(issuer);
    throw refused(
      ACCESS_TOKEN,
      `it is of another issuer: "${named}", not "${config.expectedIssuer}"`,
    );
  }
}

function issuerOf(token: string): unknown {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

async function verifyPresented(
  token: string,
  { config, keys, problems, now }: PresentedTokensDeps,
): Promise<Verified> {
  let keySet: KeySetName = '';
  const issued = await verifyIssued(token, {
    what: ACCESS_TOKEN,
    issuer: config.expectedIssuer,
    algorithms: SIGNING_ALGORITHMS,
    keys: {
      async find(...header) {
        const found = await keys.locate(...header);
        keySet = found.keySet;
        return found.key;
      },
    },
    now: now(),
  });
  const claims = requireSubject(issued, ACCESS_TOKEN);
  refuseOtherKinds(claims);
  const clientId = clientOf(claims);
  const suspicion = requireAudience(claims, config);
  // Signed by the tenant for something else: nobody but its own applications can make this be said.
  if (suspicion !== undefined) throw explained(suspicion, problems);
  const { sub: subject, exp: expiresAt } = claims;
  const scopes = grantedScopes(claims);
  return { token: deepFreeze({ subject, clientId, scopes, expiresAt, claims }), keySet };
}

/** A wrong setting of the tenant looks like a wrong token: so it is told once, and in each refusal. */
function explained({ message, remedy }: WrongTokenHint, problems: Problems): Auth0Error {
  problems.advise(`an ${ACCESS_TOKEN} was refused: ${message}`, remedy);
  return new Auth0Error('invalid_response', `${ACCESS_TOKEN} refused: ${message}`, { remedy });
}

/** Whatever is wrong there, it says nothing about the token: nobody is to be logged out by it (R-RS-7). */
function asOutage(error: unknown): never {
  if (!(error instanceof Auth0Error) || error.kind === 'unavailable') throw error;
  const { message, remedy } = error;
  throw new Auth0Error('unavailable', message, { remedy, cause: error });
}
