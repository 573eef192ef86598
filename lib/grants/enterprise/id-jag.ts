/**
 * Identity assertions in place of a login, ID-JAG (draft-ietf-oauth-identity-assertion-authz-grant §4.4; RFC 7521 §5.2,
 * RFC 7523 §3; MCP enterprise-managed authorization §5).
 */
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
} from 'jose';

import { CLIENT_ASSERTION_ALGORITHMS } from '../../clients/client-assertion.js';
import type { EnterpriseIssuer } from '../../config/config.js';
import type { AssertionRefusalReason } from '../../config/events.js';
import type { IdentityAssertionClaims } from '../../config/options.js';
import { checkResource } from '../../oauth/resource-indicator.js';
import { parseScope } from '../../oauth/scope.js';
import type { IssuerKeys } from './issuer-keys.js';

const TYPE = 'oauth-id-jag+jwt';
/** Characters: an assertion with a user's groups fits. */
const MAX_LENGTH = 16 * 1024;
/** Of `jti` and `sub` (OpenID Connect Core §2). */
const MAX_ID_LENGTH = 255;
/** Permitted difference from the issuer's clock, and between clocks of two instances. */
export const CLOCK_TOLERANCE_SECONDS = 60;
/** Longest time from `iat` to `exp`. Providers use five minutes. */
const MAX_LIFETIME_SECONDS = 15 * 60;

/** An assertion was refused. The message is for the log, and has nothing of the assertion. */
export class AssertionRefusal extends Error {
  override readonly name = 'AssertionRefusal';
  readonly reason: AssertionRefusalReason;

  constructor(reason: AssertionRefusalReason, detail: string, cause?: unknown) {
    super(`${reason}: ${detail}`, { cause });
    this.reason = reason;
  }
}

/** A verified assertion. */
export interface IdJag {
  readonly claims: IdentityAssertionClaims;
  readonly jti: string;
  /** Unix seconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** Undefined without a `scope` claim. */
  readonly scopes: readonly string[] | undefined;
}

/**
 * Verifies an assertion of this issuer for a client. Nothing is stored yet.
 *
 * @throws AssertionRefusal
 * @throws TemporarilyUnavailableError the issuer's keys cannot be fetched
 */
export type VerifyIdJag = (
  assertion: string,
  issuer: EnterpriseIssuer,
  clientId: string,
) => Promise<IdJag>;

/** @param server its issuer is the only audience, and its resource the only one */
export function createIdJagVerification(
  server: { readonly issuer: string; readonly resource: string },
  keys: Pick<IssuerKeys, 'find'>,
  now: () => number,
): VerifyIdJag {
  return async function verifyIdJag(assertion, issuer, clientId) {
    const payload = await verifySignature(assertion, issuer, keys, now());
    const { aud, client_id, resource, iat = 0, exp = 0 } = payload;
    const audiences = [aud].flat();
    if (audiences.length !== 1 || audiences[0] !== server.issuer) {
      throw refused('wrong_audience', `aud is not ${server.issuer} alone`);
    }
    if (client_id !== clientId) {
      throw refused('wrong_client', 'client_id is not the client of the request');
    }
    if (resource !== undefined) requireResource(resource, server.resource);
    if (iat > now() + CLOCK_TOLERANCE_SECONDS) {
      throw refused('not_yet_valid', 'iat is in the future: compare the clocks');
    }
    if (exp - iat > MAX_LIFETIME_SECONDS) {
      throw refused('lifetime_too_long', `exp is more than ${MAX_LIFETIME_SECONDS} s after iat`);
    }
    for (const claim of ['cnf', 'authorization_details']) {
      if (payload[claim] !== undefined) throw refused('unsupported_claim', claim);
    }
    return { ...requiredClaims(payload), issuedAt: iat, expiresAt: exp };
  };
}

/**
 * The configured issuer that an assertion names; nothing is verified yet.
 *
 * @throws AssertionRefusal
 */
export function issuerOf(
  assertion: string,
  issuers: readonly EnterpriseIssuer[],
): EnterpriseIssuer {
  if (assertion.length > MAX_LENGTH) throw refused('malformed', `over ${MAX_LENGTH} characters`);
  let typ: unknown;
  let iss: unknown;
  try {
    ({ typ } = decodeProtectedHeader(assertion));
    ({ iss } = decodeJwt(assertion));
  } catch {
    throw refused('malformed', 'not a JWT');
  }
  // RFC 8725 §3.11: an ID token or an access token of the same issuer is not an assertion.
  if (typeof typ !== 'string' || typ.toLowerCase().replace(/^application\//, '') !== TYPE) {
    throw refused('wrong_type', `typ is not ${TYPE}`);
  }
  const issuer = issuers.find((one) => one.issuer === iss);
  if (issuer === undefined) throw refused('unknown_issuer', 'iss is not in the option enterprise');
  return issuer;
}

async function verifySignature(
  assertion: string,
  issuer: EnterpriseIssuer,
  keys: Pick<IssuerKeys, 'find'>,
  now: number,
): Promise<JWTPayload> {
  const verifyWith = async (isRenewal: boolean): Promise<JWTPayload> => {
    const keySet = await keys.find(issuer, { isRenewal });
    const find = createLocalJWKSet({ keys: [...keySet.keys] } as JSONWebKeySet);
    const { payload } = await jwtVerify(assertion, find, {
      algorithms: [...CLIENT_ASSERTION_ALGORITHMS],
      issuer: issuer.issuer,
      requiredClaims: ['sub', 'aud', 'client_id', 'jti', 'exp', 'iat'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(now * 1000),
    });
    return payload;
  };
  try {
    return await verifyWith(false).catch((error: unknown) => {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // The issuer may have rotated its keys since they were cached.
      return verifyWith(true);
    });
  } catch (error) {
    throw asRefusal(error);
  }
}

/** jose's errors contain the claims, which are personal data: only the message is used. */
function asRefusal(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return refused('expired', 'exp is in the past');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return refused(error.claim === 'nbf' ? 'not_yet_valid' : 'malformed', error.message);
  }
  if (error instanceof errors.JWTInvalid) return refused('malformed', error.message);
  if (error instanceof errors.JOSEError) return refused('bad_signature', error.message);
  // A key that does not fit the algorithm surfaces as an error of the platform.
  if (error instanceof TypeError || error instanceof DOMException) {
    return refused('bad_signature', 'the key cannot be used');
  }
  return error;
}

function requireResource(claim: unknown, resource: string): void {
  const resources = [claim].flat();
  try {
    if (resources.length === 0 || !resources.every((one) => typeof one === 'string')) throw claim;
    checkResource(resources, resource);
  } catch {
    throw refused('wrong_resource', `resource is not ${resource} alone`);
  }
}

function requiredClaims(payload: JWTPayload): Pick<IdJag, 'claims' | 'jti' | 'scopes'> {
  const { iss, sub, jti, client_id, scope } = payload;
  const isId = (value: unknown): value is string =>
    typeof value === 'string' && value !== '' && value.length <= MAX_ID_LENGTH;
  if (!isId(sub) || !isId(jti)) {
    throw refused('malformed', `sub or jti is not a string of 1 to ${MAX_ID_LENGTH} characters`);
  }
  if (scope !== undefined && typeof scope !== 'string') {
    throw refused('malformed', 'scope is not a string');
  }
  return {
    claims: { ...payload, iss: String(iss), sub, client_id: String(client_id) },
    jti,
    scopes: scope === undefined ? undefined : parseScope(scope),
  };
}

function refused(reason: AssertionRefusalReason, detail: string): AssertionRefusal {
  return new AssertionRefusal(reason, detail);
}
