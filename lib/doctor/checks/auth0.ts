/** Auth0: the tenant, its clock and keys, and our application there, as far as possible without a login. */
import { Auth0Error } from '../../auth0/auth0.js';
import { createLoginSecrets, silentRequest } from '../../auth0/authorization-request.js';
import { type Auth0Metadata, createDiscovery } from '../../auth0/discovery.js';
import { createAuth0Http } from '../../auth0/http.js';
import { CLOCK_TOLERANCE_SECONDS, SIGNING_ALGORITHMS } from '../../auth0/signed-token.js';
import { AUDIENCE_REMEDY, createTokenEndpoint } from '../../auth0/token-endpoint.js';
import type { Config, OutboundProxies, ResourceConfig, TenantConfig } from '../../config/config.js';
import { stringsIn } from '../../oauth/json-object.js';
import { createOutboundFetch, nameOfProxy, proxyFor } from '../../outbound-proxy.js';
import { type Finding, type Findings, failed, passed, skipped, warning } from '../finding.js';
import {
  NoResponseError,
  noResponseFinding,
  type ProbeResponse,
  probe,
  TIMEOUT_MS,
} from '../probe.js';

const URL_REMEDY =
  'configUrl has to be https://TENANT.REGION.auth0.com/.well-known/openid-configuration, or the same path on your custom domain. Dashboard > Applications > your application > Settings > Domain.';

/** Half of the tolerance: time to act before logins fail. */
const WARN_SKEW_SECONDS = CLOCK_TOLERANCE_SECONDS / 2;

/** @returns undefined if the tenant is not usable */
export async function* checkTenant(
  { auth0: config, outboundProxies }: ResourceConfig,
  now: () => number,
): Findings<Auth0Metadata | undefined> {
  const { discoveryUrl } = config;
  const fetch = createOutboundFetch(outboundProxies, TIMEOUT_MS);
  yield* proxyFindings(discoveryUrl, outboundProxies);
  const response = await fetchDiscovery(discoveryUrl.href, fetch);
  if ('outcome' in response) {
    yield response;
    yield* skipped(['issuer', 'clock', 'signing-algorithms'], 'the tenant did not respond');
    return undefined;
  }
  yield passed('discovery', `${discoveryUrl.host} responds`);
  const metadata = await readMetadata(config, response, now);
  yield 'outcome' in metadata ? metadata : passed('issuer', metadata.issuer);
  yield clockFinding(response, now());
  if ('outcome' in metadata) {
    yield* skipped(['signing-algorithms'], 'the tenant is not the one configured');
    return undefined;
  }
  yield await algorithmsFinding(metadata, fetch).catch(noResponseFinding('signing-algorithms'));
  return metadata;
}

function* proxyFindings(tenantUrl: URL, proxies: OutboundProxies): Generator<Finding> {
  const check = 'outbound-proxy';
  const { unusedVariable: unused } = proxies;
  if (unused !== undefined) {
    yield warning(
      check,
      `${unused} is set but not used: requests to Auth0 go there directly`,
      'If this machine reaches the internet through that proxy only, set NODE_USE_ENV_PROXY=1.',
    );
  }
  if (proxies.https === undefined && proxies.http === undefined) return;
  const proxy = proxyFor(proxies, tenantUrl);
  yield passed(
    check,
    proxy === undefined
      ? `${tenantUrl.host} is reached directly, by NO_PROXY`
      : `${tenantUrl.host} is reached through ${nameOfProxy(proxy)}`,
  );
}

type Fetch = ReturnType<typeof createOutboundFetch>;

async function fetchDiscovery(url: string, fetch: Fetch): Promise<ProbeResponse | Finding> {
  try {
    const response = await probe({ url, fetch });
    if (response.status === 200 && response.json !== undefined) return response;
    const what = response.status === 200 ? 'no JSON document' : `status ${response.status}`;
    return failed('discovery', `${url} responds with ${what}`, URL_REMEDY);
  } catch (error) {
    if (!(error instanceof NoResponseError)) throw error;
    return failed('discovery', error.message, `${error.remedy} ${URL_REMEDY}`);
  }
}

/** Parses the document as the server does. */
async function readMetadata(
  config: TenantConfig,
  { status, json: body }: ProbeResponse,
  now: () => number,
): Promise<Auth0Metadata | Finding> {
  try {
    return await createDiscovery(config, async () => ({ status, body }), now).get();
  } catch (error) {
    if (!(error instanceof Auth0Error)) throw error;
    return failed('issuer', error.message, error.remedy);
  }
}

