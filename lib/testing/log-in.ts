/** The part of a user in a login: consent pages and the login page of the tenant. */
import { completeLogin, createBrowser } from './browser.js';

/** A user at the tenant's login page. */
export interface Credentials {
  /** As in `users`. */
  readonly email: string;
  /** As in `users`. */
  readonly password: string;
}

/** Of the text of a page in an error message. */
const MAX_PAGE_TEXT = 400;

/**
 * Visits the URL that an MCP client opens in a browser: allows the client, logs in, and stops before the redirect to the
 * client. Each call is a browser of its own.
 *
 * @param authorizeUrl of an `auth0Mcp()` that logs in at a stand-in, or of the stand-in itself
 * @returns the redirect to the client, which is not visited: with `code` and `state`, or with `error`
 * @throws if the login stops at a page; the message has its text
 */
export async function logIn(authorizeUrl: string | URL, user: Credentials): Promise<URL> {
  const url = new URL(authorizeUrl);
  const stopBefore = url.searchParams.get('redirect_uri') ?? 'about:';
  const browser = createBrowser();
  const page = await browser
    .follow(url, { stopBefore })
    .then((first) => completeLogin(browser, first, user, { stopBefore }))
    .catch((cause: Error) => {
      throw new Error(`The login stopped without a response: ${cause.message}`, { cause });
    });
  if (page.next !== undefined) return page.next;
  throw new Error(
    `The login stopped at ${page.url.origin}${page.url.pathname} with status ${page.status}: ${textOf(page.body)}`,
  );
}

function textOf(html: string): string {
  const text = html
    .replace(/<(style|head|script)\b.*?<\/\1>/gis, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');
  return text.trim().slice(0, MAX_PAGE_TEXT);
}
