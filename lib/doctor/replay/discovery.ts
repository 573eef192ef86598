/** From the URL of the MCP endpoint to the metadata of its authorization server (RFC 9728, RFC 8414, MCP). */
import { isJsonObject, stringsIn } from '../../oauth/json-object.js';
import { isLoopbackHost } from '../../oauth/redirect-uri.js';
import type { ClientFacts } from '../clients/client-facts.js';
import type { ProbeResponse } from '../probe.js';
import type { Site } from './site.js';
import { ProblemError, type Step } from './verdict.js';
import { excerpt, explain, type Send } from './wire.js';

type JsonObject = Readonly<Record<string, unknown>>;

/** What a client has learnt about the server. */
export interface Discovery {
  /** Undefined: there is no resource metadata, as before MCP 2025-06-18. */
  readonly resource: JsonObject | undefined;
  /** From `authorization_servers`. */
  readonly issuer: string;
  readonly server: JsonObject;
  readonly challengeScopes: readonly string[];
}

/** The body that the server refuses without a token. */
export type RefusedBody = JsonObject;

/** @throws ProblemError */
export async function discover(
  facts: ClientFacts,
  site: Site,
  send: Send,
  refused: RefusedBody,
): Promise<Discovery> {
  const challenge = await challengeFor(facts, site, send, refused);
  const resource = await resourceMetadata(facts, site, send, challenge);
  const issuer = resource === undefined ? new URL(site.url).origin : issuerIn(resource, site);
  const server = await serverMetadata(facts, site, send, issuer, resource);
  return { resource, issuer, server, challengeScopes: words(parameter(challenge, 'scope')) };
}

/** The `WWW-Authenticate` of the 401. */
async function challengeFor(
  { firstRequest = 'POST' }: ClientFacts,
  site: Site,
  send: Send,
  json: RefusedBody,
): Promise<string> {
  const { url } = site;
  const post = { url, json };
  const requests = {
    POST: [post],
    // GET and HEAD have no meaning at many endpoints: the client goes on with its POST.
    GET: [{ url }, post],
    HEAD: [{ url, method: 'HEAD' as const }, post],
  };
  let response: ProbeResponse | undefined;
  for (const request of requests[firstRequest]) {
    response = await send('endpoint', request);
    if (response.status === 401) return response.headers.get('www-authenticate') ?? '';
  }
  throw await explain('endpoint', site, response as ProbeResponse, {
    remedy: 'Respond 401 to every client, whatever its headers are.',
  });
}

function parameter(challenge: string, name: string): string {
  return new RegExp(`(?:^|[\\s,])${name}="([^"]*)"`, 'i').exec(challenge)?.[1] ?? '';
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

async function resourceMetadata(
  facts: ClientFacts,
  site: Site,
  send: Send,
  challenge: string,
): Promise<JsonObject | undefined> {
  const step = 'resource-metadata';
  const { origin, pathname } = new URL(site.url);
  const named = parameter(challenge, 'resource_metadata');
  if (named !== '' && !facts.readsRootMetadata) {
    requireUrl(step, 'resource_metadata of the challenge', named, site);
  }
  const root = origin + WELL_KNOWN;
  const inserted = origin + WELL_KNOWN + pathname.replace(/\/$/, '');
  const urls = named === '' ? [inserted, root] : [named];
  for (const url of facts.readsRootMetadata ? [root] : new Set(urls)) {
    const response = await send(step, { url, follow: true });
    if (response.status === 200) return validResource(facts, site, response);
    if (facts.readsRootMetadata) await requireRoot(response, site, urls);
    else if (named !== '' || response.status >= 500) {
      throw await explain(step, site, response, {
        remedy: `Serve the metadata there (RFC 9728 §3): the challenge of ${site.url} names this URL.`,
      });
    }
  }
  return undefined;
}

/** A client that reads one place only fails if the metadata is elsewhere, where the challenge says. */
async function requireRoot(
  response: ProbeResponse,
  site: Site,
  urls: readonly string[],
): Promise<void> {
  const absolute = urls.filter((url) => URL.canParse(url));
  const elsewhere = await Promise.all(absolute.map((url) => site.send({ url, follow: true })));
  if (!elsewhere.some(({ status }) => status === 200)) return;
  throw new ProblemError({
    step: 'resource-metadata',
    fault: 'client',
    message: `${response.url} responds with status ${response.status}, and this client reads the metadata only there, not where the challenge says`,
    remedy:
      'Serve the metadata at the root of the origin too. With two MCP servers on one origin that is not possible: give each its own host name.',
  });
}

async function validResource(
  facts: ClientFacts,
  site: Site,
  response: ProbeResponse,
): Promise<JsonObject> {
  const step = 'resource-metadata';
  const { url, json } = response;
  if (json === undefined) {
    throw await explain(step, site, response, {
      message: `${url} is no JSON document`,
      remedy: 'Serve the metadata of RFC 9728 there, as application/json.',
    });
  }
  const resource = json['resource'];
  const isAllowed = facts.strictAbout?.includes('resource')
    ? resource === site.url
    : typeof resource === 'string' && covers(resource, site.url);
  if (isAllowed) return json;
  const found = excerpt(JSON.stringify(resource) ?? 'no resource');
  throw new ProblemError({
    step,
    fault: 'server',
    message: `${url} has resource ${found}; the client was given ${site.url}`,
    remedy:
      'RFC 9728 §3.3: resource has to be exactly the URL that users enter, with scheme, port, path and trailing slash. Set the public URL of the server, or enter the URL that it names.',
  });
}

/** The rule of the MCP SDK: the same origin, and the path or one above it. */
function covers(resource: string, url: string): boolean {
  if (!URL.canParse(resource)) return false;
  const [configured, requested] = [new URL(resource), new URL(url)];
  const withSlash = (path: string): string => (path.endsWith('/') ? path : `${path}/`);
  return (
    configured.origin === requested.origin &&
    withSlash(requested.pathname).startsWith(withSlash(configured.pathname))
  );
}

function issuerIn(resource: JsonObject, site: Site): string {
  const [issuer] = stringsIn(resource['authorization_servers']);
  // Without one, clients take the origin, as before RFC 9728.
  if (issuer === undefined) return new URL(site.url).origin;
  requireUrl('resource-metadata', 'authorization_servers', issuer, site);
  return issuer;
}

/** In the order of the MCP specification: RFC 8414 with the path inserted, then OpenID Connect Discovery. */
function metadataUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const urls = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
  return [...new Set(urls)];
}

