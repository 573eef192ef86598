/**
 * Fetches one small JSON document from an untrusted server (CIMD draft §4 and §6): 200 and JSON only, no redirects,
 * limited in size and time, from public addresses only, and only so many per minute.
 *
 * Every fetch has a connection of its own, so that each address is checked when it is used. Through a forward proxy,
 * which resolves names itself, the checks before the connection remain, and TLS with the host.
 */
import { LRUCache } from 'lru-cache';
import type { Dispatcher } from 'undici';

import { requestContext } from '../../config/request-context.js';
import type { AllowedNetwork, Core } from '../../core.js';
import { startDeadline } from '../../deadline.js';
import { trimOws } from '../../oauth/optional-whitespace.js';
import { createProxyAgent, proxyErrorIn, proxyFor } from '../../outbound-proxy.js';
import { ClientMetadataError } from './client-metadata-error.js';
import type { ResponseHeader } from './document-cache.js';
import { parseDocumentUrl } from './document-url.js';
import { publicConnector, requirePublicName } from './public-network.js';

/** Largest metadata document, in bytes: recommended by §6.6. */
export const MAX_DOCUMENT_BYTES: number = 5 * 1024;
/** Largest key set, in bytes: a dozen keys with their certificate chains. */
export const MAX_KEY_SET_BYTES: number = 64 * 1024;
/** Name lookup, connection, headers and body together, while a user waits. */
const TIMEOUT_MS = 5_000;
/**
 * For a URL of the options. Some identity providers send `no-store` with their keys: anyone could make this server fetch
 * them at each request, until the limits below refuse those who need them.
 */
const MIN_LIFETIME_SECONDS = 60;
const JSON_TYPE = /^application\/(?:[^\s;/]+\+)?json$/;

/** A JSON document and its response headers. */
interface FetchedDocument {
  readonly body: unknown;
  readonly header: ResponseHeader;
  /** How long it is cached at least, whatever the host allows. */
  readonly minLifetimeSeconds: number;
}

export interface DocumentFetch {
  /** Validates a URL without fetching it. @throws ClientMetadataError */
  check(url: string): URL;
  /**
   * @param source `options`: the operator has configured the URL, so its host needs no permission
   * @throws ClientMetadataError
   */
  fetch(url: string, maxBytes: number, source?: 'options'): Promise<FetchedDocument>;
  /** Aborts pending fetches and waits for their end. */
  close(): Promise<void>;
}

/** @param localOrigins http origins on this machine that the options name: fetched although they are not public */
export function createDocumentFetch(
  { config, now, allowedNetwork: network }: Core,
  localOrigins: readonly string[] = [],
): DocumentFetch {
  const urlPolicy = {
    allowedHosts: config.allowedClientMetadataHosts,
    allowedAddresses: network?.addresses ?? [],
  };
  const isLocal = ({ protocol, origin }: URL): boolean =>
    protocol === 'http:' && localOrigins.includes(origin);
  const timeoutMs = network?.timeoutMs ?? TIMEOUT_MS;
  const limited = createFetchLimits(now);
  const pending = new Map<AbortController, Promise<unknown>>();

  async function fetchDocument(url: URL, maxBytes: number, controller: AbortController) {
    const { signal } = controller;
    const timeout = new ClientMetadataError('timeout', `no response within ${timeoutMs} ms`);
    const endDeadline = startDeadline(timeoutMs, () => controller.abort(timeout));
    const isOnThisMachine = isLocal(url);
    const proxy = isOnThisMachine ? undefined : proxyFor(config.outboundProxies, url);
    const client =
      proxy === undefined
        ? await connectDirectly(url, network, signal, isOnThisMachine)
        : await createProxyAgent(proxy, timeoutMs, {
            timeout: 0,
            ...(network && { ca: network.ca }),
          });
    // undici aborts connected requests only.
    signal.addEventListener('abort', () => void client.destroy(signal.reason), { once: true });
    try {
      if (proxy !== undefined) await requirePublicName(url.hostname, network, signal);
      return await receive(client, url, maxBytes, signal);
    } catch (error) {
      const cause: unknown = signal.aborted ? signal.reason : error;
      if (cause instanceof ClientMetadataError) throw cause;
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
      const detail = proxyErrorIn(cause)?.message ?? `connection failed: ${code}`;
      throw new ClientMetadataError('unreachable', detail, { cause });
    } finally {
      endDeadline();
      await client.destroy();
    }
  }

  return {
    check: (url) => parseDocumentUrl(url, urlPolicy),
    async fetch(raw, maxBytes, source) {
      const policy = source === undefined ? urlPolicy : { ...urlPolicy, allowedHosts: undefined };
      const isNamed = URL.canParse(raw) && isLocal(new URL(raw));
      const url = isNamed ? new URL(raw) : parseDocumentUrl(raw, policy);
      const controller = new AbortController();
      const result = limited(url.hostname, () => fetchDocument(url, maxBytes, controller));
      pending.set(controller, result);
      try {
        const minLifetimeSeconds = source === undefined ? 0 : MIN_LIFETIME_SECONDS;
        return { ...(await result), minLifetimeSeconds };
      } finally {
        pending.delete(controller);
      }
    },
    async close() {
      const closed = new ClientMetadataError('unreachable', 'shutting down');
      for (const controller of pending.keys()) controller.abort(closed);
      await Promise.allSettled(pending.values());
    },
  };
}

async function connectDirectly(
  url: URL,
  network: AllowedNetwork | undefined,
  signal: AbortSignal,
  isOnThisMachine: boolean,
): Promise<Dispatcher> {
  // Loaded here and not at the top: most servers never fetch a document.
  const { buildConnector, Client } = await import('undici');
  return new Client(url.origin, {
    ...(!isOnThisMachine && { connect: publicConnector(buildConnector, network, signal) }),
    pipelining: 0,
    maxHeaderSize: 16 * 1024,
  });
}

