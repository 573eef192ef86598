/**
 * Reads which methods and tools a request calls, where its permissions depend on them.
 *
 * They are read from the body: the client may set `Mcp-Method` and `Mcp-Name` to anything. A message that
 * another JSON-RPC reader may interpret differently is rejected.
 */
import type { Request, Response } from 'express';

import { type BodyLimits, readBytes } from '../http/read-request.js';
import { InvalidRequestError } from '../oauth/errors.js';
import { isJsonObject } from '../oauth/json-object.js';

/** Before authentication: parsing megabytes costs more than verifying a signature. */
const UNAUTHENTICATED_LIMITS: BodyLimits = { maxBytes: 100 * 1024, timeoutMs: 10_000 };

/** Time limit for the body of an authenticated request; its size limit is the option `maxMessageBytes`. */
const AUTHENTICATED_TIMEOUT_MS = 60_000;

/** The part of a JSON-RPC message that permissions depend on. */
export interface RpcCall {
  readonly method: string;
  /** Set for every `tools/call`. */
  readonly tool: string | undefined;
}

/**
 * The MCP endpoint accepts JSON-RPC messages only. Any other route may accept any body that no transport would
 * take for a message.
 */
export type AcceptedBody = 'messages' | 'any body';

/** A body whose calls cannot be read. The response is a JSON-RPC error. */
export class RpcBodyError extends InvalidRequestError {
  /** Of the HTTP response. */
  override readonly status: number;
  /** JSON-RPC 2.0 §5.1; -32000 for HTTP errors, as in the MCP SDK. */
  readonly rpcCode: number;

  constructor(message: string, status: number, rpcCode: number, detail?: string) {
    super(message, { detail });
    this.status = status;
    this.rpcCode = rpcCode;
  }
}

/** Whether a route may read a message from the request: every POST, and every other request with a body. */
export function mayHaveBody({ method, headers }: Request): boolean {
  return method === 'POST' || hasBody(headers);
}

function hasBody(headers: Request['headers']): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * The calls of an authenticated request.
 *
 * @throws RpcBodyError
 */
export function readCalls(
  req: Request,
  res: Response,
  maxBytes: number,
  accepted: AcceptedBody,
): Promise<readonly RpcCall[]> {
  return readWithin({ maxBytes, timeoutMs: AUTHENTICATED_TIMEOUT_MS }, req, res, accepted);
}

/** The calls of a request without a token; none if they cannot be read, so that the response is a challenge. */
export async function readAnonymousCalls(
  req: Request,
  res: Response,
  accepted: AcceptedBody,
): Promise<readonly RpcCall[]> {
  try {
    return await readWithin(UNAUTHENTICATED_LIMITS, req, res, accepted);
  } catch (error) {
    if (error instanceof RpcBodyError) return [];
    throw error;
  }
}

/**
 * A body that a parser in front of the guard has read is taken from `req.body`. Afterwards `req.body` is the value
 * that was checked, and no parser behind the guard can read another one from the stream.
 */
async function readWithin(
  limits: BodyLimits,
  req: Request,
  res: Response,
  accepted: AcceptedBody,
): Promise<readonly RpcCall[]> {
  if (accepted === 'any body' && !mayHoldMessage(req)) return [];
  // MCP transports: messages are UTF-8. In UTF-7 the same bytes would be another message.
  if (charsetsOf(req).some((charset) => charset !== 'utf-8' && charset !== 'utf8')) {
    throw new RpcBodyError('The charset must be utf-8', 415, -32000);
  }
  const isParsed = req.readableDidRead;
  if (hasBody(req.headers)) {
    if (!isParsed) {
      const body = await readJsonBytes(req, res, limits);
      // `_body` makes body-parser 1.x skip the request.
      Object.assign(req, { body, rawBody: body, _body: true });
    } else if (!req.readableEnded) {
      // A parser of the route would continue where the one in front of the guard stopped.
      const detail = 'a parser in front of the guard left part of it unread';
      throw new RpcBodyError('The body is not complete', 400, -32000, detail);
    }
  }
  const { body } = req;
  if (body === undefined) throw parseError('there is no body');
  if (typeof body === 'string' || body instanceof Uint8Array) req.body = parse(body);
  // The SDK parses `rawBody` as JSON when the route passes no body, whichever parser has set it.
  if (isParsed && 'rawBody' in req) {
    Object.assign(req, { rawBody: Buffer.from(JSON.stringify(req.body)) });
  }
  // Strings and numbers are rejected on every route: parsers accept objects and arrays only.
  const isPrimitive = typeof req.body !== 'object' || req.body === null;
  return accepted === 'messages' || isPrimitive || mayBeMessages(req.body)
    ? rpcCalls(req.body)
    : [];
}

/** Transports search the whole header for `application/json`, and reject requests without it. */
function mayHoldMessage(req: Request): boolean {
  if (isJson(contentTypeOf(req)) || contentTypeOf(req).includes('application/json')) {
    return hasBody(req.headers) || req.body !== undefined;
  }
  return !(req.body instanceof Uint8Array) && mayBeMessages(req.body);
}

