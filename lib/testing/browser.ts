/** A headless browser: cookies, redirects and forms, for the specs and for `demo:client --headless`. */
import { ONE_TIME_CODE } from './authentication.js';
import { type CookieJar, createCookieJar } from './browser/cookie-jar.js';
import { type Form, formsOf } from './browser/html-forms.js';
import { type Navigation, navigate, type Page } from './browser/navigation.js';

export type { Page } from './browser/navigation.js';

/** How far to follow. */
export interface FollowOptions {
  /** URLs that are not visited: those that begin with this text, or for which this returns true. */
  readonly stopBefore?: string | ((url: URL) => boolean);
}

/** How to submit a form. */
interface SubmitOptions extends FollowOptions {
  /** The pressed button, by name and optionally value. Default: none. */
  readonly button?: { readonly name: string; readonly value?: string };
  /** Which form. Default: the first. */
  readonly form?: (form: Form) => boolean;
}

/** A browser with its own cookies. */
export interface Browser {
  readonly cookies: CookieJar;
  /** One request, as from the address bar. Redirects are not followed. */
  get(url: string | URL): Promise<Page>;
  /** One form post from a page of the same origin (or of `from`). Redirects are not followed. */
  post(url: string | URL, form: Record<string, string>, from?: string | URL): Promise<Page>;
  /** Requests a URL and follows redirects. */
  follow(url: string | URL, options?: FollowOptions): Promise<Page>;
  /** Fills in a form of the page, submits it, and follows redirects. */
  submit(page: Page, values: Record<string, string>, options?: SubmitOptions): Promise<Page>;
}

/** As in browsers. */
const MAX_HOPS = 20;

export function createBrowser(): Browser {
  const cookies = createCookieJar();

  async function followRedirects(first: Navigation, { stopBefore }: FollowOptions): Promise<Page> {
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
    follow: (url, followOptions = {}) => followRedirects({ url: new URL(url) }, followOptions),
    async submit(page, values, submitOptions = {}) {
      return await followRedirects(submission(page, values, submitOptions), submitOptions);
    },
  };
}

/** Logs in at the tenant's login page and follows redirects. */
export async function logIn(
  browser: Browser,
  page: Page,
  { email, password }: { readonly email: string; readonly password: string },
  options: FollowOptions = {},
): Promise<Page> {
  const button = { name: 'action', value: 'continue' };
  const values: Record<string, string> = { username: email, password };
  if (page.body.includes('name="code"')) values['code'] = ONE_TIME_CODE;
  return await browser.submit(page, values, { ...options, button });
}

/** Consent, login, consent, and a second login for a second factor: a further page would be a loop. */
const MAX_PAGES = 4;

/** Approves consent pages and logs in, in any order, until another page or the end of the redirects. */
export async function completeLogin(
  browser: Browser,
  first: Page,
  user: { readonly email: string; readonly password: string },
  options: FollowOptions = {},
): Promise<Page> {
  let page = first;
  for (let pages = 0; page.next === undefined && pages < MAX_PAGES; pages += 1) {
    if (page.body.includes('name="decision"')) page = await approve(browser, page, options);
    else if (page.body.includes('name="username"')) {
      page = await logIn(browser, page, user, options);
    } else break;
  }
  return page;
}

/** Presses Cancel on the tenant's login page and follows redirects. */
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

/** Submits a consent page: a form for `…/consent` with `decision` buttons. */
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

/** Presses "allow" on a consent page and follows redirects. */
export async function approve(
  browser: Browser,
  page: Page,
  options: FollowOptions = {},
): Promise<Page> {
  return await decide(browser, page, 'allow', options);
}

/** Presses "deny" on a consent page and follows redirects. */
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
