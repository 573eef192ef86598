/** The client credentials grant at the token endpoint (RFC 6749 §4.4): an access token for a client without a user. */
import { findMachine } from '../clients/client.js';
import type { IdentifiedClient } from '../clients/client-authentication.js';
import type { Config, PreRegisteredClient } from '../config/config.js';
import { OPENID_SCOPES } from '../config/rules/scopes.js';
import { InvalidScopeError, UnauthorizedClientError } from '../oauth/errors.js';
import { missingScopes, withImpliedScopes } from '../oauth/scope.js';
import type { ClientCredentialsRequest } from '../oauth/token-request.js';
import { traced } from '../telemetry.js';
import type { Grants } from './grants.js';
import type { TokenSet } from './token-set.js';

export type IssueToMachine = (
  request: ClientCredentialsRequest,
  client: IdentifiedClient,
) => Promise<TokenSet>;

/** @param knownScopes scopes of this server: any other one in a request is an error */
export function createClientCredentialsGrant(
  config: Config,
  { issue }: Pick<Grants, 'issue'>,
  knownScopes: ReadonlySet<string>,
): IssueToMachine {
  const { lifetimes, scopes: rules } = config;

  function grantedScopes(
    requested: readonly string[] | undefined,
    allowed: readonly string[],
  ): readonly string[] {
    const available = withImpliedScopes(allowed, rules.implied);
    // SDK 2 requests the scopes of the challenge, which are those of a user's first login.
    const named = withoutUserScopes(requested ?? []).filter(
      (scope) => available.includes(scope) || !rules.initial.includes(scope),
    );
    if (named.length === 0) return allowed;
    if (named.some((scope) => !knownScopes.has(scope) && !available.includes(scope))) {
      throw new InvalidScopeError('A requested scope is unknown here');
    }
    if (!named.some((scope) => available.includes(scope))) {
      throw new InvalidScopeError('None of the requested scopes is granted to this client');
    }
    const needed = rules.requiredWithoutUser;
    return available.filter((scope) => named.includes(scope) || needed.includes(scope));
  }

  async function issueToMachine(
    request: ClientCredentialsRequest,
    client: IdentifiedClient,
  ): Promise<TokenSet> {
    const machine = findMachine(config, client.id);
    if (machine === undefined || !client.isAuthenticated) {
      throw new UnauthorizedClientError('This client may not use the grant client_credentials');
    }
    const allowed = allowedScopes(machine, client);
    const missing = missingScopes(rules.requiredWithoutUser, allowed, rules.implied);
    if (missing.length > 0) {
      throw new InvalidScopeError('Auth0 did not grant a scope that is required here', {
        detail: `missing: ${missing.join(' ')}. Auth0 dashboard > Applications > APIs > your API > Machine to Machine Applications: select it for this application`,
      });
    }
    return issue({
      grantType: 'client_credentials',
      client,
      clientName: machine.name,
      subject: undefined,
      scopes: grantedScopes(request.scopes, allowed),
      lifetimeSeconds: lifetimes.accessTokenSeconds,
      auth0: client.auth0?.tokens,
      user: {},
    });
  }

  return (request, client) =>
    traced(
      'auth0_mcp.client_credentials',
      () => issueToMachine(request, client),
      'auth0_mcp.client_credentials',
    );
}

/** Those of the configuration; of an application of Auth0 only what Auth0 grants at present. */
function allowedScopes(
  { scopes }: PreRegisteredClient,
  { auth0 }: IdentifiedClient,
): readonly string[] {
  if (auth0 === undefined) return scopes ?? [];
  return withoutUserScopes(auth0.scopes).filter((scope) => scopes?.includes(scope) ?? true);
}

function withoutUserScopes(scopes: readonly string[]): readonly string[] {
  return scopes.filter((scope) => !OPENID_SCOPES.includes(scope) && scope !== 'offline_access');
}
