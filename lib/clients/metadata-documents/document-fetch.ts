/**
 * Fetches one small JSON document from a stranger's server, without trusting that server.
 *
 * Spec: draft-ietf-oauth-client-id-metadata-document-03 §4 (fetching) and §6 (security): 200 and JSON
 * only, no redirects, bounded in size and time, public addresses only. Every fetch has a connection
 * of its own, so nothing outlives it and no address is judged once and used twice.
 *
 * @module
 */

import type { Client, Dispatcher } from 'undici';

import type { AllowedNetwork } from '../../core.js';
import { startDeadline } from '../../deadline.js';
import { loadPackage } from '../../load-package.js';
import { trimOws } from '../../oauth/optional-whitespace.js';
import { ClientMetadataError } from './client-metadata-error.js';
import type { HttpCaching } from './document-cache.js';
import { parseDocumentUrl } from './document-url.js';
import { createFetchLimits } from './fetch-limits.js';
import { guardedConnector } from './guarded-connector.js';

/** Largest metadata document, in bytes: what the draft recommends (§6.6). */
export const MAX_DOCUMENT_BYTES: number = 5 * 1024;
/** Largest set of keys, in bytes: a dozen keys with their certificate chains. */
export const MAX_KEY_SET_BYTES: number = 64 * 1024;
/** Name lookup, connection, headers and body together. A person is waiting. */
const TIMEOUT_MS = 5_000;
const JSON_TYPE = /^application\/(?:[^\s;/]+\+)?json$/;

/** A document as it was received. */
export interface FetchedDocument {
  readonly body: unknown;
  readonly caching: HttpCaching;
}

/** Fetches documents within the limits. */
export interface DocumentFetch {
  /** Judges a URL without fetching it. @throws ClientMetadataError */
  check(url: string): URL;
  /** @throws ClientMetadataError */
  fetch(url: string, maxBytes: number): Promise<FetchedDocument>;
  /** Aborts what is under way and waits for its end. */
  close(): Promise<void>;
}

/** What fetching needs. `allowedNetwork` is for specs: see {@link AllowedNetwork}. */
export interface DocumentFetchDeps {
  readonly now: () => number;
  readonly allowedHosts?: readonly string[] | undefined;
  readonly allowedNetwork?: AllowedNetwork | undefined;
}

/** The one way out to hosts that a client named. */
export function createDocumentFetch(deps: DocumentFetchDeps): DocumentFetch {
  const { allowedHosts, allowedNetwork: network } = deps;
  const urlPolicy = { allowedHosts, allowedAddresses: network?.addresses ?? [] };
  const timeoutMs = network?.timeoutMs ?? TIMEOUT_MS;
  const limits = createFetchLimits(deps.now);
  const underWay = new Map<AbortController, Promise<unknown>>();

  async function fetchWithin(
    url: URL,
    maxBytes: number,
    controller: AbortController,
  ): Promise<FetchedDocument> {
    const { signal } = controller;
    const timeout = new ClientMetadataError('timeout', `no answer within ${timeoutMs} ms`);
    const endDeadline = startDeadline(timeoutMs, () => controller.abort(timeout));
    const connect = guardedConnector(network, signal);
    const { Client } = loadUndici();
    const client = new Client(url.origin, { connect, pipelining: 0, maxHeaderSize: 16 * 1024 });
    try {
      return await receive(client, url, maxBytes, signal);
    } catch (cause) {
      throw asMetadataError(signal.aborted ? signal.reason : cause);
    } finally {
      endDeadline();
      await client.destroy();
    }
  }

  return {
    check: (url) => parseDocumentUrl(url, urlPolicy),
    async fetch(raw, maxBytes) {
      const url = parseDocumentUrl(raw, urlPolicy);
      const controller = new AbortController();
      const result = limits.run(url.hostname, () => fetchWithin(url, maxBytes, controller));
      underWay.set(controller, result);
      try {
        return await result;
      } finally {
        underWay.delete(controller);
      }
    },
    async close() {
      const closed = new ClientMetadataError('unreachable', 'shutting down');
      for (const controller of underWay.keys()) controller.abort(closed);
      await Promise.allSettled(underWay.values());
    },
  };
}

/** Loaded at the first document: it takes half as long as Express, jose and passport together. */
function loadUndici(): typeof import('undici') {
  return loadPackage('undici') as typeof import('undici');
}

async function receive(
  client: Client,
  url: URL,
  maxBytes: number,
  signal: AbortSignal,
): Promise<FetchedDocument> {
  const response = await client.request({
    method: 'GET',
    path: url.pathname + url.search,
    headers: {
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'express-auth0-mcp',
    },
    signal,
  });
  // Leaving early closes the connection, which the body reports as an error nobody waits for.
  response.body.on('error', () => undefined);
  requireJsonAnswer(response);
  if (Number(headerOf(response.headers, 'content-length')) > maxBytes) throw tooLarge(maxBytes);
  const text = await readText(response.body, maxBytes);
  return { body: parseJson(text), caching: cachingOf(response.headers) };
}

function requireJsonAnswer({ statusCode, headers }: Dispatcher.ResponseData): void {
  // Not 204, not 304, and no redirect: only the host itself may speak for its clients.
  if (statusCode !== 200) {
    const isTemporary = statusCode >= 500 || statusCode === 429 || statusCode === 408;
    throw new ClientMetadataError('bad_status', `status ${statusCode}`, { isTemporary });
  }
  const [essence = ''] = headerOf(headers, 'content-type').split(';');
  if (!JSON_TYPE.test(trimOws(essence).toLowerCase())) {
    throw new ClientMetadataError('bad_content_type', 'not application/json or application/*+json');
  }
  // A few hundred bytes can unpack to gigabytes, so nothing is unpacked.
  if (!['', 'identity'].includes(trimOws(headerOf(headers, 'content-encoding')).toLowerCase())) {
    throw new ClientMetadataError('bad_content_encoding', 'answered with a content encoding');
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

function cachingOf(headers: Dispatcher.ResponseData['headers']): HttpCaching {
  return {
    cacheControl: headerOf(headers, 'cache-control'),
    expires: headerOf(headers, 'expires'),
    date: headerOf(headers, 'date'),
    age: headerOf(headers, 'age'),
  };
}

function headerOf(headers: Dispatcher.ResponseData['headers'], name: string): string {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : (value ?? '');
}

function tooLarge(maxBytes: number): ClientMetadataError {
  return new ClientMetadataError('too_large', `more than ${maxBytes} bytes`);
}

function asMetadataError(cause: unknown): ClientMetadataError {
  if (cause instanceof ClientMetadataError) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  return new ClientMetadataError('unreachable', `connection failed: ${code}`, { cause });
}
