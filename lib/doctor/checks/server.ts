/** Our own server at its public URL, requested in the order of a client's requests. */
import { pathsOf, resourceMetadataUrlOf } from '../../app/paths.js';
import type { Config, ResourceConfig } from '../../config/config.js';
import {
  type CrossOriginRequest,
  isExposed,
  isReadable,
  NOT_READABLE,
  obstacleIn,
  preflightOf,
} from '../cors.js';
import {
  type CheckName,
  type Finding,
  type Findings,
  failed,
  passed,
  skipped,
} from '../finding.js';
import { NoResponseError, noResponseFinding, type ProbeResponse, probe } from '../probe.js';

/** User agents of Claude's servers and of Python clients, which bot protection often blocks. */
const AGENTS = ['Claude-User', 'python-httpx/0.28.1'];

/** Any origin: metadata is public. */
const ANY_ORIGIN = 'https://client.example';

const UNKNOWN_TOOL = { name: 'a-tool-of-no-server', arguments: {} };

export const SERVER_CHECKS: readonly CheckName[] = [
  'base-url',
  'challenge',
  'resource-metadata',
  'server-metadata',
  'endpoints',
  'client-agents',
  'browser-clients',
];

const MOUNT_REMEDY =
  'app.use(auth0Mcp()) has to be at the root of the app, before the MCP route; a proxy has to forward /.well-known/… of this host too.';

/** Of `auth0McpResource()`: its metadata and its guard. */
export async function* checkResourceServer(config: ResourceConfig): Findings {
  const { resource, auth0 } = config;
  const first = yield* reach(resource, RESOURCE_SERVER_CHECKS);
  if (first === undefined) return;
  yield await challengeFinding(first, config);
  const url = resourceMetadataUrlOf(config);
  yield await documentFinding('resource-metadata', url, {
    resource,
    authorization_servers: [auth0.expectedIssuer],
  }).catch(noResponseFinding('resource-metadata'));
  yield* await agentsFinding([url]);
  yield await browserFinding(config, []).catch(noResponseFinding('browser-clients'));
}

export const RESOURCE_SERVER_CHECKS: readonly CheckName[] = SERVER_CHECKS.filter(
  (check) => check !== 'server-metadata' && check !== 'endpoints',
);

/** @returns whether a login at the server is possible */
export async function* checkServer(config: Config): Findings<boolean> {
  const { resource } = config;
  const first = yield* reach(resource, SERVER_CHECKS);
  if (first === undefined) return false;
  yield await challengeFinding(first, config);
  const urls = {
    resource: resourceMetadataUrlOf(config),
    server: new URL(config.issuer).origin + (pathsOf(config).authorizationServer.own[0] ?? ''),
  };
  yield await documentFinding('resource-metadata', urls.resource, {
    resource,
    authorization_servers: [config.issuer],
  }).catch(noResponseFinding('resource-metadata'));
  const server = await documentFinding('server-metadata', urls.server, {
    issuer: config.issuer,
    token_endpoint: `${config.baseUrl}/token`,
  }).catch(noResponseFinding('server-metadata'));
  yield server;
  yield await endpointsFinding(config).catch(noResponseFinding('endpoints'));
  yield* await agentsFinding(Object.values(urls));
  yield await browserFinding(config, endpointCallsOf(config)).catch(
    noResponseFinding('browser-clients'),
  );
  return server.outcome === 'passed';
}

/** @param checks the first of which this is. @returns the response to the first request of every client */
async function* reach(
  resource: string,
  [, ...others]: readonly CheckName[],
): Findings<ProbeResponse | undefined> {
  try {
    const first = await firstRequest(resource);
    yield baseFinding(first);
    return first;
  } catch (error) {
    if (!(error instanceof NoResponseError)) throw error;
    yield failed('base-url', error.message, `${error.remedy} Start the server, then the doctor.`);
    yield* skipped(others, 'the server did not respond');
    return undefined;
  }
}

/** One JSON-RPC request without a token. */
function call(resource: string, method: string, params: object): Promise<ProbeResponse> {
  const headers = { accept: 'application/json, text/event-stream' };
  return probe({ url: resource, headers, json: { jsonrpc: '2.0', id: 1, method, params } });
}

/** The first request of every client. */
function firstRequest(resource: string): Promise<ProbeResponse> {
  return call(resource, 'initialize', {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'express-auth0-mcp doctor', version: '1' },
  });
}

function baseFinding({ url, status, headers }: ProbeResponse): Finding {
  if (status < 300 || status >= 400) return passed('base-url', `${new URL(url).origin} responds`);
  return failed(
    'base-url',
    `${url} redirects to ${headers.get('location')?.slice(0, 200)}: clients do not follow redirects of a POST`,
    'Set baseUrl to the final URL (https, host name, path), and do not redirect it.',
  );
}

