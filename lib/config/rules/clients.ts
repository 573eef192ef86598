/** Which clients are accepted: pre-registered, self-registered, or with a metadata document. */
import { isLoopbackHost, redirectUriKind } from '../../oauth/redirect-uri.js';
import { isRedirectUriPattern } from '../../oauth/redirect-uri-pattern.js';
import { missingScopes } from '../../oauth/scope.js';
import type { GrantType } from '../../oauth/token-request.js';
import type { ClientGrant, Config, GuardScopes, PreRegisteredClient } from '../config.js';
import { missingOption, unknownName, wrongOption } from '../errors.js';
import type { Logger } from '../logger.js';
import type { RawOptions } from '../option-table.js';
import { asEntries, asList, asText, listOf, switchOf } from '../values.js';
import { checkScope, OPENID_SCOPES } from './scopes.js';

type ClientRules = Pick<
  Config,
  | 'clients'
  | 'grantTypes'
  | 'clientRegistration'
  | 'clientIdMetadataDocuments'
  | 'allowedClientMetadataHosts'
  | 'allowedClientRedirectUris'
>;

/**
 * @param scopes of the server
 * @throws Auth0McpConfigError
 */
export function resolveClients(raw: RawOptions, scopes: GuardScopes, logger: Logger): ClientRules {
  const clients = preRegistered(raw);
  for (const [at, client] of clients.entries()) requireScopesOf(client, `clients[${at}]`, scopes);
  const hasMachines = clients.some(({ grants }) => grants.includes('client_credentials'));
  const grantTypes: readonly GrantType[] = ['authorization_code', 'refresh_token'];
  const rules = {
    clients,
    grantTypes: hasMachines ? [...grantTypes, 'client_credentials' as const] : grantTypes,
    clientRegistration: switchOf(raw, 'clientRegistration', true),
    clientIdMetadataDocuments: switchOf(raw, 'clientIdMetadataDocuments', true),
    allowedClientMetadataHosts: metadataHosts(raw),
    allowedClientRedirectUris: patterns(raw),
  };
  if (rules.allowedClientRedirectUris?.length === 0) {
    const message = 'allowedClientRedirectUris is an empty list: no client can log in.';
    logger.warn({ option: 'allowedClientRedirectUris' }, message);
  }
  const isOpen = rules.clientRegistration || rules.clientIdMetadataDocuments;
  if (!isOpen && rules.clients.length === 0) {
    const message =
      'Registration and metadata documents are off and clients is empty: no client can log in.';
    logger.warn({ option: 'clients' }, message);
  }
  return rules;
}

const CLIENT_FIELDS = [
  'clientId',
  'name',
  'grants',
  'redirectUris',
  'scopes',
  'clientSecret',
  'jwks',
  'jwksUri',
  'auth0Application',
] as const;
const GRANTS: readonly ClientGrant[] = ['authorization_code', 'client_credentials'];
/** Too many to guess at the rate limit of the token endpoint. */
const MIN_SECRET_CHARACTERS = 32;
const MAX_CLIENT_ID_CHARACTERS = 255;

function preRegistered(raw: RawOptions): readonly PreRegisteredClient[] {
  const value = raw.clients;
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrongOption('clients', value, 'It has to be a list of objects.');
  const clients = value.map((entry: unknown, at) => preRegisteredClient(entry, `clients[${at}]`));
  const ids = clients.map(({ clientId }) => clientId);
  const repeated = ids.find((id, at) => ids.indexOf(id) !== at);
  if (repeated === undefined) return clients;
  throw wrongOption(
    'clients',
    repeated,
    'Two clients have that clientId: each id has to be unique.',
  );
}

function preRegisteredClient(entry: unknown, place: string): PreRegisteredClient {
  const fields = new Map(
    asEntries(entry, place, 'It has to be an object: { clientId, name, redirectUris, … }.'),
  );
  for (const name of fields.keys()) {
    if (!CLIENT_FIELDS.some((known) => known === name)) {
      throw unknownName(`field of ${place}`, name, CLIENT_FIELDS);
    }
  }
  const clientId = checkedClientId(asText(fields.get('clientId'), `${place}.clientId`), place);
  const grants = checkedGrants(fields.get('grants'), `${place}.grants`);
  const credentials = checkedCredentials(fields, grants, place);
  const hasSecret = credentials.clientSecret !== undefined || credentials.isAuth0Application;
  if (hasSecret) refuseAmbiguousInBasic(clientId, `${place}.clientId`);
  if (grants.includes('client_credentials')) refuseUserId(clientId, `${place}.clientId`);
  return {
    clientId,
    name: asText(fields.get('name'), `${place}.name`),
    grants,
    redirectUris: checkedRedirectUris(fields.get('redirectUris'), grants, `${place}.redirectUris`),
    scopes: checkedScopes(fields.get('scopes'), grants, credentials, `${place}.scopes`),
    ...credentials,
  };
}