async function readJsonBytes(req: Request, res: Response, limits: BodyLimits): Promise<Buffer> {
  if (!isJson(contentTypeOf(req))) {
    throw new RpcBodyError('The Content-Type must be application/json', 415, -32000);
  }
  try {
    return await readBytes(req, res, limits);
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error;
    const { status, description } = error;
    const detail =
      status === 413
        ? "toolScopes and anonymous need the body: for larger bodies raise maxMessageBytes, or mount a parser such as express.json({ limit: '20mb' }) in front of the guard"
        : undefined;
    throw new RpcBodyError(description, status, -32000, detail);
  }
}

/** RFC 9110 §5.3: Node keeps the first of several headers, a transport may join them. */
function contentTypeOf({ headersDistinct }: Request): string {
  return (headersDistinct['content-type'] ?? []).join(', ').toLowerCase();
}

function isJson(type: string): boolean {
  return /^[ \t]*application\/(?:[^\s/,;]+\+)?json[ \t]*(?:;[^,]*)?$/.test(type);
}

/** RFC 9110 §8.3: every charset, if there are several. */
function charsetsOf(req: Request): readonly string[] {
  const parameters = contentTypeOf(req).matchAll(/;\s*charset\s*=\s*"?([^\s";]*)/g);
  return [...parameters].map(([, charset = '']) => charset);
}

/** RFC 8259 §8.1: UTF-8, and a byte order mark may be ignored. */
function parse(body: string | Uint8Array): unknown {
  try {
    const text =
      typeof body === 'string'
        ? body.replace(/^\ufeff/, '')
        : new TextDecoder('utf-8', { fatal: true }).decode(body);
    return JSON.parse(text);
  } catch {
    // The parser's error quotes the body, which must not reach the log.
    throw parseError('the body is not JSON');
  }
}

/** JSON-RPC 2.0 §5.1. */
function parseError(detail: string): RpcBodyError {
  return new RpcBodyError('Parse error', 400, -32700, detail);
}

/**
 * Every call of a body or batch. Responses of the client to requests of the server are not calls.
 *
 * @throws RpcBodyError a message is invalid or ambiguous
 */
export function rpcCalls(body: unknown): readonly RpcCall[] {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  const calls: RpcCall[] = [];
  for (const message of messages) {
    const call = callOf(message);
    if (call !== undefined) calls.push(call);
  }
  return calls;
}

/**
 * Whether any reader may find a message in the body: every version of JSON-RPC that MCP uses has `jsonrpc`. A
 * reader may flatten nested arrays.
 */
function mayBeMessages(body: unknown): boolean {
  // Not recursive: arrays may be nested a million levels deep.
  const pending: unknown[] = [body];
  while (pending.length > 0) {
    const value = pending.pop();
    if (Array.isArray(value)) for (const element of value) pending.push(element);
    else if (isJsonObject(value) && Object.entries(value).some(isMessageMember)) return true;
  }
  return false;
}

/** Case-insensitive, see {@link rejectAmbiguousKeys}. */
function isMessageMember([key, value]: [string, unknown]): boolean {
  const folded = key.toUpperCase().toLowerCase();
  return (
    folded === 'jsonrpc' ||
    folded === '__proto__' ||
    (folded === 'method' && typeof value === 'string')
  );
}

/** JSON-RPC 2.0 §4 and §5. Own properties only: an inherited property is not part of the message. */
function callOf(message: unknown): RpcCall | undefined {
  if (!isJsonObject(message)) throw invalid('a message is not an object');
  rejectAmbiguousKeys(message, MESSAGE_MEMBERS);
  const hasResult = Object.hasOwn(message, 'result');
  const hasError = Object.hasOwn(message, 'error');
  if (!Object.hasOwn(message, 'method')) {
    if (hasResult !== hasError) return undefined;
    throw invalid('a message has neither a method nor one of result and error');
  }
  if (hasResult || hasError) throw invalid('a message has a method and a result or error');
  const { method } = message;
  if (typeof method !== 'string') throw invalid('method is not a string');
  const params = Object.hasOwn(message, 'params') ? message['params'] : undefined;
  const tool = method === 'tools/call' ? toolOf(params) : undefined;
  if (isJsonObject(params)) rejectAmbiguousKeys(params, tool === undefined ? [] : ['name']);
  else if (params !== undefined && params !== null) throw invalid('params is not an object');
  return { method, tool };
}

function toolOf(params: unknown): string {
  const name = isJsonObject(params) && Object.hasOwn(params, 'name') ? params['name'] : undefined;
  if (typeof name !== 'string') throw invalid('tools/call without a string as params.name');
  return name;
}

const MESSAGE_MEMBERS = ['jsonrpc', 'id', 'method', 'params', 'result', 'error'];

/** Copying by assignment, as some validators do, sets the prototype for `__proto__`. */
const PROTOTYPE_KEYS = ['__proto__', 'constructor', 'prototype'];

/**
 * For message and params only: `arguments` belongs to the tool.
 *
 * @param members of this object, which Go's encoding/json also matches in capitals or as `paramſ`
 */
function rejectAmbiguousKeys(object: object, members: readonly string[]): void {
  for (const key of Object.keys(object)) {
    if (PROTOTYPE_KEYS.includes(key)) throw invalid(`a message has the key ${key}`);
    const folded = key.toUpperCase().toLowerCase();
    if (folded !== key && members.includes(folded)) {
      throw invalid(`a message has a key that differs from ${folded} only in case`);
    }
  }
}

function invalid(detail: string): RpcBodyError {
  return new RpcBodyError('Invalid Request', 400, -32600, detail);
}