/** RFC 9110 §6.6.1: the `Date` of a response is the clock of its sender, to the second. */
function clockFinding({ headers }: ProbeResponse, now: number): Finding {
  const theirs = Math.round(Date.parse(headers.get('date') ?? '') / 1000);
  if (Number.isNaN(theirs))
    return skipped(['clock'], 'the response of Auth0 has no Date')[0] as Finding;
  const skew = now - theirs;
  const says = `the clock of this machine is ${Math.abs(skew)} seconds ${skew > 0 ? 'ahead of' : 'behind'} Auth0's`;
  const remedy =
    'Synchronize it by NTP: timedatectl set-ntp true, or the time settings of the host.';
  if (Math.abs(skew) > CLOCK_TOLERANCE_SECONDS) {
    return failed('clock', `${says}: Auth0's tokens look expired or not yet valid`, remedy);
  }
  if (Math.abs(skew) > WARN_SKEW_SECONDS) return warning('clock', says, remedy);
  return passed('clock', "agrees with Auth0's");
}

const ALGORITHM_REMEDY =
  'Dashboard > Applications > your application > Settings > Advanced Settings > OAuth > JSON Web Token Signature Algorithm: RS256. The tenant signs with RSA keys: Settings > Signing Keys.';

async function algorithmsFinding(
  { jwksUri, idTokenAlgorithms }: Auth0Metadata,
  fetch: Fetch,
): Promise<Finding> {
  const check = 'signing-algorithms';
  const wanted = SIGNING_ALGORITHMS.join(' or ');
  if (idTokenAlgorithms?.some((name) => SIGNING_ALGORITHMS.includes(name)) === false) {
    const offered = idTokenAlgorithms.join(', ');
    return failed(check, `the tenant supports ${offered}; ${wanted} is required`, ALGORITHM_REMEDY);
  }
  const { status, json } = await probe({ url: jwksUri, fetch });
  const keys = Array.isArray(json?.['keys']) ? json['keys'].filter(isUsableKey) : [];
  if (keys.length > 0) return passed(check, `${wanted}, ${keys.length} keys published`);
  const message = `${jwksUri} (status ${status}) has no key for ${wanted}`;
  return failed(check, message, ALGORITHM_REMEDY);
}

/** RFC 7517 §4: `use` and `alg` may be absent. */
function isUsableKey(key: unknown): boolean {
  const { kty, use = 'sig', alg = 'RS256' } = (key ?? {}) as Record<string, unknown>;
  return kty === 'RSA' && use === 'sig' && SIGNING_ALGORITHMS.includes(String(alg));
}

/**
 * `/authorize` with `prompt=none` and without a session responds at once: by a redirect to a registered callback,
 * or by Auth0's own page. The token endpoint tells a wrong client from a wrong code.
 */
export async function* checkApplication(
  config: Config,
  metadata: Auth0Metadata,
  now: () => number,
): Findings {
  yield* checkAuthorization(config, metadata);
  yield await clientFinding(config, metadata, now);
}

async function* checkAuthorization(config: Config, metadata: Auth0Metadata): Findings {
  const { auth0, callbackUrl, outboundProxies } = config;
  const fetch = createOutboundFetch(outboundProxies, TIMEOUT_MS);
  const url = silentRequest(metadata.authorizationEndpoint, auth0, callbackUrl);
  try {
    yield* authorizationFindings(await probe({ url, fetch }), config);
  } catch (error) {
    if (!(error instanceof NoResponseError)) throw error;
    yield failed('callback', error.message, error.remedy);
    yield* skipped(['audience'], 'the tenant did not respond');
  }
}

function* authorizationFindings(response: ProbeResponse, config: Config): Generator<Finding> {
  const location = response.headers.get('location') ?? '';
  if (!location.startsWith(`${config.callbackUrl}?`)) {
    yield errorPageFinding(response, location, config);
    yield* skipped(['audience'], 'Auth0 checks it only if the callback URL is right');
    return;
  }
  yield passed('callback', `${config.callbackUrl} is registered`);
  yield audienceFinding(new URL(location).searchParams, config);
}

/** Auth0's own page, or a redirect to it: the reason is in the body or in the URL. */
function errorPageFinding(response: ProbeResponse, location: string, config: Config): Finding {
  const text = `${response.text} ${decodeURIComponent(location.replace(/\+/g, ' '))}`;
  if (/callback url mismatch/i.test(text)) {
    return failed(
      'callback',
      `${config.callbackUrl} is not registered at Auth0 (Callback URL mismatch)`,
      `Dashboard > Applications > your application > Settings > Allowed Callback URLs: add exactly ${config.callbackUrl}. It is baseUrl and redirectPath.`,
    );
  }
  if (/unknown client/i.test(text)) {
    return failed(
      'callback',
      `the tenant has no application with the client id ${config.auth0.clientId}`,
      'Dashboard > Applications > your application > Settings > Client ID. Is configUrl the tenant of this application?',
    );
  }
  return failed(
    'callback',
    `Auth0 responded ${response.status} with a page of its own instead of a redirect to ${config.callbackUrl}`,
    'Dashboard > Monitoring > Logs has the reason, at this time.',
  );
}

