/**
 * Logs in where nobody can click: as Ada, at the stand-in.
 *
 * @module
 */
import { createBrowser, getThrough } from './tenant/browser.js';
import { ADA } from './tenant/options.js';

/** A browser without a screen, which allows what it is asked and keeps its cookies between visits. */
export function createHeadlessLogin(): (url: URL) => Promise<void> {
  const browser = createBrowser();
  return async function logInAsAda(url) {
    const { url: end, status } = await getThrough(browser, await browser.follow(url), ADA);
    if (end.pathname === '/callback') return;
    throw new Error(
      status === 503
        ? `${end.origin}${end.pathname} answered 503: the log of the server says what it cannot reach.`
        : `--headless logs in at the stand-in only. It got stuck, with status ${status}, at ${end.origin}${end.pathname}`,
    );
  };
}
