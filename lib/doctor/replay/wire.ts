/** Requests as one client sends them: its user agent and protocol version, and what its browser allows. */
import type { ClientFacts } from '../clients/client-facts.js';
import {
  type CrossOriginRequest,
  isExposed,
  isReadable,
  NOT_READABLE,
  obstacleIn,
  preflightOf,
} from '../cors.js';
import { NoResponseError, type ProbeResponse } from '../probe.js';
import { PrivateAddressError, type Site, type SiteRequest } from './site.js';
import { type Fault, ProblemError, printable, type Step } from './verdict.js';

/** Sends a request as the client. @throws ProblemError no response, or one that the client cannot read */
export type Send = (step: Step, request: SiteRequest) => Promise<ProbeResponse>;

/** Version of the MCP specification that most clients send. */
const PROTOCOL_VERSION = '2025-11-25';

const CORS_REMEDY =
  'Respond to OPTIONS with 204, Access-Control-Allow-Origin: *, and the requested headers in Access-Control-Allow-Headers (Authorization, Content-Type, MCP-Protocol-Version); also on errors. Access-Control-Expose-Headers: WWW-Authenticate, Mcp-Session-Id.';

/** Without anything of a client. */
export function sendOver(site: Site): Send {
  return async (step, request) => {
    try {
      return await site.send(request);
    } catch (error) {
      if (!(error instanceof NoResponseError)) throw error;
      const fault = error instanceof PrivateAddressError ? 'server' : 'unknown';
      throw new ProblemError({ step, fault, message: error.message, remedy: error.remedy });
    }
  };
}

export function sendAs(facts: ClientFacts, site: Site): Send {
  const { origin } = facts;
  const send = sendOver(site);

  /** Undefined if the browser would not send the request. */
  async function refusal(step: Step, request: SiteRequest): Promise<string | undefined> {
    const asked = headersToAskFor(request);
    if (origin === undefined || asked.length === 0) return undefined;
    const isPost = request.json !== undefined || request.form !== undefined;
    const wanted: CrossOriginRequest = {
      url: request.url,
      method: isPost ? 'POST' : 'GET',
      headers: asked,
    };
    return obstacleIn(await send(step, preflightOf(wanted, origin)), wanted, origin);
  }

  return async function sendAsClient(step, request) {
    let own = { ...request, headers: headersOf(facts, site, request) };
    if (origin === undefined) return await send(step, own);
    let obstacle = await refusal(step, own);
    // The MCP SDK fetches metadata again without its own header if the browser refuses.
    if (obstacle !== undefined && isPlainGet(own)) {
      own = { ...request, headers: { 'user-agent': facts.userAgent ?? 'node', origin } };
      obstacle = undefined;
    }
    const response = obstacle === undefined ? await send(step, own) : undefined;
    if (response !== undefined && isReadable(response, origin)) return asReadable(response);
    const message = `${new URL(request.url).href}: ${obstacle ?? NOT_READABLE}`;
    throw new ProblemError({ step, fault: 'server', message, remedy: CORS_REMEDY });
  };
}

function headersOf(
  { userAgent = 'node', mcpUserAgent = userAgent, protocolVersion, origin }: ClientFacts,
  site: Site,
  { url, headers, json, form }: SiteRequest,
): Record<string, string> {
  const isMetadata = json === undefined && form === undefined && url !== site.url;
  return {
    'user-agent': url === site.url ? mcpUserAgent : userAgent,
    accept: url === site.url ? 'application/json, text/event-stream' : 'application/json',
    ...(isMetadata &&
      protocolVersion !== null && { 'mcp-protocol-version': protocolVersion ?? PROTOCOL_VERSION }),
    ...(origin !== undefined && { origin }),
    ...headers,
  };
}

/** Fetch §2.2.2: headers that need no preflight. */
const SAFELISTED = ['accept', 'user-agent', 'origin'];

function headersToAskFor({ headers = {}, json }: SiteRequest): string[] {
  const names = Object.keys(headers).filter((name) => !SAFELISTED.includes(name));
  return json === undefined ? names : [...names, 'content-type'];
}

function isPlainGet({ json, form, method }: SiteRequest): boolean {
  return json === undefined && form === undefined && method === undefined;
}

/** A page does not see a header that is not exposed. */
function asReadable(response: ProbeResponse): ProbeResponse {
  if (isExposed(response, 'www-authenticate')) return response;
  const headers = new Headers(response.headers);
  headers.delete('www-authenticate');
  return { ...response, headers };
}

const BLOCKED_REMEDY =
  'Bot protection, an access rule or a login page in front of the server: let /.well-known/…, the OAuth endpoints and the MCP endpoint through without a challenge, for every user agent.';

/** Steps whose request can be sent again. */
const READ_ONLY: readonly Step[] = ['endpoint', 'resource-metadata', 'server-metadata'];

/** Explains a response that ends the client. */
export async function explain(
  step: Step,
  site: Site,
  response: ProbeResponse,
  advice: { readonly message?: string; readonly remedy: string },
): Promise<ProblemError> {
  const { url, status, json, headers } = response;
  const says = advice.message ?? `${url} responds with ${describe(response)}`;
  const problem = (fault: Fault, message: string, remedy: string): ProblemError =>
    new ProblemError({ step, fault, message, remedy });
  if (status === 429) {
    const minutes = Math.ceil((Number(headers.get('retry-after')) || 60) / 60);
    const remedy = `Run the doctor again in ${minutes} min, or for single clients: --client NAME.`;
    return new ProblemError({ step, fault: 'unknown', message: says, remedy }, true);
  }
  const location = headers.get('location');
  if (status >= 300 && status < 400 && location !== null) {
    const host = URL.canParse(location, url) ? new URL(location, url).host : 'an invalid URL';
    return problem('proxy', `${says}, to ${host}`, BLOCKED_REMEDY);
  }
  if (READ_ONLY.includes(step) && (await isBlockedForAgent(site, response))) {
    return problem('proxy', `${says}, but only to the user agent of this client`, BLOCKED_REMEDY);
  }
  // To a browser, errors are pages: their sender is not known.
  if (step === 'authorization') {
    return problem(status > 501 ? 'unknown' : 'server', says, advice.remedy);
  }
  if (json === undefined && [502, 503, 504].includes(status)) {
    return problem('proxy', says, 'A proxy cannot reach the server: see the log of both.');
  }
  if (json === undefined && [403, 407].includes(status)) {
    return problem('proxy', says, BLOCKED_REMEDY);
  }
  return problem('server', says, advice.remedy);
}

/** Whether the server responds to the doctor's own user agent: then something blocks the client's. */
async function isBlockedForAgent(site: Site, { url, status }: ProbeResponse): Promise<boolean> {
  if (status < 400) return false;
  const own = await site.send({ url }).catch(() => undefined);
  return own !== undefined && own.status !== status && (own.status < 400 || own.status === 401);
}

/** Status, and the error of the body. */
export function describe({ status, json, text }: ProbeResponse): string {
  const words =
    json === undefined
      ? (/<h1[^<>]*>([^<]*)/i.exec(text)?.[1] ?? /<title[^<>]*>([^<]*)/i.exec(text)?.[1])
      : [json['error'], json['error_description']]
          .filter((part) => typeof part === 'string')
          .join(': ');
  const reason = excerpt(words ?? '');
  return `status ${status}${reason === '' ? '' : `, "${reason}"`}`;
}

/** What a foreign server sent, as far as it helps. */
export function excerpt(text: string): string {
  return printable(text).slice(0, 200);
}
