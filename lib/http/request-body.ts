/**
 * Request bodies: read here, or taken over from a parser of the host app that came first.
 *
 * Either way the same cap holds and the same errors come out.
 *
 * @module
 */
import type { Request, Response } from 'express';

import {
  InvalidClientMetadataError,
  InvalidRequestError,
  RequestTooLargeError,
} from '../oauth/errors.js';
import { type Parameters, parametersFromObject, parseParameters } from '../oauth/parameters.js';
import { readBytes, refuseTooLarge } from './body-bytes.js';

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPES = ['application/json', 'application/*+json'];

/**
 * The fields of a form body. Parameters in the query are not looked at (RFC 6749 §3.2).
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

/** Text, or what another parser has already made of it. */
async function bodyOf(req: Request, res: Response, maxBytes: number): Promise<string | object> {
  refuseTooLarge(req, maxBytes);
  // An empty body that somebody has read has ended without a sign of having been read.
  const isRead = req.readableDidRead || req.readableEnded;
  const body: unknown = isRead ? req.body : await readBytes(req, res, { maxBytes });
  if (Buffer.isBuffer(body)) return body.toString('utf8');
  if (typeof body === 'object' && body !== null) {
    // Another parser's own limit may be higher than ours.
    if (!fitsInto(body, 2 * maxBytes)) throw new RequestTooLargeError('The body is too large');
    return body;
  }
  return typeof body === 'string' ? body : '';
}

/** Adds up names and text, however deep they are: a recursive walk could be sent too deep for it. */
function fitsInto(body: object, maxCharacters: number): boolean {
  const open: unknown[] = [body];
  let characters = 0;
  while (open.length > 0 && characters <= maxCharacters) {
    const value = open.pop();
    characters += typeof value === 'string' ? value.length : 1;
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, inner] of Object.entries(value)) {
      characters += name.length;
      open.push(inner);
    }
  }
  return characters <= maxCharacters;
}
