/**
 * Request bodies: read here, or taken over from a parser of the host app that came first.
 *
 * Either way the same cap holds and the same errors come out.
 *
 * @module
 */
import express, { type Request, type Response } from 'express';

import { InvalidClientMetadata, InvalidRequest, RequestTooLarge } from '../oauth/errors.js';
import { type Parameters, parametersFromObject, parseParameters } from '../oauth/parameters.js';

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPES = ['application/json', 'application/*+json'];

/**
 * The fields of a form body. Parameters in the query are not looked at (RFC 6749 §3.2).
 *
 * @throws InvalidRequest another content type, or not plain text fields
 * @throws RequestTooLarge more than `maxBytes`
 */
export async function readForm(req: Request, res: Response, maxBytes: number): Promise<Parameters> {
  if (!req.is(FORM)) throw new InvalidRequest(`The body must be ${FORM}`);
  const body = await bodyOf(req, res, maxBytes);
  return typeof body === 'string' ? parseParameters(body) : parametersFromObject(body);
}

/**
 * The value of a JSON body.
 *
 * @throws InvalidClientMetadata another content type, or text that is not JSON (RFC 7591 §3.2.2)
 * @throws RequestTooLarge more than `maxBytes`
 */
export async function readJson(req: Request, res: Response, maxBytes: number): Promise<unknown> {
  if (!req.is(JSON_TYPES)) throw new InvalidClientMetadata('The body must be application/json');
  const body = await bodyOf(req, res, maxBytes);
  if (typeof body !== 'string') return body;
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new InvalidClientMetadata('The body is not JSON', { cause });
  }
}

/** Text, or what another parser has already made of it. */
async function bodyOf(req: Request, res: Response, maxBytes: number): Promise<string | object> {
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const body: unknown = req.readableDidRead ? req.body : await readRaw(req, res, maxBytes);
  if (Buffer.isBuffer(body)) return body.toString('utf8');
  if (typeof body === 'object' && body !== null) {
    // Another parser's own limit may be higher than ours.
    if (JSON.stringify(body).length > 2 * maxBytes) throw tooLarge(maxBytes);
    return body;
  }
  return typeof body === 'string' ? body : '';
}

async function readRaw(req: Request, res: Response, maxBytes: number): Promise<unknown> {
  // A prototype of the request, so that `req.body` of the host app stays as it was.
  const reader: Request = Object.create(req, { body: { value: undefined, writable: true } });
  const parse = express.raw({ type: () => true, limit: maxBytes });
  await new Promise<void>((resolve, reject) => {
    parse(reader, res, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(fromParser(error, maxBytes));
    });
  });
  return reader.body;
}

/** Errors of body-parser carry a status; below 500 it is the client's doing. */
function fromParser(error: unknown, maxBytes: number): unknown {
  const status = typeof error === 'object' && error !== null && 'status' in error && error.status;
  if (status === 413) return tooLarge(maxBytes);
  const isClients = typeof status === 'number' && status < 500;
  return isClients ? new InvalidRequest('The body cannot be read', { cause: error }) : error;
}

function tooLarge(maxBytes: number): RequestTooLarge {
  return new RequestTooLarge(`The body is larger than ${maxBytes} bytes`);
}
