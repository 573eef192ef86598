/** Whether the URL is an MCP endpoint, and whether it requires a token. */
import { jsonObjectIn } from '../../oauth/json-object.js';
import type { ProbeResponse } from '../probe.js';
import type { RefusedBody } from './discovery.js';
import type { Site } from './site.js';
import { ProblemError } from './verdict.js';
import { describe, explain, sendOver } from './wire.js';

const STEP = 'endpoint';

const INITIALIZE: RefusedBody = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'express-auth0-mcp doctor', version: '1' },
  },
};

/** Servers that serve some requests without a token still protect their tools; this one does not exist. */
const UNKNOWN_TOOL: RefusedBody = {
  jsonrpc: '2.0',
  id: 2,
  method: 'tools/call',
  params: { name: 'a-tool-of-no-server', arguments: {} },
};

/**
 * @returns the request that the server refuses without a token; undefined if it refuses none
 * @throws ProblemError no MCP endpoint there
 */
export async function findRefusal(site: Site): Promise<RefusedBody | undefined> {
  const first = await post(site, INITIALIZE);
  if (first.status === 401) return INITIALIZE;
  if (first.status >= 300 && first.status < 400) {
    throw new ProblemError({
      step: STEP,
      fault: 'server',
      message: `${site.url} redirects (${describe(first)}): clients do not follow redirects of a POST`,
      remedy: 'Enter the final URL in the clients: https, host name, path, trailing slash.',
    });
  }
  if (!isMcp(first)) {
    throw await explain(STEP, site, first, {
      message: `${site.url} is no MCP endpoint: it responds with ${describe(first)} to initialize`,
      remedy: 'Is this the URL of the MCP endpoint with its path, such as https://host/mcp?',
    });
  }
  const session = first.headers.get('mcp-session-id');
  const headers = session === null ? {} : { 'mcp-session-id': session };
  const second = await post(site, UNKNOWN_TOOL, headers);
  if (session !== null) {
    await site.send({ url: site.url, method: 'DELETE', headers }).catch(() => undefined);
  }
  return second.status === 401 ? UNKNOWN_TOOL : undefined;
}

function post(
  site: Site,
  json: RefusedBody,
  headers: Readonly<Record<string, string>> = {},
): Promise<ProbeResponse> {
  const accept = 'application/json, text/event-stream';
  return sendOver(site)(STEP, { url: site.url, json, headers: { accept, ...headers } });
}

/** JSON-RPC, or the stream that it comes in. */
function isMcp({ status, headers, text }: ProbeResponse): boolean {
  if (headers.get('content-type')?.startsWith('text/event-stream') === true) return status === 200;
  return jsonObjectIn(text)?.['jsonrpc'] === '2.0';
}
