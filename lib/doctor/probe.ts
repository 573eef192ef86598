/**
 * One request to a URL: the response unchanged, redirects included, or why there was none. The library's own
 * calls replace these details by an error for the log.
 */
import { jsonObjectIn } from '../oauth/json-object.js';
import { OutboundProxyError } from '../outbound-proxy.js';
import { type CheckName, type Finding, failed } from './finding.js';

export const TIMEOUT_MS = 10_000;

const MAX_BODY_BYTES = 256 * 1024;

/** A response with any status. */
export interface ProbeResponse {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as a JSON object; undefined for anything else. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

export interface ProbeRequest {
  readonly url: string;
  /** Default: POST with a body, else GET. */
  readonly method?: 'HEAD' | 'OPTIONS' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent by POST, as JSON. */
  readonly json?: unknown;
  /** Sent by POST, as a form. */
  readonly form?: Readonly<Record<string, string>>;
  /** Default: the global one, without a proxy of ours. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** There was no response. `message` is a sentence without a secret. */
export class NoResponseError extends Error {
  override readonly name = 'NoResponseError';
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

/** For `catch`: the finding of a check that got no response. */
export function noResponseFinding(check: CheckName): (error: unknown) => Finding {
  return (error) => {
    if (!(error instanceof NoResponseError)) throw error;
    return failed(check, error.message, error.remedy);
  };
}

/** @throws NoResponseError */
export async function probe({
  url,
  method,
  headers,
  json,
  form,
  fetch: send = fetch,
}: ProbeRequest): Promise<ProbeResponse> {
  const body = json === undefined ? form && new URLSearchParams(form) : JSON.stringify(json);
  try {
    const response = await send(url, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        'user-agent': 'express-auth0-mcp-doctor',
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body ?? null,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await firstPart(response);
    return {
      url: new URL(url).href,
      status: response.status,
      headers: response.headers,
      text,
      json: jsonObjectIn(text),
    };
  } catch (error) {
    throw noResponse(new URL(url).origin, error);
  }
}

/** An event stream would never end, nor would a malicious body. */
async function firstPart({ headers, body }: Response): Promise<string> {
  if (headers.get('content-type')?.startsWith('text/event-stream') === true) {
    await body?.cancel();
    return '';
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length >= MAX_BODY_BYTES) break;
  }
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES));
}

/** Code of the error → reason and remedy. */
const REASONS: readonly (readonly [pattern: RegExp, reason: string, remedy: string])[] = [
  [
    /^(ENOTFOUND|EAI_AGAIN)$/,
    'its host name cannot be resolved',
    'Check the spelling of the host name, and the DNS of this machine.',
  ],
  [
    /^ECONNREFUSED$/,
    'no process listens there',
    'Is it running, and on that port? A firewall may also refuse the connection.',
  ],
  [
    /^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_SSL|EPROTO)/,
    'its TLS certificate is not valid',
    'Renew it, serve the whole chain, or set NODE_EXTRA_CA_CERTS to the CA of a test.',
  ],
  [
    /^(TimeoutError|UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/,
    `there was no response within ${TIMEOUT_MS / 1000} seconds`,
    'Check the network between this machine and that host: firewall, proxy, VPN.',
  ],
];

function noResponse(origin: string, error: unknown): NoResponseError {
  if (error instanceof OutboundProxyError) {
    return new NoResponseError(`${origin} did not respond: ${error.message}.`, error.remedy);
  }
  const code = codeOf(error);
  const known = REASONS.find(([pattern]) => pattern.test(code));
  const reason = known?.[1] ?? `the connection failed (${code})`;
  return new NoResponseError(
    `${origin} did not respond: ${reason}.`,
    known?.[2] ?? 'Is it running?',
  );
}

/** fetch wraps the error. By property, not by class: it may be of another realm. */
function codeOf(error: unknown): string {
  const { cause, name } = error as { cause?: { code?: unknown }; name?: unknown };
  return typeof cause?.code === 'string' ? cause.code : String(name);
}
