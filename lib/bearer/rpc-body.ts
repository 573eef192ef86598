/**
 * The JSON-RPC body, where permissions depend on it.
 *
 * Parsed here only if nobody has done so before; the route then finds it in `req.body` and hands it
 * to the transport, as it does behind `express.json()`.
 *
 * @module
 */
import express, { type Request, type Response } from 'express';

/** The MCP SDK reads as much itself. */
const MAX_BODY = '4mb';

const parseJson = express.json({
  limit: MAX_BODY,
  type: ['application/json', 'application/*+json'],
});

/** Makes `req.body` the parsed body. One that is no JSON stays undefined: the caller refuses it. */
export function readRpcBody(req: Request, res: Response): Promise<void> {
  if (req.method !== 'POST' || req.readableDidRead) return Promise.resolve();
  return new Promise((resolve) => {
    parseJson(req, res, () => resolve());
  });
}

/** JSON-RPC 2.0 §5.1: the text cannot be parsed. */
export function sendParseError(res: Response): void {
  const error = { code: -32700, message: 'Parse error' };
  res.status(400).json({ jsonrpc: '2.0', error, id: null });
}
