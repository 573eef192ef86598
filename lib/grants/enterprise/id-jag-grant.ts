/**
 * The JWT bearer grant with an identity assertion (RFC 7523 §2.1; MCP enterprise-managed authorization §5 and §7): a
 * token for a user whom the enterprise's identity provider has authenticated.
 */
import { clientFingerprint } from '../../clients/client.js';
import type { IdentifiedClient } from '../../clients/client-authentication.js';
import type { ClientDirectory } from '../../clients/client-directory.js';
import type { EnterpriseIssuer, GuardScopes } from '../../config/config.js';
import type { Logger } from '../../config/logger.js';
import type { Core } from '../../core.js';
import {
  AccessDeniedError,
  InvalidClientError,
  InvalidGrantError,
  InvalidScopeError,
  type OAuthError,
  UnauthorizedClientError,
} from '../../oauth/errors.js';
import { missingScopes, unionOfScopes, withImpliedScopes } from '../../oauth/scope.js';
import { type AssertionRequest, JWT_BEARER } from '../../oauth/token-request.js';
import { openCollection } from '../../storage/collection.js';
import type { IdJagRecord } from '../../storage/records.js';
import { traced } from '../../telemetry.js';
import type { Grants } from '../grants.js';
import type { TokenSet } from '../token-set.js';
import {
  AssertionRefusal,
  CLOCK_TOLERANCE_SECONDS,
  createIdJagVerification,
  type IdJag,
  issuerOf,
} from './id-jag.js';
import { createIssuerKeys } from './issuer-keys.js';

/** Claude renews a token five minutes before it expires: a shorter one it would renew all the time. */
const MIN_TOKEN_SECONDS = 900;
/** OpenID Connect Core §2. */
const MAX_SUBJECT_LENGTH = 255;
/** An Auth0 user id: the connection, and the id there. */
const USER_ID = /^[^\p{Cc}|\s]+\|[^\p{Cc}]*[^\p{Cc}\s]$/u;

/**
 * @throws InvalidGrantError, InvalidScopeError, UnauthorizedClientError the assertion was refused; the log and the event
 *   have the reason
 * @throws InvalidClientError the client did not authenticate
 * @throws TemporarilyUnavailableError the issuer's keys cannot be fetched; the assertion was not used
 */
type RedeemAssertion = (request: AssertionRequest, client: IdentifiedClient) => Promise<TokenSet>;

export interface IdJagGrant {
  readonly redeem: RedeemAssertion;
  /** Aborts pending requests to issuers. */
  close(): Promise<void>;
}

/**
 * @param knownScopes scopes that a client may request
 * @param countUse counts the records that a user of an issuer adds to the store. @throws TooManyRequestsError
 */
export function createIdJagGrant(
  core: Core,
  clients: Pick<ClientDirectory, 'find'>,
  grants: Pick<Grants, 'issue'>,
  knownScopes: ReadonlySet<string>,
  countUse: (issuer: string, subject: string) => Promise<void>,
): IdJagGrant {
  const { config, collections, emit, now } = core;
  const issuerKeys = createIssuerKeys(core);
  const verify = createIdJagVerification(config, issuerKeys, now);
  const used = openCollection<IdJagRecord>(collections, 'id-jag');
  const allowedClients = new Set(config.enterprise.flatMap((issuer) => issuer.clients));

  /** Of parallel calls, here and in other processes, exactly one succeeds. */
  async function useOnce({ issuer }: EnterpriseIssuer, { jti, expiresAt }: IdJag): Promise<void> {
    // As long as the assertion is accepted, also by an instance whose clock is behind.
    const ttlSeconds = Math.max(1, Math.ceil(expiresAt - now())) + 2 * CLOCK_TOLERANCE_SECONDS;
    // An issuer has no space in it.
    if (await used.add(`${issuer} ${jti}`, true, ttlSeconds)) return;
    throw new AssertionRefusal('used_before', 'its jti was used before');
  }

  async function nameOf(client: IdentifiedClient): Promise<string | undefined> {
    const found = await clients.find(client.id);
    // A client with a metadata document is only known by now.
    if (found === undefined || !(client.isAuthenticated || found.authMethods.includes('none'))) {
      throw new InvalidClientError('Client authentication failed', {
        detail: 'no credentials were sent',
      });
    }
    return found.name;
  }

  async function redeem(
    { scopes: requested }: AssertionRequest,
    client: IdentifiedClient,
    issuer: EnterpriseIssuer,
    idJag: IdJag,
    clientName: string | undefined,
  ): Promise<TokenSet> {
    if (!issuer.clients.includes(client.id)) {
      throw new AssertionRefusal('client_not_allowed', 'add it to the clients of this issuer');
    }
    const subject = await subjectOf(issuer, idJag, config.logger);
    const scopes = grantedScopes(requested, idJag.scopes, issuer, config.scopes, knownScopes);
    await countUse(issuer.issuer, subject);
    await useOnce(issuer, idJag);
    const authorization = {
      grantType: JWT_BEARER,
      client,
      clientName,
      subject,
      scopes,
      lifetimeSeconds: Math.max(MIN_TOKEN_SECONDS, config.lifetimes.accessTokenSeconds),
      auth0: undefined,
      user: { sub: subject },
      enterprise: { issuer: issuer.issuer, claims: idJag.claims, assertedAt: idJag.issuedAt },
    } as const;
    return grants.issue(authorization).catch((error: unknown) => {
      if (!(error instanceof AccessDeniedError)) throw error;
      throw new AssertionRefusal('logged_out', 'Auth0 reported a logout since it was issued');
    });
  }

  async function redeemOrRefuse(
    request: AssertionRequest,
    client: IdentifiedClient,
  ): Promise<TokenSet> {
    let issuer: EnterpriseIssuer | undefined;
    try {
      // Before the assertion is read, so that no other client learns which issuers are configured.
      if (!allowedClients.has(client.id)) {
        throw new AssertionRefusal('client_not_allowed', 'it is in no entry of enterprise');
      }
      const clientName = await nameOf(client);
      issuer = issuerOf(request.assertion, config.enterprise);
      const idJag = await verify(request.assertion, issuer, client.id);
      return await redeem(request, client, issuer, idJag, clientName);
    } catch (error) {
      if (!(error instanceof AssertionRefusal)) throw error;
      emit({
        type: 'assertion_refused',
        reason: error.reason,
        client: clientFingerprint(client.id),
        ...(issuer !== undefined && { issuer: issuer.issuer }),
      });
      throw oauthErrorOf(error);
    }
  }

  return {
    redeem: (request, client) =>
      traced(
        'auth0_mcp.assertion.redeem',
        () => redeemOrRefuse(request, client),
        'auth0_mcp.assertions',
      ),
    close: issuerKeys.close,
  };
}

