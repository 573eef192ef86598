/** A world whose users connect accounts at another provider, and what they do there. */
import express from 'express';

import { getAccessToken } from '../../lib/bearer/caller.js';
import { ConnectionRequiredError } from '../../lib/bearer/connection-token.js';
import { type Browser, createBrowser, logIn, type Page } from '../../lib/testing/browser.js';
import { ADA, type TenantOptions } from '../../lib/testing/options.js';
import type { Person } from './connected-apps.js';
import { letIn } from './connected-apps.js';
import { mcpRoute } from './mcp-route.js';
import { sendJson } from './raw-http.js';
import { startWorld, type World, type WorldOptions } from './world.js';

export const GOOGLE = 'google-oauth2';
export const CALENDAR = 'https://www.googleapis.com/auth/calendar.readonly';

const SCOPES = ['openid', CALENDAR];

/** With a route `/tool` that answers with the result of `connectionToken()`. */
export async function startConnections(
  world: WorldOptions = {},
  tenant: TenantOptions = {},
): Promise<World> {
  const started = await startWorld({
    ...world,
    options: {
      connections: { [GOOGLE]: { name: 'Google', scopes: SCOPES }, slack: {} },
      ...world.options,
    },
    tenant: {
      connections: [{ name: GOOGLE }, { name: 'slack', scopes: ['chat:write'] }],
      ...tenant,
    },
    mount(app, auth) {
      app.use(auth);
      app.use(auth.connectedApps);
      app.post('/tool', auth.bearer(), express.json(), async (req, res) => {
        const { connection = GOOGLE, ...request } = req.body;
        try {
          res.json({ token: await getAccessToken().connectionToken(connection, request) });
        } catch (error) {
          const { name, code, message } = error as ConnectionRequiredError;
          const url = error instanceof ConnectionRequiredError ? error.url : undefined;
          res.status(422).json({ name, code, message, url });
        }
      });
      app.all('/mcp', express.json(), mcpRoute);
    },
  });
  const { applications } = started.tenant.settings;
  started.tenant.configure({
    applications: applications.map((one) => ({
      ...one,
      callbackUrls: [...(one.callbackUrls ?? []), `${started.origin}/connected-accounts/callback`],
    })),
  });
  return started;
}

/** A client of a user, and what its tool gets. */
export interface ToolCaller {
  /** The result of `connectionToken()`. */
  call(request?: Readonly<Record<string, unknown>>, instance?: number): Promise<ToolResult>;
  /** The link of a `ConnectionRequiredError`. */
  link(connection?: string): Promise<string>;
  readonly token: string;
}

export interface ToolResult {
  readonly token?: string;
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly url?: string;
}

/** A user lets a client in. */
export async function callerFor(
  world: World,
  user: Person = ADA,
  name = 'Calendar Bot',
): Promise<ToolCaller> {
  const { token } = await letIn(world, name, user);
  const call: ToolCaller['call'] = async (request = {}, instance = 0) => {
    const headers = { authorization: `Bearer ${token}`, 'x-instance': String(instance) };
    const { text } = await sendJson(`${world.origin}/tool`, request, headers);
    return JSON.parse(text);
  };
  return {
    call,
    token: String(token),
    async link(connection = GOOGLE) {
      const { url, message } = await call({ connection });
      if (url === undefined) throw new Error(`no link: ${message}`);
      return url;
    },
  };
}

/** Opens a link and signs in: as far as the page with the decision. */
export async function openLink(browser: Browser, url: string, user: Person = ADA): Promise<Page> {
  const first = await browser.follow(url);
  if (!asksToSignIn(first)) return first;
  const next = await browser.submit(first, {});
  return next.body.includes('name="password"') ? logIn(browser, next, user) : next;
}

export function asksToSignIn({ body }: Page): boolean {
  return body.includes('/connected-accounts/sign-in"');
}

export function asksToConnect({ body }: Page): boolean {
  return body.includes('name="decision" value="connect"');
}

/** Presses Connect: as far as the page of the provider. */
export function pressConnect(browser: Browser, page: Page): Promise<Page> {
  return browser.submit(page, {}, { button: { name: 'decision', value: 'connect' } });
}

/** Allows or denies at the provider. */
export function atProvider(
  browser: Browser,
  page: Page,
  value: 'allow' | 'deny' = 'allow',
  stopBefore = 'about:',
): Promise<Page> {
  return browser.submit(page, {}, { button: { name: 'action', value }, stopBefore });
}

/** From the link to the connected account. */
export async function connect(
  url: string,
  user: Person = ADA,
  browser: Browser = createBrowser(),
): Promise<Page> {
  const page = await pressConnect(browser, await openLink(browser, url, user));
  return atProvider(browser, page);
}

/** From the link to the callback, which is not visited. */
export async function untilCallback(
  world: World,
  browser: Browser,
  url: string,
  user: Person = ADA,
): Promise<URL> {
  const page = await pressConnect(browser, await openLink(browser, url, user));
  const callback = `${world.origin}/connected-accounts/callback`;
  const { next } = await atProvider(browser, page, 'allow', callback);
  return next ?? new URL('about:blank');
}
