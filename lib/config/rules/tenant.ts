/** The Auth0 tenant, our application there, and the API that tokens are for. */
import { isLoopbackHost } from '../../oauth/redirect-uri.js';
import type { Auth0Config, AuthorizationServerConfig, TenantConfig } from '../config.js';
import { label, wrongOption } from '../errors.js';
import type { Logger } from '../logger.js';
import type { RawOptions } from '../option-table.js';
import { asEntries, asText, required, textOf, wholeNumberOf } from '../values.js';
import { resolveAuthentication } from './credentials.js';

const DISCOVERY_PATH = '/.well-known/openid-configuration';
const EXAMPLE_URL = `https://TENANT.us.auth0.com${DISCOVERY_PATH}`;

/** Auth0 responds within a second. Ten allow for a bad network, and users still wait for it. */
const UPSTREAM_TIMEOUT = { min: 1, max: 60, fallback: 10 } as const;

/** Parameters of Auth0's `/authorize` that the operator may set. */
const ALLOWED_PARAMS: readonly string[] = [
  'connection',
  'organization',
  'invitation',
  'prompt',
  'login_hint',
  'screen_hint',
  'acr_values',
  'max_age',
  'ui_locales',
];

/**
 * Parameters of the protocol. `resource` is one of them: without Auth0's compatibility profile it
 * would be passed on to the identity provider behind Auth0.
 */
const OWN_PARAMS: ReadonlySet<string> = new Set(
  (
    'client_id redirect_uri response_type response_mode scope state nonce audience resource ' +
    'code_challenge code_challenge_method request request_uri'
  ).split(' '),
);

/** Names that several services of one tenant may share. */
const GENERIC_AUDIENCES: ReadonlySet<string> = new Set(
  'api app audience backend default example mcp mcp-server server service test'.split(' '),
);

/** @throws Auth0McpConfigError */
export function resolveAuth0(raw: RawOptions, logger: Logger): Auth0Config {
  const tenant = tenantOf(raw);
  return {
    ...tenant,
    clientId: clientIdOf(raw),
    authentication: resolveAuthentication(raw),
    audience: required(audienceOf(raw, tenant.discoveryUrl, logger), 'audience'),
    authorizeParams: authorizeParamsOf(raw),
  };
}

/**
 * The tenant as the authorization server of a resource, whose URL is the default audience.
 *
 * @throws Auth0McpConfigError
 */
export function resolveTenant(
  raw: RawOptions,
  resource: string,
  logger: Logger,
): AuthorizationServerConfig {
  const tenant = tenantOf(raw);
  const audience = audienceOf(raw, tenant.discoveryUrl, logger) ?? resource;
  // Some clients append a slash to a resource that is an origin, and Auth0 uses the value they send.
  if (audience !== resource && audience !== `${resource}/`) {
    logger.warn(
      { option: 'audience', audience, resource },
      `${label('audience')} is not the URL of the MCP endpoint, for which MCP clients request tokens. Auth0 issues tokens for audience only if the tenant ignores that request and has audience as Default Audience. Create an API with that URL as identifier, and remove audience; if the environment has it for auth0Mcp(), give that URL as audience in code.`,
    );
  }
  return { ...tenant, audience, application: applicationOf(raw) };
}

/** One without authentication may not exchange tokens: a public client of `auth0Mcp()`, in a shared `.env`. */
function applicationOf(raw: RawOptions): AuthorizationServerConfig['application'] {
  const authentication = resolveAuthentication(raw);
  return authentication.method === 'none'
    ? undefined
    : { clientId: clientIdOf(raw), authentication };
}

function tenantOf(raw: RawOptions): Omit<TenantConfig, 'audience'> {
  const discoveryUrl = discoveryUrlOf(raw);
  return {
    discoveryUrl,
    expectedIssuer: `${discoveryUrl.origin}/`,
    timeoutMs: wholeNumberOf(raw, 'upstreamTimeoutSeconds', UPSTREAM_TIMEOUT) * 1000,
  };
}

