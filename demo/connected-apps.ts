/**
 * The page at `/apps`: the clients a person has let in, each with a button that ends its access.
 *
 * A browser has no token, so a tool hands out the way in: a link that works once, within a minute,
 * for the person who called it. Whoever has the link first is let in, the client included; where
 * your app has a login of its own, take the subject from its session instead.
 *
 * @module
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';

import express, { type RequestHandler, Router } from 'express';
import type { Auth0Mcp, GrantSummary } from 'express-auth0-mcp';
import { LRUCache } from 'lru-cache';

import { page, text } from './tenant/html.js';

/** The page, and the way to it. */
export interface ConnectedApps {
  /** Belongs at `/apps` of the origin. */
  readonly page: RequestHandler;
  /** An address that logs one browser in to the page as this person, once. */
  linkFor(subject: string): string;
}

interface Visit {
  readonly subject: string;
  /** Stands in our own forms only: a form of another site does not know it. */
  readonly formKey: string;
}

const LINK_TTL_MS = 60 * 1000;
const VISIT_TTL_MS = 10 * 60 * 1000;
/** The oldest go first. */
const MAX_KEPT = 1000;
const COOKIE = 'connected_apps';
const TITLE = 'Connected apps';
const REMEDY = 'This page opens by a link: ask your MCP client to call the tool manage_apps.';
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";

/** @param baseUrl where the server is; the page is at the root of its origin */
export function connectedApps(grants: Auth0Mcp['grants'], baseUrl: string): ConnectedApps {
  const address = new URL('/apps', baseUrl);
  const secure = address.protocol === 'https:';
  // In this process: several instances would keep both in a store of theirs.
  const links = new LRUCache<string, string>({ max: MAX_KEPT, ttl: LINK_TTL_MS });
  const visits = new LRUCache<string, Visit>({ max: MAX_KEPT, ttl: VISIT_TTL_MS });
  const router = Router();

  router.use((req, res, next) => {
    // The address may hold a key: not to be kept, and not to be told to other pages.
    res.set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
    res.set('Content-Security-Policy', POLICY);
    const key = String(req.query['key']);
    const subject = links.get(key);
    const visit = visits.get(cookieOf(req.headers.cookie));
    if (subject !== undefined) {
      links.delete(key);
      const id = random();
      visits.set(id, { subject, formKey: random() });
      res.cookie(COOKIE, id, { httpOnly: true, sameSite: 'lax', secure, path: '/apps' });
      // Without the key, which would stay in the browser's history otherwise.
      res.redirect(303, '/apps');
    } else if (visit === undefined) {
      res.status(401).send(page(TITLE, [`<p>${text(REMEDY)}</p>`]));
    } else {
      res.locals['visit'] = visit;
      next();
    }
  });

  router.get('/', async (_req, res) => {
    const { subject, formKey } = res.locals['visit'] as Visit;
    const rows = (await grants.list({ subject })).map((grant) => row(grant, formKey));
    res.send(page(TITLE, rows.length === 0 ? ['<p>None.</p>'] : rows));
  });

  router.post('/', express.urlencoded({ extended: false, limit: '4kb' }), async (req, res) => {
    const { subject, formKey } = res.locals['visit'] as Visit;
    const { form_key: sent, grant } = req.body ?? {};
    if (!isSame(String(sent), formKey)) {
      res.status(403).send(page(TITLE, ['<p>This form is not from here.</p>']));
      return;
    }
    // Of this person only, whatever id the form names.
    const own = (await grants.list({ subject })).find(({ id }) => id === grant);
    if (own !== undefined) await grants.revoke(own.id);
    res.redirect(303, '/apps');
  });

  return {
    page: router,
    linkFor(subject) {
      const key = random();
      links.set(key, subject);
      return `${address.href}?${new URLSearchParams({ key })}`;
    },
  };
}

function row(grant: GrantSummary, formKey: string): string {
  const { id, clientId, clientName, scopes, lastUsedAt } = grant;
  return `<form method="post" action="/apps"><h2>${text(clientName ?? clientId)}</h2>
<p>${text(scopes.join(' '))}, last used ${new Date(lastUsedAt * 1000).toISOString()}</p>
<input type="hidden" name="form_key" value="${formKey}">
<button name="grant" value="${text(id)}">Disconnect</button></form>`;
}

function random(): string {
  return randomBytes(32).toString('base64url');
}

function cookieOf(header = ''): string {
  return new RegExp(`(?:^|; )${COOKIE}=([^;]+)`).exec(header)?.[1] ?? '';
}

function isSame(sent: string, expected: string): boolean {
  return (
    sent.length === expected.length && timingSafeEqual(Buffer.from(sent), Buffer.from(expected))
  );
}