async function serverMetadata(
  facts: ClientFacts,
  site: Site,
  send: Send,
  issuer: string,
  resource: JsonObject | undefined,
): Promise<JsonObject> {
  const step = 'server-metadata';
  const urls = metadataUrls(issuer);
  let first: ProbeResponse | undefined;
  for (const url of urls) {
    const response = await send(step, { url, follow: true });
    first ??= response;
    if (response.status === 200 && response.json !== undefined) {
      return validServer(facts, site, response, issuer);
    }
    if (response.status >= 500 || response.status === 429) break;
  }
  const remedy =
    resource === undefined
      ? `There is no resource metadata either: serve it at ${new URL(site.url).origin}${WELL_KNOWN}${new URL(site.url).pathname} (RFC 9728), with the authorization server in authorization_servers.`
      : `authorization_servers names ${issuer}: serve its metadata at ${urls[0]} (RFC 8414 §3).`;
  throw await explain(step, site, first as ProbeResponse, { remedy });
}

function validServer(
  facts: ClientFacts,
  site: Site,
  { url, json }: ProbeResponse,
  issuer: string,
): JsonObject {
  const step = 'server-metadata';
  const server = json ?? {};
  const wrong = (message: string, remedy: string): ProblemError =>
    new ProblemError({ step, fault: 'server', message: `${url} ${message}`, remedy });
  for (const name of ['authorization_endpoint', 'token_endpoint', 'registration_endpoint']) {
    const endpoint = server[name];
    if (endpoint === undefined && name === 'registration_endpoint') continue;
    requireUrl(step, `${url}: ${name}`, endpoint, site);
  }
  const methods = server['code_challenge_methods_supported'];
  if (!stringsIn(methods).includes('S256')) {
    throw wrong(
      'does not have S256 in code_challenge_methods_supported',
      'MCP clients require PKCE with S256, and refuse a server that does not advertise it.',
    );
  }
  if (!stringsIn(server['response_types_supported']).includes('code')) {
    throw wrong(
      'does not have code in response_types_supported',
      'RFC 8414 §2 requires the field; clients of the MCP SDK reject the metadata without it.',
    );
  }
  if (facts.strictAbout?.includes('issuer') && server['issuer'] !== issuer) {
    throw wrong(
      `has issuer ${excerpt(JSON.stringify(server['issuer']) ?? 'none')} instead of ${JSON.stringify(issuer)}, the authorization server of the resource metadata`,
      'RFC 8414 §3.3: both have to be the same string, including a trailing slash.',
    );
  }
  return server;
}

/** Clients need absolute URLs; with https, unless the server is on this machine. */
function requireUrl(step: Step, name: string, url: unknown, site: Site): void {
  const found = excerpt(JSON.stringify(url) ?? 'nothing');
  const problem = (message: string, remedy: string): ProblemError =>
    new ProblemError({ step, fault: 'server', message, remedy });
  if (typeof url !== 'string' || !URL.canParse(url) || !/^https?:/i.test(url)) {
    throw problem(`${name} is ${found}, not an absolute URL`, 'Use the absolute https URL.');
  }
  const { protocol, hostname } = new URL(url);
  if (
    protocol === 'http:' &&
    new URL(site.url).protocol === 'https:' &&
    !isLoopbackHost(hostname)
  ) {
    throw problem(
      `${name} is ${found}, with http instead of https`,
      'The server does not know its public URL: a proxy in front of it ends TLS. Set the base URL in its configuration.',
    );
  }
}

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

/** For a server whose metadata names no scopes. */
export function scopesIn(document: JsonObject | undefined): string[] {
  return isJsonObject(document) ? stringsIn(document['scopes_supported']) : [];
}
