/**
 * Forms of ours are sent by pages of ours.
 *
 * Spec: PX-8; Fetch Metadata Request Headers §2.4 (`Sec-Fetch-Site`), Fetch §3.2 (`Origin`).
 *
 * @module
 */
import type { Request } from 'express';

/**
 * Fetch metadata where the browser sends it, `Origin` otherwise. With our referrer policy browsers
 * send `Origin: null` for the page's own form, so `null` says nothing: what else is in the form has
 * to show that it is ours.
 *
 * @param origin our public origin
 * @returns what speaks against it; undefined for nothing
 */
export function crossSiteEvidence(req: Request, origin: string): string | undefined {
  const site = req.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return `sec-fetch-site: ${site}`;
  const sent = req.headers.origin;
  if (sent !== undefined && sent !== 'null' && sent !== origin) return 'another origin';
  return undefined;
}
