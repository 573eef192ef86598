/** Reads the query and the body of a request, within limits of size and time. */
import type { Request, Response } from 'express';

import { startDeadline } from '../deadline.js';
import {
  InvalidClientMetadataError,
  InvalidRequestError,
  type OAuthError,
  RequestTimeoutError,
  RequestTooLargeError,
  UnsupportedBodyError,
} from '../oauth/errors.js';
import { type Parameters, parametersFromObject, parseParameters } from '../oauth/parameters.js';

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPES = ['application/json', 'application/*+json'];

/** Time limit of a body, in milliseconds: 64 kB over a slow connection. */
const BODY_TIMEOUT_MS = 10_000;

/** The parameters in the URL, whatever the app's `query parser` is. */
export function queryOf(req: Request): Parameters {
  const start = req.originalUrl.indexOf('?');
  return parseParameters(start < 0 ? '' : req.originalUrl.slice(start + 1));
}

/**
 * The fields of a form body. Parameters in the query are ignored (RFC 6749 §3.2).
 *
 * @throws InvalidRequestError another content type, or not plain text fields
 * @throws RequestTooLargeError more than `maxBytes`
 */
export async function readForm(req: Request, res: Response, maxBytes: number): Promise<Parameters> {
  if (!req.is(FORM)) throw new InvalidRequestError(`The body must be ${FORM}`);
  const body = await bodyOf(req, res, maxBytes);
  return typeof body === 'string' ? parseParameters(body) : parametersFromObject(body);
}

/**
 * The value of a JSON body.
 *
 * @throws InvalidClientMetadataError another content type, or text that is not JSON (RFC 7591 §3.2.2)
 * @throws RequestTooLargeError more than `maxBytes`
 */
export async function readJson(req: Request, res: Response, maxBytes: number): Promise<unknown> {
  if (!req.is(JSON_TYPES))
    throw new InvalidClientMetadataError('The body must be application/json');
  const body = await bodyOf(req, res, maxBytes);
  if (typeof body !== 'string') return body;
  try {
    // RFC 8259 §8.1: a byte order mark may be ignored.
    return JSON.parse(body.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new InvalidClientMetadataError('The body is not JSON', { cause });
  }
}

/** The text of the body, or the value that a body parser of the app has parsed before. */
async function bodyOf(req: Request, res: Response, maxBytes: number): Promise<string | object> {
  rejectTooLarge(req, maxBytes);
  // An empty body that a parser has read has ended without a chunk.
  const isRead = req.readableDidRead || req.readableEnded;
  const body: unknown = isRead ? req.body : await readBytes(req, res, { maxBytes });
  if (Buffer.isBuffer(body)) return body.toString('utf8');
  if (typeof body === 'object' && body !== null) {
    // The parser's own limit may be higher.
    if (!isWithin(body, 2 * maxBytes)) throw new RequestTooLargeError('The body is too large');
    return body;
  }
  return typeof body === 'string' ? body : '';
}

/** Sums names and text at any depth; iterative, because nesting can exceed the call stack. */
function isWithin(body: object, maxCharacters: number): boolean {
  const pending: unknown[] = [body];
  let characters = 0;
  while (pending.length > 0 && characters <= maxCharacters) {
    const value = pending.pop();
    characters += typeof value === 'string' ? value.length : 1;
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, inner] of Object.entries(value)) {
      characters += name.length;
      pending.push(inner);
    }
  }
  return characters <= maxCharacters;
}

/** Limits of a body. */
export interface BodyLimits {
  readonly maxBytes: number;
  /** Default: 10 seconds. */
  readonly timeoutMs?: number;
}

/**
 * Reads the body to its end. body-parser also waits for the end of a body that it has found too large, for Node's
 * `requestTimeout`: five minutes, or without limit where the app disabled it.
 *
 * @throws RequestTooLargeError as soon as the size is known
 * @throws RequestTimeoutError the body did not end in time; the connection closes with the response
 * @throws UnsupportedBodyError a compressed body, whose real size is unknown
 * @throws InvalidRequestError the connection ended first
 */
export async function readBytes(req: Request, res: Response, limits: BodyLimits): Promise<Buffer> {
  const { maxBytes, timeoutMs = BODY_TIMEOUT_MS } = limits;
  const { 'content-encoding': encoding = 'identity' } = req.headers;
  if (encoding.toLowerCase() !== 'identity') {
    throw new UnsupportedBodyError('The body must not be compressed');
  }
  rejectTooLarge(req, maxBytes);
  if (req.destroyed) throw new InvalidRequestError('The body is not complete');

  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const endDeadline = startDeadline(timeoutMs, () => {
      // RFC 9110 §15.5.9: otherwise the client could go on sending.
      res.set('Connection', 'close');
      fail(new RequestTimeoutError('The body did not arrive in time'));
    });
    req.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);

    function onData(chunk: Buffer): void {
      size += chunk.length;
      if (size > maxBytes) fail(tooLarge(maxBytes));
      else chunks.push(chunk);
    }
    function onEnd(): void {
      stop();
      resolve(Buffer.concat(chunks));
    }
    function onClose(): void {
      fail(new InvalidRequestError('The body is not complete'));
    }
    function fail(error: OAuthError): void {
      stop();
      // The rest is discarded, as Node does with a body that is not read.
      req.on('error', ignore).resume();
      reject(error);
    }
    function stop(): void {
      endDeadline();
      req.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
    }
  });
}

/** @throws RequestTooLargeError by the Content-Length of the request */
function rejectTooLarge(req: Request, maxBytes: number): void {
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

function ignore(): void {}

function tooLarge(maxBytes: number): RequestTooLargeError {
  return new RequestTooLargeError(`The body is larger than ${maxBytes} bytes`);
}
