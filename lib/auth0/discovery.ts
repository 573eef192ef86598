/**
 * Auth0's discovery document (OpenID Connect Discovery 1.0 §4, RFC 8414 §3).
 *
 * It must name the configured issuer, with every endpoint on the issuer's origin, so that a modified document cannot
 * send credentials elsewhere.
 */
import type { TenantConfig } from '../config/config.js';
import { isLoopbackHost } from '../oauth/redirect-uri.js';
import { Auth0Error } from './auth0.js';
import { type CachedDocument, createCachedDocument } from './cached-document.js';
import type { Auth0Http } from './http.js';

/** An hour: endpoints hardly ever change. */
const FRESH_SECONDS = 60 * 60;

const CHECK_URL_REMEDY =
  'Check configUrl (or domain): https://TENANT.REGION.auth0.com/.well-known/openid-configuration, ' +
  'or the same path on your custom domain. It must be reachable from this server.';

export interface Auth0Metadata {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly jwksUri: string;
  readonly revocationEndpoint: string | undefined;
  /** `id_token_signing_alg_values_supported`. */
  readonly idTokenAlgorithms: readonly string[] | undefined;
  /** RFC 9207 §3: every authorization response has `iss`. */
  readonly sendsIssuer: boolean;
  /** The whole document. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** @throws (on use) Auth0Error `unavailable` or `misconfigured` */
export function createDiscovery(
  config: Pick<TenantConfig, 'discoveryUrl' | 'expectedIssuer'>,
  http: Auth0Http,
  now: () => number,
): CachedDocument<Auth0Metadata> {
  return createCachedDocument(() => fetchMetadata(config, http), now, FRESH_SECONDS);
}

async function fetchMetadata(
  config: Pick<TenantConfig, 'discoveryUrl' | 'expectedIssuer'>,
  http: Auth0Http,
): Promise<Auth0Metadata> {
  const { discoveryUrl, expectedIssuer } = config;
  requireSafeUrl(discoveryUrl);
  const what = 'discovery document';
  const { status, body } = await http({ what, url: discoveryUrl.href, isRepeatable: true });
  if (status >= 400) {
    throw new Auth0Error(
      'misconfigured',
      `${what}: ${discoveryUrl.href} responded with ${status}`,
      {
        remedy: CHECK_URL_REMEDY,
      },
    );
  }
  if (status !== 200 || body === undefined) {
    const message = `${what}: ${discoveryUrl.href} responded with ${status} without a JSON object`;
    throw new Auth0Error('unavailable', message, { remedy: CHECK_URL_REMEDY });
  }
  requireIssuer(body['issuer'], expectedIssuer, discoveryUrl);
  return parseMetadata(body, expectedIssuer);
}

function parseMetadata(body: Readonly<Record<string, unknown>>, issuer: string): Auth0Metadata {
  const algorithms = body['id_token_signing_alg_values_supported'];
  return {
    issuer,
    authorizationEndpoint: endpoint(body, 'authorization_endpoint', issuer),
    tokenEndpoint: endpoint(body, 'token_endpoint', issuer),
    jwksUri: endpoint(body, 'jwks_uri', issuer),
    revocationEndpoint:
      body['revocation_endpoint'] === undefined
        ? undefined
        : endpoint(body, 'revocation_endpoint', issuer),
    idTokenAlgorithms: Array.isArray(algorithms)
      ? algorithms.filter((name) => typeof name === 'string')
      : undefined,
    sendsIssuer: body['authorization_response_iss_parameter_supported'] === true,
    document: body,
  };
}

/** http sends the client secret unencrypted: only within one machine, for tests. */
function requireSafeUrl(url: URL): void {
  if (url.protocol === 'https:') return;
  if (url.protocol === 'http:' && isLoopbackHost(url.hostname)) return;
  throw new Auth0Error('misconfigured', `discovery document: ${url.href} is not https`, {
    remedy: CHECK_URL_REMEDY,
  });
}

/** OpenID Connect Discovery 1.0 §4.3: identical, including a trailing slash. */
function requireIssuer(received: unknown, expected: string, discoveryUrl: URL): void {
  if (received === expected) return;
  const named = typeof received === 'string' ? `"${received.slice(0, 200)}"` : 'no issuer';
  throw new Auth0Error(
    'misconfigured',
    `discovery document: ${discoveryUrl.href} names ${named} instead of "${expected}"`,
    {
      remedy:
        'A tenant has several domains (TENANT.REGION.auth0.com and any custom domain), and its tokens name the one that was used. Set configUrl (or domain) to the host that the document names.',
    },
  );
}

function endpoint(body: Readonly<Record<string, unknown>>, name: string, issuer: string): string {
  const value = body[name];
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined) {
    throw new Auth0Error('misconfigured', `discovery document: ${name} is missing or no URL`, {
      remedy: CHECK_URL_REMEDY,
    });
  }
  // The origin includes the scheme.
  if (url.origin !== new URL(issuer).origin || url.username !== '' || url.hash !== '') {
    const message = `discovery document: ${name} is at ${url.origin}, not on the issuer's origin`;
    throw new Auth0Error('misconfigured', message, { remedy: CHECK_URL_REMEDY });
  }
  return url.href;
}
