/**
 * Our own server at its public URL, asked in the order in which clients ask it.
 *
 * Spec: MCP authorization, "Authorization Server Discovery"; RFC 9728 §3 and §5.1, RFC 8414 §3.
 *
 * @module
 */

import { pathsOf, resourceMetadataUrlOf } from '../../app/paths.js';
import type { Config } from '../../config/config.js';
import {
  type CheckName,
  type Finding,
  type Findings,
  failed,
  passed,
  skipped,
} from '../finding.js';
import { NoResponseError, type ProbeResponse, probe } from '../probe.js';
import { browserFinding } from './browser-clients.js';

/** How Claude's servers and Python clients name themselves: what firewalls against bots stumble over. */
const AGENTS = ['Claude-User', 'python-httpx/0.28.1'];

/** Where a browser client would be. Any will do: the documents are for all of them. */
const BROWSER_ORIGIN = 'https://client.example';

const AFTER_BASE: readonly CheckName[] = [
  'challenge',
  'resource-metadata',
  'server-metadata',
  'endpoints',
  'client-agents',
  'browser-clients',
];

const MOUNT_REMEDY =
  'app.use(auth0Mcp()) has to stand at the root of the app, before the MCP route; a proxy has to pass /.well-known/… of this host on as well.';

/** @returns whether the server can be logged in at */
export async function* checkServer(config: Config): Findings<boolean> {
  const { resource } = config;
  let first: ProbeResponse;
  try {
    first = await firstRequest(resource);
  } catch (error) {
    if (!(error instanceof NoResponseError)) throw error;
    yield failed('base-url', error.message, `${error.remedy} Start the server, then the doctor.`);
    yield* skipped(AFTER_BASE, 'the server did not answer');
    return false;
  }
  yield baseFinding(first);
  yield await challengeFinding(first, config);
  const urls = {
    resource: resourceMetadataUrlOf(config),
    server: new URL(config.issuer).origin + (pathsOf(config).authorizationServer.own[0] ?? ''),
  };
  yield await documentFinding('resource-metadata', urls.resource, {
    resource,
    authorization_servers: [config.issuer],
  });
  const server = await documentFinding('server-metadata', urls.server, {
    issuer: config.issuer,
    token_endpoint: `${config.baseUrl}/token`,
  });
  yield server;
  yield await endpointsFinding(config);
  yield* await agentsFinding(Object.values(urls));
  yield await browserFinding(config);
  return server.outcome === 'passed';
}

/** One JSON-RPC message without a token. */
function call(resource: string, method: string, params: object): Promise<ProbeResponse> {
  const headers = { accept: 'application/json, text/event-stream' };
  return probe({ url: resource, headers, json: { jsonrpc: '2.0', id: 1, method, params } });
}

/** What every client begins with. */
function firstRequest(resource: string): Promise<ProbeResponse> {
  return call(resource, 'initialize', {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'express-auth0-mcp doctor', version: '1' },
  });
}

function baseFinding({ url, status, headers }: ProbeResponse): Finding {
  if (status < 300 || status >= 400) return passed('base-url', `${new URL(url).origin} answers`);
  return failed(
    'base-url',
    `${url} redirects to ${headers.get('location')?.slice(0, 200)}: clients do not follow with a POST`,
    'Give the final URL as baseUrl (https, host name, path), and let nothing redirect it.',
  );
}

/** RS-1: without a token 401, and the way to the metadata. */
async function challengeFinding(first: ProbeResponse, config: Config): Promise<Finding> {
  if (first.status >= 300) return judgeChallenge(first, config);
  // The option `anonymous` may open the first requests, but no tool that it does not name.
  const tool = { name: 'a-tool-of-no-server', arguments: {} };
  const second = await call(config.resource, 'tools/call', tool).catch(() => first);
  return judgeChallenge(second.status === 401 ? second : first, config);
}

function judgeChallenge({ url, status, headers }: ProbeResponse, config: Config): Finding {
  const check = 'challenge';
  const expected = resourceMetadataUrlOf(config);
  const challenge = headers.get('www-authenticate') ?? '';
  if (status === 401 && challenge.includes(`resource_metadata="${expected}"`)) {
    return passed(check, `${url} asks for a token`);
  }
  if (status === 401) {
    const found = /resource_metadata="([^"]*)"/.exec(challenge)?.[1];
    return failed(
      check,
      found === undefined
        ? `${url} answers 401 without a Bearer challenge that names the metadata`
        : `${url} sends clients to ${found.slice(0, 200)} for the metadata, not to ${expected}`,
      'Another guard answers first, a proxy removes WWW-Authenticate, or the server runs with another configuration than this one.',
    );
  }
  if (status < 300) {
    return failed(check, `${url} is open: it answers ${status} without a token`, MOUNT_REMEDY);
  }
  return failed(check, `${url} answers ${status} instead of 401`, remedyFor(status));
}

