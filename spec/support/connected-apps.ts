/** The page of connected apps, as a person in a browser uses it. */
import { formsOf } from '../../lib/testing/browser/html-forms.js';
import { type Browser, type FollowOptions, logIn, type Page } from '../../lib/testing/browser.js';
import { ADA } from '../../lib/testing/options.js';
import { callTool, type OAuthClient, registerClient } from './oauth-client.js';
import type { World } from './world.js';

/** Somebody who can log in at the tenant. */
export type Person = Pick<typeof ADA, 'email' | 'password'>;

/** Presses the sign-in button of the page, as far as Auth0's login page or back. */
export function pressSignIn(
  browser: Browser,
  page: Page,
  options: FollowOptions = {},
): Promise<Page> {
  return browser.submit(page, {}, { ...options, form: ({ action }) => isTo(action, 'sign-in') });
}

/** Opens the page and signs in, by password or by the session that Auth0 has. */
export async function signIn(browser: Browser, base: string, user: Person = ADA): Promise<Page> {
  const page = await browser.follow(`${base}/connected-apps`);
  const next = await pressSignIn(browser, page);
  return next.body.includes('name="password"') ? logIn(browser, next, user) : next;
}

/** Names of the apps on the page, in order. */
export function appsOn({ body }: Page): string[] {
  return [...body.matchAll(/<h2><bdi>(.*?)<\/bdi><\/h2>/g)].map(([, name = '']) => name);
}

/** Whether the page asks for a login. */
export function asksToSignIn({ body }: Page): boolean {
  return formsOf(body).some(({ action }) => isTo(action, 'sign-in'));
}

/** What the button of an app would send. */
export function grantField({ body }: Page, name: string): string {
  const item = body.split('<li class="box app">').find((part) => part.includes(`>${name}<`)) ?? '';
  return formsOf(item)[0]?.values['grant'] ?? '';
}

/** What the sign-out button would send. */
export function signOutField({ body }: Page): string {
  return formsOf(body).find(({ action }) => isTo(action, 'sign-out'))?.values['form'] ?? '';
}

/** Presses the button of an app. */
export function disconnect(browser: Browser, page: Page, name: string): Promise<Page> {
  const grant = grantField(page, name);
  return browser.submit(page, {}, { form: ({ values }) => values['grant'] === grant });
}

/** Presses the sign-out button. */
export function signOut(browser: Browser, page: Page): Promise<Page> {
  return browser.submit(page, {}, { form: ({ action }) => isTo(action, 'sign-out') });
}

/** The cookies a browser would send to an address. */
export function cookiesFor(browser: Browser, url: string): string {
  return browser.cookies.header({ url: new URL(url), method: 'GET', crossSite: false });
}

/** The cookie of the page's own session. */
export function accountCookie(browser: Browser): string | undefined {
  return browser.cookies.all().find(({ name }) => name.includes('auth0-mcp-account'))?.value;
}

/** A client that somebody let in. */
export interface ConnectedClient {
  readonly client: OAuthClient;
  readonly token: unknown;
  /** Of its next call. */
  status(): Promise<number>;
}

/** Somebody lets a client of this name in. */
export async function letIn(
  world: Pick<World, 'origin' | 'mcp'>,
  name: string,
  user: Person = ADA,
  metadata: Readonly<Record<string, unknown>> = {},
): Promise<ConnectedClient> {
  const base = world.mcp.replace(/\/mcp$/, '');
  const client = await registerClient(base, { client_name: name, ...metadata });
  const { access_token: token } = await client.tokens({ user });
  const status = async () => (await callTool(world.mcp, token, 'whoami')).status;
  return { client, token, status };
}

function isTo(action: string, what: string): boolean {
  return new URL(action, 'http://any.example').pathname.endsWith(`/connected-apps/${what}`);
}