async function receive(
  client: Dispatcher,
  url: URL,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Omit<FetchedDocument, 'minLifetimeSeconds'>> {
  const response = await client.request({
    method: 'GET',
    origin: url.origin,
    path: url.pathname + url.search,
    headers: {
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'express-auth0-mcp',
    },
    signal,
  });
  // Leaving early closes the connection, which the body reports as an error.
  response.body.on('error', () => undefined);
  const header: ResponseHeader = (name) => [response.headers[name] ?? []].flat().join(', ');
  requireJsonResponse(response.statusCode, header);
  if (Number(header('content-length')) > maxBytes) throw tooLarge(maxBytes);
  return { body: parseJson(await readText(response.body, maxBytes)), header };
}

function requireJsonResponse(status: number, header: ResponseHeader): void {
  // Not 204, not 304, and no redirect: only the host itself can describe its clients.
  if (status !== 200) {
    const isTemporary = status >= 500 || status === 429 || status === 408;
    throw new ClientMetadataError('bad_status', `status ${status}`, { isTemporary });
  }
  const [essence = ''] = header('content-type').split(';');
  if (!JSON_TYPE.test(trimOws(essence).toLowerCase())) {
    throw new ClientMetadataError('bad_content_type', 'not application/json or application/*+json');
  }
  // Not decompressed: a few hundred bytes can become gigabytes.
  if (!['', 'identity'].includes(trimOws(header('content-encoding')).toLowerCase())) {
    throw new ClientMetadataError('bad_content_encoding', 'the response has a content encoding');
  }
}

async function readText(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new ClientMetadataError('invalid_document', 'not UTF-8');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ClientMetadataError('invalid_document', 'not JSON');
  }
}

function tooLarge(maxBytes: number): ClientMetadataError {
  return new ClientMetadataError('too_large', `more than ${maxBytes} bytes`);
}

const WINDOW_SECONDS = 60;
/** Fetches from one host in a window: enough for a document that forbids caching. */
const MAX_PER_HOST = 60;
/** Above that each caller still has this many, so that callers who send failing URLs of a host do not lock out others. */
const MAX_PER_CALLER_OF_BUSY_HOST = 3;
const MAX_PER_BUSY_HOST = 600;
const MAX_PER_CALLER = 30;
const MAX_CONCURRENT = 100;
const MAX_CONCURRENT_PER_CALLER = 10;
/** Hosts and callers counted; the least recently used are dropped first. */
const MAX_COUNTED = 10_000;

/**
 * Limits outbound requests: a client id is a URL that anyone can send, so that this server could be used to flood
 * another one, or be kept busy with slow hosts.
 *
 * @param now unix seconds
 * @returns runs a fetch on behalf of the current request. @throws ClientMetadataError `rate_limited`
 */
export function createFetchLimits(
  now: () => number,
): <T>(hostname: string, fetch: () => Promise<T>) => Promise<T> {
  const windows = new LRUCache<string, { readonly endsAt: number; readonly count: number }>({
    max: MAX_COUNTED,
  });
  /** Pending fetches by caller, and of all of them under `''`. */
  const pending = new Map<string, number>();

  function windowOf(key: string): { readonly endsAt: number; readonly count: number } {
    const window = windows.get(key);
    return window !== undefined && now() < window.endsAt
      ? window
      : { endsAt: now() + WINDOW_SECONDS, count: 0 };
  }

  /** Counts admitted fetches only: a rejected one costs the host nothing. */
  function admit(hostname: string, caller: string | undefined): void {
    // A caller and a host may both be an IP address.
    const keys = [`host ${hostname}`, `${hostname} for ${caller}`, `for ${caller}`];
    const [ofHost = 0, ofPair = 0, ofCaller = 0] = keys.map((key) => windowOf(key).count);
    if (caller !== undefined) {
      if ((pending.get(caller) ?? 0) >= MAX_CONCURRENT_PER_CALLER) {
        throw rateLimited(`${MAX_CONCURRENT_PER_CALLER} fetches are pending for one caller`);
      }
      if (ofCaller >= MAX_PER_CALLER) {
        throw rateLimited(`over ${MAX_PER_CALLER} fetches for one caller in ${WINDOW_SECONDS} s`);
      }
    }
    if ((pending.get('') ?? 0) >= MAX_CONCURRENT)
      throw rateLimited(`${MAX_CONCURRENT} fetches are pending`);
    const isOverPair = ofPair >= MAX_PER_CALLER_OF_BUSY_HOST;
    if (ofHost >= MAX_PER_BUSY_HOST || (ofHost >= MAX_PER_HOST && isOverPair)) {
      throw rateLimited(`over ${MAX_PER_HOST} fetches from ${hostname} in ${WINDOW_SECONDS} s`);
    }
    for (const key of keys) {
      const window = windowOf(key);
      windows.set(key, { ...window, count: window.count + 1 });
    }
  }

  function countPending(caller: string | undefined, change: 1 | -1): void {
    for (const key of new Set(['', caller ?? ''])) {
      const count = (pending.get(key) ?? 0) + change;
      if (count === 0) pending.delete(key);
      else pending.set(key, count);
    }
  }

  return async function fetchWithinLimits(hostname, fetch) {
    const caller = requestContext()?.caller;
    admit(hostname, caller);
    countPending(caller, 1);
    try {
      return await fetch();
    } finally {
      countPending(caller, -1);
    }
  };
}

function rateLimited(detail: string): ClientMetadataError {
  return new ClientMetadataError('rate_limited', detail);
}