/** The reason is for the log: a response does not tell which claim is wrong. */
function oauthErrorOf({ reason, message, cause }: AssertionRefusal): OAuthError {
  const detail = { detail: message, cause };
  if (reason === 'client_not_allowed') {
    return new UnauthorizedClientError('This client may not use this grant', detail);
  }
  if (reason === 'no_scope') {
    const description =
      'The assertion covers no requested scope, or not all that are required here';
    return new InvalidScopeError(description, detail);
  }
  return new InvalidGrantError('The assertion is not valid', detail);
}

async function subjectOf(
  { subject, issuer }: EnterpriseIssuer,
  { claims }: IdJag,
  log: Pick<Logger, 'warn'>,
): Promise<string> {
  let id: string | undefined;
  try {
    id = await subject(claims);
  } catch (cause) {
    log.warn(
      { issuer, error: String(cause) },
      'subject() of enterprise failed: no token is issued',
    );
    throw new AssertionRefusal('no_subject', `subject() for ${issuer} failed`, cause);
  }
  if (id === undefined) throw new AssertionRefusal('no_subject', `no user of ${issuer}`);
  // With `|` no user has the `sub` of a client that acts without a user.
  if (typeof id === 'string' && USER_ID.test(id) && id.length <= MAX_SUBJECT_LENGTH) return id;
  const detail = `subject() for ${issuer} returned no user id such as okta|CONNECTION|ID`;
  throw new AssertionRefusal('no_subject', detail);
}

/**
 * What is requested, asserted and configured, with the required scopes. An assertion without scopes leaves them to this
 * server. `openid` means that the user is authenticated, which the assertion itself says.
 */
function grantedScopes(
  requested: readonly string[] | undefined,
  asserted: readonly string[] | undefined,
  { scopes: configured }: EnterpriseIssuer,
  { required, initial, implied, authentication }: GuardScopes,
  known: ReadonlySet<string>,
): readonly string[] {
  const offered =
    asserted === undefined ? (configured ?? initial) : withImpliedScopes(asserted, implied);
  const allowed = offered.filter(
    (scope) =>
      (configured?.includes(scope) ?? known.has(scope)) &&
      // It needs a login at Auth0: `acr` and `auth_time` of another issuer are not comparable.
      !authentication.has(scope),
  );
  const openid = required.filter((scope) => scope === 'openid');
  const available = unionOfScopes(openid, allowed);
  const selected = requested?.filter((scope) => available.includes(scope)) ?? allowed;
  const isAboutScopes = requested !== undefined || asserted !== undefined;
  if (selected.length === 0 && isAboutScopes) {
    throw new AssertionRefusal('no_scope', 'it has none of the requested scopes');
  }
  const granted = unionOfScopes(
    available.filter((scope) => required.includes(scope)),
    selected,
  );
  const missing = missingScopes(required, granted, implied);
  if (missing.length === 0) return granted;
  throw new AssertionRefusal('no_scope', `required, but not asserted: ${missing.join(' ')}`);
}
