/**
 * Answers in JSON.
 *
 * @module
 */
import type { Response } from 'express';

/**
 * Answers with `value`, for nobody to keep (RFC 6749 §5.1): so without the `ETag` that `res.json()`
 * computes, and untouched by the host app's settings for JSON.
 */
export function sendJson(res: Response, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  res.statusCode = status;
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(text));
  res.end(text);
}
