/**
 * One navigation of a browser: request and page. It sends the headers of real browsers, including
 * `Origin` and `Sec-Fetch-Site`, which `fetch` would replace by its own values.
 */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

import type { CookieJar } from './cookie-jar.js';

/** A response, with the redirects that led to it. */
export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Every URL visited for it, in order, this one last. */
  readonly chain: readonly string[];
  /**
   * The target of its redirect or its `Refresh` header, if any. With `stopBefore` this is the URL that was not
   * visited, such as a client's callback with its code.
   */
  readonly next: URL | undefined;
}

/** A pending navigation. */
export interface Navigation {
  readonly url: URL;
  readonly form?: Record<string, string> | undefined;
  /** The page that started it; none for a URL from the address bar. */
  readonly initiator?: URL | undefined;
  readonly chain?: readonly string[];
}

/** Sends one request. Cookies are sent and stored; a redirect is returned in `next`, not followed. */
export async function navigate(cookies: CookieJar, navigation: Navigation): Promise<Page> {
  const { url, form, initiator, chain = [] } = navigation;
  const method = form === undefined ? 'GET' : 'POST';
  const crossSite = initiator !== undefined && site(initiator) !== site(url);
  const cookie = cookies.header({ url, method, crossSite });
  const response = await send(url, method, form && new URLSearchParams(form).toString(), {
    accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'accept-language': 'en-GB,en;q=0.9',
    'user-agent': 'Mozilla/5.0 (demo browser)',
    'sec-fetch-dest': 'document',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-site': fetchSite(url, initiator, crossSite),
    'sec-fetch-user': '?1',
    'upgrade-insecure-requests': '1',
    ...(cookie === '' ? {} : { cookie }),
    ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    ...(form === undefined || initiator === undefined ? {} : { origin: initiator.origin }),
  });
  cookies.store(url, response.headers['set-cookie'] ?? []);
  const body = await textOf(response);
  const { statusCode: status = 0, headers } = response;
  const target = status >= 300 && status < 400 ? headers.location : refreshOf(headers);
  const next = target === undefined ? undefined : new URL(target, url);
  return { url, status, headers, body, chain: [...chain, url.href], next };
}

/** The URL of a page that leads on by itself. */
function refreshOf({ refresh }: IncomingHttpHeaders): string | undefined {
  return /^\d+; *url=(.+)$/i.exec(String(refresh))?.[1];
}

/** Schemeful same-site: ports do not count, and the hosts here have no registrable parent. */
function site(url: URL): string {
  return `${url.protocol}//${url.hostname}`;
}

function fetchSite(url: URL, initiator: URL | undefined, crossSite: boolean): string {
  if (initiator === undefined) return 'none';
  if (crossSite) return 'cross-site';
  return initiator.origin === url.origin ? 'same-origin' : 'same-site';
}

function send(
  url: URL,
  method: string,
  body: string | undefined,
  headers: Record<string, string>,
): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    request(url, { method, headers, agent: false }, resolve).on('error', reject).end(body);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
