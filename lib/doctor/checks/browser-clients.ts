// Clients that run in a browser: judges preflights and responses as a browser does (Fetch §4.8 and §4.10).

import { pathsOf, resourceMetadataUrlOf } from '../../app/paths.js';
import type { Config } from '../../config/config.js';
import { type Finding, failed, passed } from '../finding.js';
import { NoResponseError, type ProbeResponse, probe } from '../probe.js';

/** Where MCP Inspector runs: pages of this machine may call the MCP endpoint whatever `allowedOrigins` says. */
const ORIGIN = 'http://localhost:6274';

const REMEDY =
  'Something in front of the library answers browsers, such as cors() or a gateway: mount the library before cors(), or let that allow every origin and the headers asked for, Authorization included.';

/** A cors() in front never answers 404. */
const NOT_THERE_REMEDY =
  'Nothing answers there, so browsers fare as other clients do: app.use(auth0Mcp()) has to stand at the root of the app, before the MCP route, and a proxy has to pass this path on.';

/** One cross-origin request that a browser client makes. */
interface BrowserCall {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  /** Names in lower case, as browsers ask. */
  readonly headers: readonly string[];
}

/** The first request that a browser would withhold, from the page or from the server. */
export async function browserFinding(config: Config): Promise<Finding> {
  const check = 'browser-clients';
  try {
    for (const call of callsOf(config)) {
      const obstacle = await obstacleTo(call);
      if (obstacle !== undefined)
        return failed(check, `${call.url}: ${obstacle.says}`, obstacle.remedy);
    }
    const hidden = await hiddenChallenge(config.resource);
    if (hidden !== undefined) return failed(check, `${config.resource}: ${hidden}`, REMEDY);
    return passed(check, 'preflights allow what clients send');
  } catch (error) {
    if (!(error instanceof NoResponseError)) throw error;
    return failed(check, error.message, error.remedy);
  }
}

function callsOf(config: Config): BrowserCall[] {
  const { origin } = new URL(config.baseUrl);
  const { token, registration, revocation } = pathsOf(config);
  const sent = ['content-type', 'mcp-protocol-version'];
  const post = (path: string, headers: readonly string[]): BrowserCall => ({
    url: origin + path,
    method: 'POST',
    headers,
  });
  return [
    { url: config.resource, method: 'POST', headers: ['authorization', ...sent, 'mcp-session-id'] },
    { url: resourceMetadataUrlOf(config), method: 'GET', headers: ['mcp-protocol-version'] },
    ...(config.clientRegistration ? [post(registration, sent)] : []),
    post(token, ['authorization', ...sent]),
    post(revocation, ['authorization', ...sent]),
  ];
}

interface Obstacle {
  readonly says: string;
  readonly remedy: string;
}

async function obstacleTo({ url, method, headers }: BrowserCall): Promise<Obstacle | undefined> {
  const preflight = await probe({
    url,
    method: 'OPTIONS',
    headers: {
      origin: ORIGIN,
      'access-control-request-method': method,
      'access-control-request-headers': headers.join(','),
    },
  });
  if (preflight.status < 200 || preflight.status > 299) {
    const says = `the preflight of a browser is answered ${preflight.status}`;
    return { says, remedy: preflight.status === 404 ? NOT_THERE_REMEDY : REMEDY };
  }
  if (!isReadable(preflight)) return { says: NOT_READABLE, remedy: REMEDY };
  const allowed = listIn(preflight, 'access-control-allow-headers');
  // Fetch §4.8: the wildcard does not cover Authorization.
  const missing = headers.filter(
    (name) => !allowed.has(name) && (name === 'authorization' || !allowed.has('*')),
  );
  if (missing.length === 0) return undefined;
  const says = `the preflight does not allow ${missing.join(', ')}, so that browser clients fail before they send anything`;
  return { says, remedy: REMEDY };
}

const NOT_READABLE = 'pages of other origins may not read it, so that browser clients fail';

/** Without the challenge, a page cannot know where to log in. */
async function hiddenChallenge(resource: string): Promise<string | undefined> {
  const params = { name: 'a-tool-of-no-server', arguments: {} };
  const json = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
  const headers = { origin: ORIGIN, accept: 'application/json, text/event-stream' };
  const answer = await probe({ url: resource, headers, json });
  if (answer.status !== 401) return undefined;
  if (!isReadable(answer)) return NOT_READABLE;
  const exposed = listIn(answer, 'access-control-expose-headers');
  if (exposed.has('*') || exposed.has('www-authenticate')) return undefined;
  return 'pages may not read WWW-Authenticate, so that browser clients do not find the login';
}

function isReadable({ headers }: ProbeResponse): boolean {
  return ['*', ORIGIN].includes(headers.get('access-control-allow-origin') ?? '');
}

function listIn({ headers }: ProbeResponse, name: string): ReadonlySet<string> {
  const names = (headers.get(name) ?? '').toLowerCase().split(',');
  return new Set(names.map((one) => one.trim()));
}