/** Errors of a login that only needs a user. */
const INTERACTION_ERRORS = ['login_required', 'consent_required', 'interaction_required'];

function audienceFinding(callback: URLSearchParams, config: Config): Finding {
  const error = callback.get('error') ?? '';
  const description = callback.get('error_description') ?? '';
  const { audience } = config.auth0;
  if (INTERACTION_ERRORS.includes(error)) {
    return passed('audience', `Auth0 accepts a login for ${audience}; --login checks its token`);
  }
  if (description.startsWith('Service not found')) {
    return failed(
      'audience',
      `the tenant has no API with the identifier ${audience}`,
      AUDIENCE_REMEDY,
    );
  }
  return failed(
    'audience',
    `Auth0 responded ${error}: ${description.slice(0, 200)}`,
    'Compare Dashboard > Applications > your application > Settings (Grant Types, Organizations, Connections) with authorizeParams, and APIs > your API > Application Access.',
  );
}

async function clientFinding(
  { auth0, callbackUrl, outboundProxies }: Config,
  metadata: Auth0Metadata,
  now: () => number,
): Promise<Finding> {
  const check = 'client-authentication';
  const { method } = auth0.authentication;
  const discovery = {
    cached: () => metadata,
    get: async () => metadata,
    renew: async () => metadata,
  };
  const http = createAuth0Http(auth0.timeoutMs, now, outboundProxies);
  const tokens = createTokenEndpoint({ config: auth0, discovery, http, now }, callbackUrl);
  try {
    await tokens.exchangeCode('a-forged-code', createLoginSecrets().codeVerifier);
    return failed(check, 'Auth0 accepted a forged code', 'Is configUrl a tenant?');
  } catch (error) {
    if (!(error instanceof Auth0Error)) throw error;
    // The client is authenticated before the code is checked.
    if (/\binvalid_grant\b/.test(error.message)) return passed(check, `accepted (${method})`);
    return failed(check, `${error.message} (method ${method})`, error.remedy);
  }
}

/**
 * What clients find at a tenant that is their authorization server. An invalid registration tells whether the tenant
 * registers clients, and creates nothing.
 */
export async function* checkAuthorizationServer(
  { auth0, outboundProxies }: ResourceConfig,
  { document }: Auth0Metadata,
): Findings {
  const fetch = createOutboundFetch(outboundProxies, TIMEOUT_MS);
  const methods = stringsIn(document['code_challenge_methods_supported']);
  yield methods.includes('S256')
    ? passed('server-metadata', `${auth0.expectedIssuer}, with PKCE`)
    : failed(
        'server-metadata',
        `the metadata of ${auth0.expectedIssuer} does not have S256 in code_challenge_methods_supported`,
        'MCP clients refuse a server without PKCE. Is configUrl an Auth0 tenant?',
      );
  const { registration_endpoint: url } = document;
  yield await registrationFinding(url, fetch).catch(noResponseFinding('client-registration'));
}

const REGISTRATION_REMEDY =
  'Dashboard > Settings > Advanced: Dynamic Client Registration lets every client in; or import or create each client there.';

async function registrationFinding(url: unknown, fetch: Fetch): Promise<Finding> {
  const check = 'client-registration';
  if (typeof url !== 'string') {
    return warning(check, 'the tenant advertises no registration', REGISTRATION_REMEDY);
  }
  const json = { client_name: 'express-auth0-mcp doctor', redirect_uris: ['not a URL'] };
  const { status, json: body } = await probe({ url, json, fetch });
  const reason = [body?.['error'], body?.['error_description'] ?? body?.['message']]
    .filter((part) => typeof part === 'string')
    .join(': ')
    .slice(0, 200);
  // RFC 7591 §3.2.2: errors about the metadata come from a server that registers.
  if (/invalid_redirect_uri|invalid_client_metadata/.test(reason)) {
    return passed(check, 'clients can register at the tenant');
  }
  return warning(
    check,
    `the tenant registers no clients (status ${status}${reason === '' ? '' : `, ${reason}`}), although it advertises registration`,
    REGISTRATION_REMEDY,
  );
}
