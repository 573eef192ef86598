/**
 * A browser without a screen: cookies, redirects and forms, for specs and for a demo client that
 * runs where nobody can click.
 *
 * @module
 */
import { type CookieJar, createCookieJar } from './browser/cookie-jar.js';
import { type Form, formsOf } from './browser/html-forms.js';
import { type Navigation, navigate, type Page } from './browser/navigation.js';

export type { Page } from './browser/navigation.js';

/** How far to follow. */
export interface FollowOptions {
  /** Not visited: addresses that begin with this text, or for which this is true. */
  readonly stopBefore?: string | ((url: URL) => boolean);
}

/** What to do with a form. */
export interface SubmitOptions extends FollowOptions {
  /** Presses the button of this name, with this value if given. Default: no button. */
  readonly button?: { readonly name: string; readonly value?: string };
  /** Which form. Default: the first. */
  readonly form?: (form: Form) => boolean;
}

/** A browser with its own cookies. */
export interface Browser {
  readonly cookies: CookieJar;
  /** One request, as if the address had been typed. Redirects are not followed. */
  get(url: string | URL): Promise<Page>;
  /** One form post from a page of the same origin (or of `from`). Redirects are not followed. */
  post(url: string | URL, form: Record<string, string>, from?: string | URL): Promise<Page>;
  /** Visits an address and everything it redirects to. */
  follow(url: string | URL, options?: FollowOptions): Promise<Page>;
  /** Fills in a form of the page, sends it, and follows where that leads. */
  submit(page: Page, values: Record<string, string>, options?: SubmitOptions): Promise<Page>;
}

/** Redirects followed before giving up, as browsers do. */
const MAX_HOPS = 20;

/** @param options.secureOnLoopback keeps `Secure` cookies from http on loopback, as Chromium does */
export function createBrowser(options: { readonly secureOnLoopback?: boolean } = {}): Browser {
  const cookies = createCookieJar(options);

  async function travel(first: Navigation, { stopBefore }: FollowOptions): Promise<Page> {
    let page = await navigate(cookies, first);
    while (page.next !== undefined && !stops(page.next, stopBefore)) {
      if (page.chain.length > MAX_HOPS) throw new Error(`too many redirects: ${page.chain.at(-1)}`);
      const keepsMethod = page.status === 307 || page.status === 308;
      page = await navigate(cookies, {
        ...(keepsMethod ? first : { initiator: first.initiator }),
        url: page.next,
        chain: page.chain,
      });
    }
    return page;
  }

  return {
    cookies,
    get: (url) => navigate(cookies, { url: new URL(url) }),
    post: (url, form, from = url) =>
      navigate(cookies, { url: new URL(url), form, initiator: new URL(from) }),
    follow: (url, followOptions = {}) => travel({ url: new URL(url) }, followOptions),
    async submit(page, values, submitOptions = {}) {
      return await travel(submission(page, values, submitOptions), submitOptions);
    },
  };
}

/** Logs in at the tenant's login page and follows on. */
export async function logIn(
  browser: Browser,
  page: Page,
  { email, password }: { readonly email: string; readonly password: string },
  options: FollowOptions = {},
): Promise<Page> {
  const button = { name: 'action', value: 'continue' };
  return await browser.submit(page, { username: email, password }, { ...options, button });
}

/** Consent, login and a consent once more: one more page would be a loop. */
const MAX_PAGES = 3;

/**
 * Allows what it is asked and logs in, in whichever order the pages come, until one of them asks for
 * neither or is not visited any more.
 */
export async function getThrough(
  browser: Browser,
  first: Page,
  person: { readonly email: string; readonly password: string },
  options: FollowOptions = {},
): Promise<Page> {
  let page = first;
  for (let pages = 0; page.next === undefined && pages < MAX_PAGES; pages += 1) {
    if (page.body.includes('name="decision"')) page = await approve(browser, page, options);
    else if (page.body.includes('name="username"')) {
      page = await logIn(browser, page, person, options);
    } else break;
  }
  return page;
}

/** Presses Cancel on the tenant's login page and follows on. */
export async function cancelLogin(
  browser: Browser,
  page: Page,
  options: FollowOptions = {},
): Promise<Page> {
  return await browser.submit(
    page,
    {},
    { ...options, button: { name: 'action', value: 'cancel' } },
  );
}

/** Answers a consent page: a form that goes to `…/consent` and has `decision` buttons. */
async function decide(
  browser: Browser,
  page: Page,
  value: 'allow' | 'deny',
  options: FollowOptions,
): Promise<Page> {
  return await browser.submit(
    page,
    {},
    {
      ...options,
      form: ({ action }) => new URL(action, page.url).pathname.endsWith('/consent'),
      button: { name: 'decision', value },
    },
  );
}

/** How long a person looks at a page that wants to be read first, in milliseconds. */
const READING_MS = 1600;

/** Presses "allow" on a consent page and follows on. A page that comes back at once is read, then allowed. */
export async function approve(
  browser: Browser,
  page: Page,
  options: FollowOptions = {},
): Promise<Page> {
  const answer = await decide(browser, page, 'allow', options);
  const isBack = answer.url.origin === page.url.origin && answer.body.includes('name="decision"');
  if (!isBack) return answer;
  await new Promise((resolve) => setTimeout(resolve, READING_MS));
  return await decide(browser, answer, 'allow', options);
}

/** Presses "deny" on a consent page and follows on. */
export async function deny(
  browser: Browser,
  page: Page,
  options: FollowOptions = {},
): Promise<Page> {
  return await decide(browser, page, 'deny', options);
}

function submission(
  page: Page,
  values: Record<string, string>,
  { button, form: wanted = () => true }: SubmitOptions,
): Navigation {
  const form = formsOf(page.body).find(wanted);
  if (form === undefined) {
    throw new Error(
      `no such form at ${page.url.href} (${page.status}): ${page.body.slice(0, 300)}`,
    );
  }
  const pressed = form.buttons.find(
    ({ name, value }) => name === button?.name && (button.value ?? value) === value,
  );
  if (button !== undefined && pressed === undefined) {
    throw new Error(`no button ${button.name}=${button.value ?? '*'} at ${page.url.href}`);
  }
  const fields = { ...form.values, ...values, ...(pressed && { [pressed.name]: pressed.value }) };
  const url = new URL(form.action, page.url);
  if (form.method === 'POST') return { url, form: fields, initiator: page.url };
  url.search = new URLSearchParams(fields).toString();
  return { url, initiator: page.url };
}

function stops(url: URL, stopBefore: FollowOptions['stopBefore']): boolean {
  if (!/^https?:$/.test(url.protocol)) return true;
  if (stopBefore === undefined) return false;
  return typeof stopBefore === 'string' ? url.href.startsWith(stopBefore) : stopBefore(url);
}
