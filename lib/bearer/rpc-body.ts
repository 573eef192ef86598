/** Reads the body of a request where permissions depend on it, and hands the route what was judged. */
import type { Request, Response } from 'express';

import { type BodyLimits, readBytes } from '../http/body-bytes.js';
import { InvalidRequestError } from '../oauth/errors.js';
import { mayBeMessages, type RpcCall, rpcCalls } from './json-rpc.js';
import { RpcBodyError } from './rpc-body-error.js';

/** The caller is not known yet: parsing megabytes costs more than checking any signature. */
export const UNAUTHENTICATED_LIMITS: BodyLimits = { maxBytes: 100 * 1024, timeoutMs: 10_000 };

/** Time for a message of a verified caller, in milliseconds; its size is the option `maxMessageBytes`. */
export const AUTHENTICATED_TIMEOUT_MS = 60_000;

/** Whether a route may find a message in it: every POST, and whatever else has a body. */
export function carriesMessage({ method, headers }: Request): boolean {
  return method === 'POST' || hasBody(headers);
}

/**
 * At the MCP endpoint itself a body that holds no message is refused. Elsewhere it is the route's business,
 * if no transport would take it for a message.
 */
export type Accepted = 'messages' | 'any body';

function hasBody(headers: Request['headers']): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * Reads what the request calls. A body that a parser in front of the guard has read is taken from
 * `req.body`; afterwards `req.body` is the value that was judged, and the stream has nothing left for
 * a parser behind the guard.
 *
 * @throws RpcBodyError it cannot be judged
 */
export async function readCalls(
  req: Request,
  res: Response,
  limits: BodyLimits,
  accepted: Accepted,
): Promise<readonly RpcCall[]> {
  if (accepted === 'any body' && !mayHoldMessage(req)) return [];
  // MCP transports: messages are UTF-8. In UTF-7 the same bytes would be another message.
  if (charsetsOf(req).some((charset) => charset !== 'utf-8' && charset !== 'utf8')) {
    throw unsupported('The charset must be utf-8');
  }
  const isParsed = req.readableDidRead;
  if (hasBody(req.headers)) {
    if (!isParsed) {
      const body = await readJsonBytes(req, res, limits);
      // `_body` tells body-parser 1.x that there is nothing left to parse.
      Object.assign(req, { body, rawBody: body, _body: true });
    } else if (!req.readableEnded) {
      // A parser of the route's would go on where the one in front of the guard stopped.
      throw incomplete();
    }
  }
  const { body } = req;
  if (body === undefined) throw parseError('there is no body');
  if (typeof body === 'string' || body instanceof Uint8Array) req.body = parse(body);
  // The SDK reads `rawBody` where the route hands it no body: as JSON, whatever parser has kept it.
  if (isParsed && 'rawBody' in req) {
    Object.assign(req, { rawBody: Buffer.from(JSON.stringify(req.body)) });
  }
  // Text and numbers as JSON are refused as at the endpoint: parsers take objects and lists only.
  const isPlain = typeof req.body !== 'object' || req.body === null;
  return accepted === 'messages' || isPlain || mayBeMessages(req.body) ? rpcCalls(req.body) : [];
}

/** Transports look for `application/json` anywhere in the header, and refuse what is without. */
function mayHoldMessage(req: Request): boolean {
  if (isJson(typeOf(req)) || typeOf(req).includes('application/json')) {
    return hasBody(req.headers) || req.body !== undefined;
  }
  return !(req.body instanceof Uint8Array) && mayBeMessages(req.body);
}

async function readJsonBytes(req: Request, res: Response, limits: BodyLimits): Promise<Buffer> {
  if (!isJson(typeOf(req))) {
    throw unsupported('The Content-Type must be application/json');
  }
  try {
    return await readBytes(req, res, limits);
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error;
    const { status, description } = error;
    if (status !== 413) throw new RpcBodyError(description, { status, rpcCode: -32000 });
    const detail =
      'toolScopes and anonymous need the body: for larger ones raise maxMessageBytes, or put a parser of your ' +
      "own, such as express.json({ limit: '20mb' }), in front of the guard";
    throw new RpcBodyError(description, { status, rpcCode: -32000, detail });
  }
}

/** RFC 9110 §5.3: Node keeps the first of several, a transport may join them. */
function typeOf({ headersDistinct }: Request): string {
  return (headersDistinct['content-type'] ?? []).join(', ').toLowerCase();
}

function isJson(type: string): boolean {
  return /^[ \t]*application\/(?:[^\s/,;]+\+)?json[ \t]*(?:;[^,]*)?$/.test(type);
}

/** RFC 9110 §8.3: all of them, where it is named more than once. */
function charsetsOf(req: Request): readonly string[] {
  const parameters = typeOf(req).matchAll(/;\s*charset\s*=\s*"?([^\s";]*)/g);
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
    // The parser's own error quotes the body, which is no business of the log.
    throw parseError('the body is not JSON');
  }
}

/** JSON-RPC 2.0 §5.1. */
function parseError(detail: string): RpcBodyError {
  return new RpcBodyError('Parse error', { status: 400, rpcCode: -32700, detail });
}

function unsupported(message: string): RpcBodyError {
  return new RpcBodyError(message, { status: 415, rpcCode: -32000 });
}

function incomplete(): RpcBodyError {
  const detail = 'a parser in front of the guard left part of it unread';
  return new RpcBodyError('The body is not complete', { status: 400, rpcCode: -32000, detail });
}