function discoveryUrlOf(raw: RawOptions): URL {
  const configUrl = textOf(raw, 'configUrl');
  const domain = textOf(raw, 'domain');
  if (configUrl !== undefined && domain !== undefined) {
    throw wrongOption(
      'domain',
      domain,
      'configUrl is set too, and both name the tenant: remove one.',
    );
  }
  const text = domain ?? required(configUrl, 'configUrl');
  return domain === undefined ? parsedConfigUrl(text) : urlOfDomain(text);
}

const DOMAIN = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i;

function urlOfDomain(domain: string): URL {
  if (DOMAIN.test(domain)) return new URL(`https://${domain}${DISCOVERY_PATH}`);
  throw wrongOption(
    'domain',
    domain,
    'Give the host name alone, such as TENANT.us.auth0.com: no scheme, port or path. A URL ' +
      'belongs in configUrl.',
  );
}

function parsedConfigUrl(text: string): URL {
  const wrong = (remedy: string) => wrongOption('configUrl', text, remedy);
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    throw wrong(
      `Give an absolute URL, such as ${EXAMPLE_URL}. A host name alone belongs in domain.`,
    );
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') throw wrong('Remove user name and password.');
  if (url.pathname !== DISCOVERY_PATH || /[?#]/.test(text)) {
    throw wrong(`It has to end with ${DISCOVERY_PATH} right after the host, and nothing after it.`);
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw wrong('It has to be https: keys fetched over http cannot be trusted.');
  }
  return url;
}

function clientIdOf(raw: RawOptions): string {
  const clientId = required(textOf(raw, 'clientId'), 'clientId');
  // RFC 6749 appendix A.1: visible ASCII.
  if (/^[\x20-\x7e]+$/.test(clientId)) return clientId;
  throw wrongOption(
    'clientId',
    clientId,
    'It contains characters that no client id has: copy it again.',
  );
}

function audienceOf(raw: RawOptions, discoveryUrl: URL, logger: Logger): string | undefined {
  const audience = textOf(raw, 'audience');
  if (audience === undefined) return undefined;
  if (isAuth0Api(audience, discoveryUrl.host)) {
    throw wrongOption(
      'audience',
      audience,
      "That is one of Auth0's own APIs, whose tokens are not for your server. Create an API " +
        '(Auth0 dashboard: Applications, APIs) and give its identifier.',
    );
  }
  if (GENERIC_AUDIENCES.has(audience.toLowerCase())) {
    logger.warn(
      { option: 'audience', audience },
      'Other services may use such a general audience too, and would accept the same Auth0 tokens. ' +
        'Prefer an API whose identifier is a URL of your own.',
    );
  }
  return audience;
}

/** With a custom domain, the Management API is still at the tenant's own host. */
function isAuth0Api(audience: string, tenantHost: string): boolean {
  const [, host = '', path] = /^https?:\/\/([^/]+)\/(userinfo|api\/v2)\/?$/i.exec(audience) ?? [];
  const isTenant = host.toLowerCase() === tenantHost || /\.auth0\.com$/i.test(host);
  return path !== undefined && isTenant;
}

function authorizeParamsOf(raw: RawOptions): Readonly<Record<string, string>> {
  if (raw.authorizeParams === undefined) return {};
  const entries = asEntries(raw.authorizeParams, 'authorizeParams');
  return Object.fromEntries(
    entries
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [checkedParam(name), asText(value, `authorizeParams.${name}`)]),
  );
}

function checkedParam(name: string): string {
  if (ALLOWED_PARAMS.includes(name) || /^ext-[A-Za-z0-9_-]+$/.test(name)) return name;
  const reason = OWN_PARAMS.has(name)
    ? 'The library sets that parameter itself.'
    : 'Auth0 has no such parameter, or it is not safe to set for all users.';
  const allowed = `${ALLOWED_PARAMS.join(', ')}, ext-…`;
  throw wrongOption('authorizeParams', name, `${reason} Allowed are ${allowed}.`);
}