function checkedGrants(value: unknown, place: string): readonly ClientGrant[] {
  if (value === undefined) return ['authorization_code'];
  const names = asList(value, place);
  const grants = GRANTS.filter((grant) => names.includes(grant));
  if (grants.length === names.length) return grants;
  throw wrongOption(
    place,
    names.join(' '),
    `A list of ${GRANTS.join(' and ')}, or of one of them, or an empty list for a client of enterprise alone.`,
  );
}

type Credentials = Pick<
  PreRegisteredClient,
  'clientSecret' | 'jwks' | 'jwksUri' | 'isAuth0Application'
>;

/** RFC 6749 §4.4: the client credentials grant is for confidential clients only. */
function checkedCredentials(
  fields: ReadonlyMap<string, unknown>,
  grants: readonly ClientGrant[],
  place: string,
): Credentials {
  const names = ['clientSecret', 'jwks', 'jwksUri', 'auth0Application'] as const;
  const [given, second] = names.filter((name) => fields.get(name) !== undefined);
  if (second !== undefined) {
    throw wrongOption(
      `${place}.${second}`,
      fields.get(second),
      `Remove it or ${given}: a client authenticates in one way.`,
    );
  }
  if (given === undefined && grants.includes('client_credentials')) {
    throw missingOption(
      `${place}.clientSecret`,
      'With the grant client_credentials a client has to authenticate: set clientSecret (openssl rand -hex 32), jwks, jwksUri or auth0Application.',
    );
  }
  const secret = fields.get('clientSecret');
  const jwks = fields.get('jwks');
  const jwksUri = fields.get('jwksUri');
  return {
    clientSecret: secret === undefined ? undefined : checkedSecret(secret, `${place}.clientSecret`),
    jwks: jwks === undefined ? undefined : structuredClone(jwks),
    jwksUri: jwksUri === undefined ? undefined : asText(jwksUri, `${place}.jwksUri`),
    isAuth0Application: isAuth0Application(fields.get('auth0Application'), grants, place),
  };
}

function isAuth0Application(
  value: unknown,
  grants: readonly ClientGrant[],
  place: string,
): boolean {
  if (value === undefined) return false;
  const option = `${place}.auth0Application`;
  if (value !== true) throw wrongOption(option, value, 'Set true, or remove it.');
  if (!grants.includes('authorization_code')) return true;
  throw wrongOption(
    option,
    value,
    "Set grants: ['client_credentials']: a machine-to-machine application has no users.",
  );
}

/** A user id of Auth0 has a `|`, so that no user has the `sub` of a client. */
function refuseUserId(clientId: string, place: string): void {
  if (!clientId.includes('|')) return;
  throw wrongOption(place, clientId, 'It could be the id of a user: choose one without |.');
}

function checkedScopes(
  value: unknown,
  grants: readonly ClientGrant[],
  { isAuth0Application }: Credentials,
  place: string,
): readonly string[] | undefined {
  if (!grants.includes('client_credentials')) {
    if (value === undefined) return undefined;
    const remedy =
      'Scopes here are for the grant client_credentials; users consent to those that a client requests. Remove them, or add the grant.';
    throw wrongOption(place, value, remedy);
  }
  if (value === undefined && isAuth0Application) return undefined;
  if (value === undefined) throw missingOption(place, 'List the scopes that its tokens may have.');
  const scopes = asList(value, place).map((scope) => checkScope(scope, place));
  const personal = scopes.find((scope) => OPENID_SCOPES.includes(scope));
  if (personal === undefined) return scopes;
  throw wrongOption(place, personal, 'It is about a user, and this client has none: remove it.');
}

/** A token without the scopes that every token needs could not be used. */
function requireScopesOf(
  { grants, scopes }: PreRegisteredClient,
  place: string,
  { requiredWithoutUser, implied, authentication }: GuardScopes,
): void {
  if (!grants.includes('client_credentials') || scopes === undefined) return;
  const ofLogin = scopes.find((scope) => authentication.has(scope));
  if (ofLogin !== undefined) {
    const remedy =
      'scopeAuthentication requires a login of a user for it: remove it here or there.';
    throw wrongOption(`${place}.scopes`, ofLogin, remedy);
  }
  const [missing] = missingScopes(requiredWithoutUser, scopes, implied);
  if (missing === undefined) return;
  const remedy = OPENID_SCOPES.includes(missing)
    ? `requiredScopes contains ${missing}, which is about a user, so this client could use nothing. Require it for single tools in toolScopes instead.`
    : `requiredScopes contains ${missing}, so every token has to have it: add it here.`;
  throw wrongOption(`${place}.scopes`, scopes, remedy);
}

