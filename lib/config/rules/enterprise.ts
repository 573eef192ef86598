/** Identity providers whose assertions are accepted (enterprise-managed authorization). */
import { isLoopbackHost } from '../../oauth/redirect-uri.js';
import { isScopeToken } from '../../oauth/scope.js';
import type { Config, EnterpriseIssuer } from '../config.js';
import { unknownName, wrongOption } from '../errors.js';
import type { RawOptions } from '../option-table.js';
import type { EnterpriseOptions } from '../options.js';
import { asEntries, asList, asText } from '../values.js';

const FIELDS = ['issuer', 'clients', 'subject', 'scopes', 'jwksUri'] as const;

type ClientRules = Pick<Config, 'clients' | 'clientIdMetadataDocuments'>;

/** @throws Auth0McpConfigError */
export function resolveEnterprise(
  raw: RawOptions,
  clients: ClientRules,
): readonly EnterpriseIssuer[] {
  const value = raw.enterprise;
  if (value === undefined) {
    requireUse(clients.clients, []);
    return [];
  }
  if (!Array.isArray(value)) {
    throw wrongOption('enterprise', value, 'It has to be a list of objects.');
  }
  const entries = value.map((entry: unknown, at) => issuerOf(entry, `enterprise[${at}]`, clients));
  requireUse(clients.clients, entries);
  const issuers = entries.map(({ issuer }) => issuer);
  const repeated = issuers.find((issuer, at) => issuers.indexOf(issuer) !== at);
  if (repeated === undefined) return entries;
  throw wrongOption('enterprise', repeated, 'Two entries have that issuer: merge them into one.');
}

function issuerOf(entry: unknown, place: string, clients: ClientRules): EnterpriseIssuer {
  const remedy = 'It has to be an object: { issuer, clients, subject, scopes?, jwksUri? }.';
  const fields = new Map(asEntries(entry, place, remedy));
  for (const name of fields.keys()) {
    if (!FIELDS.some((known) => known === name)) {
      throw unknownName(`field of ${place}`, name, FIELDS);
    }
  }
  const issuer = asText(fields.get('issuer'), `${place}.issuer`);
  requireSafeUrl(issuer, `${place}.issuer`);
  const jwksUri = fields.get('jwksUri');
  const scopes = fields.get('scopes');
  return {
    issuer,
    clients: clientsOf(fields.get('clients'), `${place}.clients`, clients),
    subject: subjectOf(fields.get('subject'), `${place}.subject`),
    scopes: scopes === undefined ? undefined : scopesOf(scopes, `${place}.scopes`),
    jwksUri: jwksUri === undefined ? undefined : jwksUriOf(jwksUri, `${place}.jwksUri`),
  };
}

/** A client without a grant of its own is for assertions. */
function requireUse(clients: Config['clients'], issuers: readonly EnterpriseIssuer[]): void {
  const listed = issuers.flatMap((issuer) => issuer.clients);
  const unused = clients.findIndex(
    ({ clientId, grants }) => grants.length === 0 && !listed.includes(clientId),
  );
  if (unused < 0) return;
  const remedy =
    'The client could do nothing: name a grant, or name the client in an entry of enterprise.';
  throw wrongOption(`clients[${unused}].grants`, [], remedy);
}

/** RFC 8414 §2: no query and no fragment. The text is compared with `iss`, so it is not normalised. */
function requireSafeUrl(text: string, place: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname));
  if (isSafe && !/[?#@\s]/.test(text)) return;
  const remedy =
    'It has to be an https URL without query, fragment and user info, such as https://acme.okta.com; http is for ' +
    'localhost only.';
  throw wrongOption(place, text, remedy);
}

function jwksUriOf(value: unknown, place: string): string {
  const uri = asText(value, place);
  // A query is part of the URL for some providers.
  requireSafeUrl(uri.replace(/\?[^#?@\s]*$/, ''), place);
  return uri;
}

function clientsOf(value: unknown, place: string, known: ClientRules): readonly string[] {
  const ids = value === undefined ? [] : asList(value, place);
  if (ids.length === 0) throw wrongOption(place, value, 'Name the client ids that it applies to.');
  for (const id of ids) {
    if (known.clients.some(({ clientId }) => clientId === id)) continue;
    if (!id.startsWith('https://')) {
      const remedy =
        'Such a client has to be in the option clients. Clients that registered themselves cannot use assertions.';
      throw wrongOption(place, id, remedy);
    }
    if (!known.clientIdMetadataDocuments) {
      const remedy =
        'Its id is the URL of a metadata document: set clientIdMetadataDocuments to true.';
      throw wrongOption(place, id, remedy);
    }
  }
  return ids;
}

function subjectOf(value: unknown, place: string): EnterpriseOptions['subject'] {
  if (typeof value === 'function') return value as EnterpriseOptions['subject'];
  const remedy =
    'It has to be a function from the claims to the Auth0 user id, such as ' +
    "auth0EnterpriseSubject('okta', 'acme').";
  throw wrongOption(place, value, remedy);
}

function scopesOf(value: unknown, place: string): readonly string[] {
  const scopes = asList(value, place);
  const wrong = scopes.find((scope) => !isScopeToken(scope));
  if (wrong === undefined) return scopes;
  throw wrongOption(place, wrong, 'Write one scope in each entry, without spaces.');
}