/** A wrong mount shows as a 404, or as a response of the route; other statuses come from elsewhere. */
function remedyFor(status: number): string {
  if (status >= 500) {
    return 'The server fails, or a proxy does not reach it: the log of the one that answers says why.';
  }
  if ([401, 403, 407, 429].includes(status)) {
    return 'Something in front of the server refuses every caller: a firewall, a login page, an access rule or a rate limit. Let /.well-known/…, the endpoints below baseUrl and the MCP path through.';
  }
  return MOUNT_REMEDY;
}

/** Clients compare these fields to the letter, so the doctor does. */
async function documentFinding(
  check: CheckName,
  url: string,
  expected: Readonly<Record<string, unknown>>,
): Promise<Finding> {
  try {
    const { status, headers, json } = await probe({ url, headers: { origin: BROWSER_ORIGIN } });
    if (status !== 200 || json === undefined) {
      const what = status === 200 ? 'no JSON document' : `status ${status}`;
      return failed(check, `${url} answers with ${what}`, remedyFor(status));
    }
    for (const [name, value] of Object.entries(expected)) {
      const found = JSON.stringify(json[name]);
      if (found === JSON.stringify(value)) continue;
      return failed(
        check,
        `${url} says ${name} is ${found?.slice(0, 200)} instead of ${JSON.stringify(value)}`,
        'The server there runs with another configuration than this one, or another server answers at that path.',
      );
    }
    if (!['*', BROWSER_ORIGIN].includes(headers.get('access-control-allow-origin') ?? '')) {
      const message = `${url} may not be read by pages of other origins, so clients in browsers fail`;
      return failed(
        check,
        message,
        'Let no proxy or middleware replace Access-Control-Allow-Origin.',
      );
    }
    return passed(check, url);
  } catch (error) {
    if (!(error instanceof NoResponseError)) throw error;
    return failed(check, error.message, error.remedy);
  }
}

/** Every endpoint that the metadata or Auth0 names. HEAD has no effect there: the response is not 404 if it exists. */
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
  try {
    for (const [part, path] of endpoints) {
      const { url, status } = await probe({ url: new URL(path, baseUrl).href, method: 'HEAD' });
      if (status !== 404) continue;
      const stripped = ` If a proxy strips ${basePath} from the path, let it send "X-Forwarded-Prefix: ${basePath}" and set "trust proxy" in Express, or set the option strippedPrefix to '${basePath}'.`;
      return failed(
        check,
        `${url} answers 404`,
        `Mount the library at the root of the app: app.use(auth), or app.use(auth.${part}) if the parts are mounted one by one.${basePath === '' ? '' : stripped}`,
      );
    }
    return passed(check, 'each one that the metadata names is there');
  } catch (error) {
    if (!(error instanceof NoResponseError)) throw error;
    return failed(check, error.message, error.remedy);
  }
}

/** Protection against bots answers programs with 403 or a puzzle, and people see nothing of it. */
async function agentsFinding(urls: readonly string[]): Promise<Finding[]> {
  const check = 'client-agents';
  let isRefusedToAll = false;
  for (const agent of AGENTS) {
    for (const url of urls) {
      const refusal = await refusalOf(url, agent);
      if (refusal === undefined) continue;
      // What every caller is refused has another cause, and the check of that document has told it.
      if ((await refusalOf(url)) !== undefined) {
        isRefusedToAll = true;
        continue;
      }
      return [
        failed(
          check,
          `${url} is refused to clients that call themselves ${agent} (${refusal})`,
          'Something in front of the server takes them for bots: let /.well-known/…, the endpoints below baseUrl and the MCP path through without a challenge.',
        ),
      ];
    }
  }
  return isRefusedToAll
    ? skipped([check], 'a document is refused to every caller')
    : [passed(check, `open to ${AGENTS.join(' and ')}`)];
}

/** @param agent left out: the doctor under its own name */
async function refusalOf(url: string, agent?: string): Promise<string | undefined> {
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
