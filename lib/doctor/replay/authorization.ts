/** The authorization request and the token request of a client (RFC 6749, RFC 7636, RFC 8707, RFC 9207). */
import { createHash, randomBytes } from 'node:crypto';

import { stringsIn } from '../../oauth/json-object.js';
import type { ClientFacts } from '../clients/client-facts.js';
import type { ProbeRequest } from '../probe.js';
import type { Identity } from './client-id.js';
import { type Discovery, scopesIn } from './discovery.js';
import type { Site } from './site.js';
import { type Problem, ProblemError, type Step } from './verdict.js';
import { excerpt, explain, type Send, sendOver } from './wire.js';

const STEP = 'authorization';

/** An authorization request, and what its response is checked with. */
export interface AuthorizationRequest {
  readonly url: string;
  readonly verifier: string;
  readonly state: string;
}

export function authorizationRequest(
  identity: Identity,
  discovery: Discovery,
  site: Site,
): AuthorizationRequest {
  const { facts } = identity;
  const [verifier, state] = [randomBytes(32), randomBytes(32)].map((bytes) =>
    bytes.toString('base64url'),
  ) as [string, string];
  const url = new URL(String(discovery.server['authorization_endpoint']));
  const scopes = scopesOf(facts, discovery);
  const resource = resourceAs(facts.resource.authorize, discovery, site);
  const parameters = {
    response_type: 'code',
    client_id: identity.id,
    redirect_uri: facts.redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(resource !== undefined && { resource }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { url: url.href, verifier, state };
}

/** SDK clients take the scopes of the challenge, else those of the resource metadata. */
function scopesOf(facts: ClientFacts, { challengeScopes, resource, server }: Discovery): string[] {
  const ofResource = scopesIn(resource);
  const chosen = {
    challenge: challengeScopes.length > 0 ? challengeScopes : ofResource,
    'resource metadata': ofResource,
    'server metadata': scopesIn(server),
    nowhere: [],
  }[facts.scopes];
  return [...new Set([...chosen, ...(facts.extraScopes ?? [])])];
}

type ResourceHabit = ClientFacts['resource']['authorize'];

/** None without resource metadata: before it, there was no `resource`. */
function resourceAs(habit: ResourceHabit, discovery: Discovery, site: Site): string | undefined {
  if (habit === undefined || discovery.resource === undefined) return undefined;
  const { origin } = new URL(site.url);
  const { resource } = discovery.resource;
  const exact = typeof resource === 'string' ? resource : site.url;
  return { exact, origin, 'origin with slash': `${origin}/` }[habit];
}

/**
 * Opens the authorization request, and follows nothing: a page or a redirect to a login is all that a browser needs.
 *
 * @returns what the response is, without its parameters
 */
export async function openAuthorization(
  identity: Identity,
  discovery: Discovery,
  site: Site,
  note: (problem: Problem) => void,
): Promise<string> {
  const { facts, otherRedirectUri } = identity;
  if (facts.hasPreflight) await lookAhead(identity, discovery, site);
  const result = await openFor(identity, discovery, site);
  if (otherRedirectUri === undefined) return result;
  const other = { ...identity, facts: { ...facts, redirectUri: otherRedirectUri } };
  await openFor(other, discovery, site).catch((error: unknown) => {
    if (!(error instanceof ProblemError)) throw error;
    note({
      ...error.problem,
      message: `works only while port ${new URL(facts.redirectUri).port} of the user's machine is free: with ${otherRedirectUri}, ${error.message}`,
      remedy: 'RFC 8252 §7.3: accept any port of a loopback redirect URI.',
    });
  });
  return result;
}

/** Some clients look for an error themselves before they open a browser. */
async function lookAhead(identity: Identity, discovery: Discovery, site: Site): Promise<void> {
  const { url } = authorizationRequest(identity, discovery, site);
  const request = { url, headers: { 'user-agent': 'node', accept: 'application/json' } };
  const response = await sendOver(site)(STEP, request);
  if (response.status < 400) return;
  const [endpoint = url] = url.split('?');
  throw await explain(
    STEP,
    site,
    { ...response, url: endpoint },
    {
      remedy: 'Respond to a request for application/json as to one of a browser.',
    },
  );
}

async function openFor(identity: Identity, discovery: Discovery, site: Site): Promise<string> {
  const { url } = authorizationRequest(identity, discovery, site);
  // The user's browser, and not the client, sends it.
  const headers = { 'user-agent': BROWSER, accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
  const response = await sendOver(site)(STEP, { url, headers });
  const location = response.headers.get('location');
  const isRedirect = response.status >= 300 && response.status < 400;
  if (isRedirect && location !== null && URL.canParse(location, url)) {
    return redirectVerdict(identity, discovery, new URL(location, url));
  }
  if (response.status < 300) return `${new URL(url).host} shows the user a page`;
  const [endpoint = url] = url.split('?');
  throw await explain(STEP, site, { ...response, url: endpoint }, { remedy: remedyFor(identity) });
}

function remedyFor({ id, facts }: Identity): string {
  const { introduction, redirectUri, resource } = facts;
  if (introduction.by === 'document' && id === introduction.url) {
    return `The client id is ${id}: the server has to fetch it, and accept ${redirectUri} for the redirect URIs in it (any port of a loopback address, RFC 8252 §7.3). Is outbound https allowed there? Its log has the reason.`;
  }
  const withResource = resource.authorize === undefined ? '' : ', a resource parameter';
  return `Accept redirect_uri ${redirectUri}${withResource} and unknown scopes. The log of the server has the reason.`;
}

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** Back to the client at once, or on to a login. */
function redirectVerdict(identity: Identity, discovery: Discovery, target: URL): string {
  const { facts } = identity;
  const error = target.searchParams.get('error');
  if (error !== null) {
    const description = target.searchParams.get('error_description');
    const reason = excerpt([error, description].filter(Boolean).join(': '));
    throw new ProblemError({
      step: STEP,
      fault: 'server',
      message: `the authorization endpoint responds with the error ${reason}`,
      remedy:
        'It refuses a request that this client always sends. The log of the server has the reason.',
    });
  }
  if (target.href.split('?')[0] !== facts.redirectUri.split('?')[0]) {
    return `the authorization endpoint redirects to a login at ${target.host || target.protocol}`;
  }
  requireIssuer(facts, discovery, target.searchParams);
  return 'the authorization endpoint issues a code without a login';
}

/** RFC 9207 §2.4. @throws ProblemError */
export function requireIssuer(
  { strictAbout = [] }: ClientFacts,
  { server }: Discovery,
  response: URLSearchParams,
): void {
  if (!strictAbout.includes('iss')) return;
  const [found, expected] = [response.get('iss'), server['issuer']];
  const isAdvertised = server['authorization_response_iss_parameter_supported'] === true;
  if (found === expected || (found === null && !isAdvertised)) return;
  throw new ProblemError({
    step: STEP,
    fault: 'server',
    message: `the authorization response has ${found === null ? 'no iss' : `iss ${excerpt(JSON.stringify(found))}`}; the server metadata has issuer ${excerpt(JSON.stringify(expected) ?? 'none')}${isAdvertised ? ' and advertises iss' : ''}`,
    remedy:
      'RFC 9207: send iss with exactly the issuer of the metadata, or do not advertise authorization_response_iss_parameter_supported.',
  });
}

/** A request to the token endpoint, authenticated as the client does it. */
export function tokenRequest(
  { id, secret = '', tokenAuth, facts }: Identity,
  discovery: Discovery,
  site: Site,
  form: Readonly<Record<string, string>>,
): ProbeRequest {
  const resource = resourceAs(facts.resource.token, discovery, site);
  const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
  const isBasic = tokenAuth === 'client_secret_basic';
  return {
    url: String(discovery.server['token_endpoint']),
    ...(isBasic && {
      headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
    }),
    form: {
      ...form,
      ...(!isBasic && { client_id: id }),
      ...(tokenAuth === 'client_secret_post' && { client_secret: secret }),
      ...(resource !== undefined && { resource }),
    },
  };
}

/** Errors that a wrong code cannot cause. */
const AUTHENTICATION_ERRORS = [
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_target',
];

/** An invalid code shows whether the server lets this client ask at all. */
export async function tryTokenEndpoint(
  identity: Identity,
  discovery: Discovery,
  site: Site,
  send: Send,
): Promise<void> {
  const step: Step = 'token';
  const request = tokenRequest(identity, discovery, site, {
    grant_type: 'authorization_code',
    code: 'an-invalid-code-of-the-doctor',
    code_verifier: randomBytes(32).toString('base64url'),
    redirect_uri: identity.facts.redirectUri,
  });
  const response = await send(step, request);
  const { status, json } = response;
  const error = json?.['error'];
  if (typeof error === 'string' && AUTHENTICATION_ERRORS.includes(error)) {
    throw await explain(step, site, response, {
      remedy: `Accept the authentication method ${identity.tokenAuth} from this client, which the registration agreed to${supportedBy(discovery)}.`,
    });
  }
  // Auth0 responds 403 to a wrong code.
  const isExpected = error === 'invalid_grant';
  const isMissing = [403, 404, 405, 429].includes(status) || (json === undefined && status >= 500);
  if (isMissing && !isExpected) {
    throw await explain(step, site, response, {
      remedy: 'The token endpoint has to respond to POST with the JSON of RFC 6749 §5.',
    });
  }
}

function supportedBy({ server }: Discovery): string {
  const methods = stringsIn(server['token_endpoint_auth_methods_supported']);
  return methods.length === 0 ? '' : `; the metadata lists ${excerpt(methods.join(', '))}`;
}
