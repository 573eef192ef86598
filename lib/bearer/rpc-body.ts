/**
 * The JSON-RPC body, where permissions depend on it.
 *
 * Parsed here only if nobody has done so before; the route then finds it in `req.body` and hands it
 * to the transport, as it does behind `express.json()`.
 *
 * @module
 */
import express, { type Request, type RequestHandler, type Response } from 'express';

import { startDeadline } from '../deadline.js';
import { sendJson } from '../http/send-json.js';
import { RequestTimedOut } from '../oauth/errors.js';

/** Who sends it, which decides how much is read and how long is waited. */
export type Sender = 'known' | 'stranger';

const TYPES = ['application/json', 'application/*+json'];
const PARSERS: Readonly<Record<Sender, Parser>> = {
  // The MCP SDK reads as much itself.
  known: { parse: express.json({ limit: '4mb', type: TYPES }), timeoutMs: 60_000 },
  stranger: { parse: express.json({ limit: '100kb', type: TYPES }), timeoutMs: 10_000 },
};

interface Parser {
  readonly parse: RequestHandler;
  readonly timeoutMs: number;
}

/**
 * Makes `req.body` the parsed body. One that is no JSON or too large stays undefined: the caller
 * refuses it.
 *
 * @throws RequestTimedOut (408) it did not end in time; what the parser makes of it later goes nowhere
 */
export function readRpcBody(req: Request, res: Response, sender: Sender): Promise<void> {
  if (req.method !== 'POST' || req.readableDidRead) return Promise.resolve();
  const { parse, timeoutMs } = PARSERS[sender];
  return new Promise((resolve, reject) => {
    const endDeadline = startDeadline(timeoutMs, () => {
      // Or the rest would go on trickling in.
      if (!res.headersSent) res.set('Connection', 'close');
      reject(new RequestTimedOut('The body came too slowly'));
    });
    parse(req, res, () => {
      endDeadline();
      resolve();
    });
  });
}

/** JSON-RPC 2.0 §5.1: the text cannot be parsed. */
export function sendParseError(res: Response): void {
  const error = { code: -32700, message: 'Parse error' };
  sendJson(res, 400, { jsonrpc: '2.0', error, id: null });
}