/** RFC 9728 §5.1: 401 without a token, with the URL of the metadata. */
async function challengeFinding(first: ProbeResponse, config: ResourceConfig): Promise<Finding> {
  if (first.status >= 300) return evaluateChallenge(first, config);
  // The option `anonymous` may allow the first request, but no tool that it does not name.
  const second = await call(config.resource, 'tools/call', UNKNOWN_TOOL).catch(() => first);
  return evaluateChallenge(second.status === 401 ? second : first, config);
}

function evaluateChallenge(
  { url, status, headers }: ProbeResponse,
  config: ResourceConfig,
): Finding {
  const check = 'challenge';
  const expected = resourceMetadataUrlOf(config);
  const challenge = headers.get('www-authenticate') ?? '';
  if (status === 401 && challenge.includes(`resource_metadata="${expected}"`)) {
    return passed(check, `${url} requires a token`);
  }
  if (status === 401) {
    const found = /resource_metadata="([^"]*)"/.exec(challenge)?.[1];
    return failed(
      check,
      found === undefined
        ? `${url} responds 401 without a Bearer challenge with the URL of the metadata`
        : `${url} names ${found.slice(0, 200)} as the URL of the metadata, not ${expected}`,
      'Another guard responds first, a proxy removes WWW-Authenticate, or the server has another configuration than this one.',
    );
  }
  if (status < 300) {
    return failed(
      check,
      `${url} is not protected: it responds ${status} without a token`,
      MOUNT_REMEDY,
    );
  }
  return failed(check, `${url} responds ${status} instead of 401`, remedyFor(status));
}

/** A wrong mount results in a 404, or in a response of the route; other statuses have other causes. */
function remedyFor(status: number): string {
  if (status >= 500) {
    return 'The server fails, or a proxy cannot reach it: see the log of both.';
  }
  if ([401, 403, 407, 429].includes(status)) {
    return 'Something in front of the server rejects every caller: a firewall, a login page, an access rule or a rate limit. Allow /.well-known/…, the endpoints below baseUrl and the MCP path.';
  }
  return MOUNT_REMEDY;
}

/** Clients compare these fields exactly. */
async function documentFinding(
  check: CheckName,
  url: string,
  expected: Readonly<Record<string, unknown>>,
): Promise<Finding> {
  const { status, headers, json } = await probe({ url, headers: { origin: ANY_ORIGIN } });
  if (status !== 200 || json === undefined) {
    const what = status === 200 ? 'no JSON document' : `status ${status}`;
    return failed(check, `${url} responds with ${what}`, remedyFor(status));
  }
  for (const [name, value] of Object.entries(expected)) {
    const found = JSON.stringify(json[name]);
    if (found === JSON.stringify(value)) continue;
    return failed(
      check,
      `${url} has ${name} ${found?.slice(0, 200)} instead of ${JSON.stringify(value)}`,
      'The server has another configuration than this one, or another server responds at that path.',
    );
  }
  if (!['*', ANY_ORIGIN].includes(headers.get('access-control-allow-origin') ?? '')) {
    const message = `${url} is not readable for pages of other origins, so clients in browsers fail`;
    return failed(
      check,
      message,
      'No proxy or middleware may replace Access-Control-Allow-Origin.',
    );
  }
  return passed(check, url);
}

/** Every endpoint that the metadata or Auth0 names. HEAD has no effect, and its response is 404 only if there is none. */
async function endpointsFinding(config: Config): Promise<Finding> {
  const check = 'endpoints';
  const { basePath, baseUrl, clientRegistration } = config;
  const paths = pathsOf(config);
  const endpoints = [
    ['metadata', paths.jwks],
    ...(clientRegistration ? [['registration', paths.registration] as const] : []),
    ['login', paths.authorization],
    ['login', paths.callback],
    ['tokens', paths.token],
    ['tokens', paths.revocation],
  ] as const;
  for (const [part, path] of endpoints) {
    const { url, status } = await probe({ url: new URL(path, baseUrl).href, method: 'HEAD' });
    if (status !== 404) continue;
    const stripped = ` If a proxy strips ${basePath} from the path, let it send "X-Forwarded-Prefix: ${basePath}" and set "trust proxy" in Express, or set the option strippedPrefix to '${basePath}'.`;
    return failed(
      check,
      `${url} responds 404`,
      `Mount the library at the root of the app: app.use(auth), or app.use(auth.${part}) if the parts are mounted one by one.${basePath === '' ? '' : stripped}`,
    );
  }
  return passed(check, 'each one that the metadata names exists');
}

