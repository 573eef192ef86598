/**
 * What a page of another site can make a browser send without a click of the user is refused before it is
 * counted: it would use up the limits of the user's address. Requests of programs have no such headers (the
 * `fetch` of Node.js sends `Sec-Fetch-Mode` alone).
 */
import type { Request, RequestHandler } from 'express';

/** Fetch Metadata §2.4. A navigation of the user's own is `none`, a link `cross-site`. */
const OTHER_SITES: readonly unknown[] = ['cross-site', 'same-site'];

/**
 * For pages: other sites may only navigate a window here. They are never in a frame, and nothing reads them; and
 * nothing is fetched ahead of the navigation, since a form would be old when it is first shown.
 */
export const navigationsOnly: RequestHandler = function navigationsOnly(req, res, next) {
  if (req.get('Sec-Purpose')?.startsWith('prefetch')) {
    res.status(503).end();
    return;
  }
  const destination = req.headers['sec-fetch-dest'] ?? 'document';
  const isLoaded = comesFromOtherSite(req) && destination !== 'document';
  // Browsers send no fetch metadata with the handshake of a WebSocket.
  const isSocket = req.headers.upgrade?.toLowerCase() === 'websocket';
  if (isLoaded || isSocket) res.status(403).end();
  else next();
};

/**
 * For what programs post to: other sites may call it by CORS. Forms and `no-cors` requests belong to no client,
 * which could not read the response.
 */
export const corsOnly: RequestHandler = function corsOnly(req, res, next) {
  const mode = req.headers['sec-fetch-mode'] ?? 'cors';
  if (comesFromOtherSite(req) && mode !== 'cors') res.status(403).end();
  else next();
};

function comesFromOtherSite(req: Request): boolean {
  return OTHER_SITES.includes(req.headers['sec-fetch-site']);
}