function checkedClientId(clientId: string, place: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(clientId)) {
    const remedy =
      'A URL is the id of a client with a metadata document, which needs no entry here.';
    throw wrongOption(`${place}.clientId`, clientId, remedy);
  }
  // RFC 6749 appendix A.1, without the space.
  if (/^[\x21-\x7e]+$/.test(clientId) && clientId.length <= MAX_CLIENT_ID_CHARACTERS) {
    return clientId;
  }
  const remedy = `It has to be 1 to ${MAX_CLIENT_ID_CHARACTERS} visible ASCII characters.`;
  throw wrongOption(`${place}.clientId`, clientId, remedy);
}

/** RFC 7617 §2: the id ends at the first colon. RFC 6749 §2.3.1: a percent sign may be decoded. */
function refuseAmbiguousInBasic(clientId: string, place: string): void {
  if (!/[:%]/.test(clientId)) return;
  const remedy =
    'A client with a secret may send both in an HTTP Basic header, where a colon ends the id and a ' +
    'percent sign begins an encoded character: choose an id without them, or remove clientSecret.';
  throw wrongOption(place, clientId, remedy);
}

function checkedSecret(value: unknown, place: string): string {
  const secret = asText(value, place);
  if (/[ %]/.test(secret)) {
    const remedy =
      'In an HTTP Basic header clients send it either plain or encoded, so a space or a percent sign is ' +
      'ambiguous: choose another one. openssl rand -hex 32 generates one.';
    throw wrongOption(place, secret, remedy);
  }
  // RFC 6749 appendix A.2, without the two that are ambiguous in HTTP Basic.
  if (/^[\x21-\x7e]+$/.test(secret) && secret.length >= MIN_SECRET_CHARACTERS) return secret;
  const remedy =
    `It has to be ${MIN_SECRET_CHARACTERS} or more visible ASCII characters; remove it for a ` +
    'public client.';
  throw wrongOption(place, secret, remedy);
}

function checkedRedirectUris(
  value: unknown,
  grants: readonly ClientGrant[],
  place: string,
): readonly string[] {
  if (!grants.includes('authorization_code')) {
    if (value === undefined) return [];
    const remedy =
      'Remove it, or add the grant authorization_code: without it there is no redirect.';
    throw wrongOption(place, value, remedy);
  }
  if (value === undefined) throw wrongOption(place, value, 'Name at least one.');
  const uris = asList(value, place);
  if (uris.length === 0) throw wrongOption(place, value, 'Name at least one.');
  for (const uri of uris) {
    if (redirectUriKind(uri) !== undefined) continue;
    throw wrongOption(
      place,
      uri,
      "It has to be an absolute https URI, http on a loopback host, or an app's own scheme, without " +
        'fragment, user info, wildcard or dot segments.',
    );
  }
  return uris;
}

/** A host name, or one with `*.` before it. */
const HOST_PATTERN = /^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+$/;

function metadataHosts(raw: RawOptions): readonly string[] | undefined {
  return listOf(raw, 'allowedClientMetadataHosts')?.map((host) => {
    const pattern = host.toLowerCase();
    if (HOST_PATTERN.test(pattern)) return pattern;
    const remedy =
      'Write the name of a host, without scheme, port and path: claude.ai or *.example.com. To ' +
      'allow any host, remove the option.';
    throw wrongOption('allowedClientMetadataHosts', host, remedy);
  });
}

function patterns(raw: RawOptions): readonly string[] | undefined {
  const list = listOf(raw, 'allowedClientRedirectUris');
  return list?.map((pattern) => {
    const remedy = patternProblem(pattern);
    if (remedy === undefined) return pattern;
    throw wrongOption('allowedClientRedirectUris', pattern, remedy);
  });
}

/** What is wrong with a pattern: one that matches nothing would reject every client. */
function patternProblem(pattern: string): string | undefined {
  const example = 'https://*.example.com/* or http://localhost:*';
  if (/[?#]/.test(pattern)) return 'Remove the query and the fragment: they are not compared.';
  if (!isRedirectUriPattern(pattern)) return `Write scheme://host[:port]/path: ${example}.`;
  const [, scheme = '', host = ''] =
    /^([^:]+):\/\/(\[[^\]]*\]|[^/:]*)/.exec(pattern.toLowerCase()) ?? [];
  if (host.includes('@')) return 'Remove the user info.';
  if (host === '*') return 'To allow any valid redirect URI, remove the option.';
  if (host.replace(/^\*\./, '').includes('*'))
    return 'In the host, * is allowed only at the start: *.name.';
  const isWeb = /^https?$/.test(scheme);
  if (!isWeb && redirectUriKind(`${scheme}://x`) === undefined)
    return 'No client may use that scheme.';
  if (isWeb && host === '') return `Name the host: ${example}.`;
  if (scheme === 'http' && !isLoopbackHost(host)) return 'Plain http is for loopback hosts only.';
  return undefined;
}