/** Bot protection responds to programs with 403 or a challenge page, which users in browsers do not see. */
async function agentsFinding(urls: readonly string[]): Promise<Finding[]> {
  const check = 'client-agents';
  let isBlockedForAll = false;
  for (const agent of AGENTS) {
    for (const url of urls) {
      const reason = await whyBlocked(url, agent);
      if (reason === undefined) continue;
      // Blocked for every caller: another cause, reported by the check of that document.
      if ((await whyBlocked(url)) !== undefined) {
        isBlockedForAll = true;
        continue;
      }
      return [
        failed(
          check,
          `${url} is blocked for clients with the user agent ${agent} (${reason})`,
          'Something in front of the server treats them as bots: allow /.well-known/…, the endpoints below baseUrl and the MCP path without a challenge.',
        ),
      ];
    }
  }
  return isBlockedForAll
    ? skipped([check], 'a document is blocked for every caller')
    : [passed(check, `allowed for ${AGENTS.join(' and ')}`)];
}

/** @param agent default: the doctor's own */
async function whyBlocked(url: string, agent?: string): Promise<string | undefined> {
  try {
    const headers = agent === undefined ? {} : { 'user-agent': agent };
    const { status, json } = await probe({ url, headers });
    if (status !== 200) return `status ${status}`;
    return json === undefined ? 'no JSON document' : undefined;
  } catch (error) {
    if (error instanceof NoResponseError) return error.message;
    throw error;
  }
}

/** The origin of MCP Inspector: pages of the user's machine are allowed with any `allowedOrigins`. */
const LOCAL_ORIGIN = 'http://localhost:6274';

const CORS_REMEDY =
  'Something in front of the library responds to browsers, such as cors() or a gateway: mount the library before cors(), or let that allow every origin and the requested headers, including Authorization.';

/** A cors() in front never responds 404. */
const NOT_FOUND_REMEDY =
  'The endpoint does not exist, for browsers as for other clients: app.use(auth0Mcp()) has to be at the root of the app, before the MCP route, and a proxy has to forward this path.';

/** Up to the first failure. @param endpoints those of an authorization server */
async function browserFinding(
  config: ResourceConfig,
  endpoints: readonly CrossOriginRequest[],
): Promise<Finding> {
  const check = 'browser-clients';
  for (const call of [...resourceCallsOf(config), ...endpoints]) {
    const obstacle = await obstacleTo(call);
    if (obstacle !== undefined)
      return failed(check, `${call.url}: ${obstacle.message}`, obstacle.remedy);
  }
  const hidden = await hiddenChallenge(config.resource);
  if (hidden !== undefined) return failed(check, `${config.resource}: ${hidden}`, CORS_REMEDY);
  return passed(check, 'preflights allow what clients send');
}

const SENT = ['content-type', 'mcp-protocol-version'];

function resourceCallsOf(config: ResourceConfig): CrossOriginRequest[] {
  return [
    { url: config.resource, method: 'POST', headers: ['authorization', ...SENT, 'mcp-session-id'] },
    { url: resourceMetadataUrlOf(config), method: 'GET', headers: ['mcp-protocol-version'] },
  ];
}

function endpointCallsOf(config: Config): CrossOriginRequest[] {
  const { origin } = new URL(config.baseUrl);
  const { token, registration, revocation } = pathsOf(config);
  const post = (path: string, headers: readonly string[]): CrossOriginRequest => ({
    url: origin + path,
    method: 'POST',
    headers,
  });
  return [
    ...(config.clientRegistration ? [post(registration, SENT)] : []),
    post(token, ['authorization', ...SENT]),
    post(revocation, ['authorization', ...SENT]),
  ];
}

interface Obstacle {
  readonly message: string;
  readonly remedy: string;
}

async function obstacleTo(request: CrossOriginRequest): Promise<Obstacle | undefined> {
  const preflight = await probe(preflightOf(request, LOCAL_ORIGIN));
  const message = obstacleIn(preflight, request, LOCAL_ORIGIN);
  if (message === undefined) return undefined;
  return { message, remedy: preflight.status === 404 ? NOT_FOUND_REMEDY : CORS_REMEDY };
}

/** Without the challenge, a page cannot find the login. */
async function hiddenChallenge(resource: string): Promise<string | undefined> {
  const json = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: UNKNOWN_TOOL };
  const headers = { origin: LOCAL_ORIGIN, accept: 'application/json, text/event-stream' };
  const response = await probe({ url: resource, headers, json });
  if (response.status !== 401) return undefined;
  if (!isReadable(response, LOCAL_ORIGIN)) return NOT_READABLE;
  if (isExposed(response, 'www-authenticate')) return undefined;
  return 'pages may not read WWW-Authenticate, so browser clients do not find the login';
}
