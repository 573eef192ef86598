/**
 * The bytes of a request body, within a size and a time.
 *
 * body-parser waits for the end even of a body that it has found too large, for as long as Node's
 * `requestTimeout` allows: five minutes, or for ever where the host app switched it off. Our bodies
 * are small and most of their senders are strangers, so both bounds are ours.
 *
 * @module
 */
import type { Request, Response } from 'express';

import { startDeadline } from '../deadline.js';
import {
  InvalidRequestError,
  type OAuthError,
  RequestTimeoutError,
  RequestTooLargeError,
  UnsupportedBodyError,
} from '../oauth/errors.js';

/** Time a body may take, in milliseconds: 64 kB over a bad line. */
const TIMEOUT_MS = 10_000;

/** How much is read, and how long it may take. */
export interface BodyLimits {
  readonly maxBytes: number;
  /** Default: 10 seconds. */
  readonly timeoutMs?: number;
}

/**
 * Reads the body to its end.
 *
 * @throws RequestTooLargeError as soon as that is known: the rest is not waited for
 * @throws RequestTimeoutError the end did not come in time; the connection closes with the answer
 * @throws UnsupportedBodyError a compressed body: it could unpack to anything
 * @throws InvalidRequestError the connection ended first
 */
export async function readBytes(req: Request, res: Response, limits: BodyLimits): Promise<Buffer> {
  const { maxBytes, timeoutMs = TIMEOUT_MS } = limits;
  const { 'content-encoding': encoding = 'identity' } = req.headers;
  if (encoding.toLowerCase() !== 'identity') {
    throw new UnsupportedBodyError('The body must not be compressed');
  }
  refuseTooLarge(req, maxBytes);
  if (req.destroyed) throw new InvalidRequestError('The body is not complete');

  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const endDeadline = startDeadline(timeoutMs, () => {
      // RFC 9110 §15.5.9: or the rest would go on trickling in.
      res.set('Connection', 'close');
      giveUp(new RequestTimeoutError('The body did not arrive in time'));
    });
    req.on('data', take).on('end', finish).on('close', breakOff).on('error', breakOff);

    function take(chunk: Buffer): void {
      size += chunk.length;
      if (size > maxBytes) giveUp(tooLarge(maxBytes));
      else chunks.push(chunk);
    }
    function finish(): void {
      letGo();
      resolve(Buffer.concat(chunks));
    }
    function breakOff(): void {
      giveUp(new InvalidRequestError('The body is not complete'));
    }
    function giveUp(error: OAuthError): void {
      letGo();
      // What still comes is thrown away, as Node does with a body nobody reads.
      req.on('error', ignore).resume();
      reject(error);
    }
    function letGo(): void {
      endDeadline();
      req.off('data', take).off('end', finish).off('close', breakOff).off('error', breakOff);
    }
  });
}

/** @throws RequestTooLargeError by its own announcement, whoever has read it */
export function refuseTooLarge(req: Request, maxBytes: number): void {
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

function ignore(): void {}

function tooLarge(maxBytes: number): RequestTooLargeError {
  return new RequestTooLargeError(`The body is larger than ${maxBytes} bytes`);
}
