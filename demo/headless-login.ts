/**
 * Logs in where nobody can click: as Ada, at the stand-in.
 *
 * @module
 */
import { approve, createBrowser, logIn, type Page } from './tenant/browser.js';
import { ADA } from './tenant/options.js';

/** Consent and login are two pages; one more would be a loop. */
const MAX_PAGES = 3;

/** A browser without a screen, which allows what it is asked and keeps its cookies between visits. */
export function createHeadlessLogin(): (url: URL) => Promise<void> {
  const browser = createBrowser();
  return async function logInAsAda(url) {
    let page = await browser.follow(url);
    for (let pages = 0; page.url.pathname !== '/callback'; pages += 1) {
      if (pages === MAX_PAGES) throw new Error(`The login got stuck at ${page.url.origin}.`);
      page = await answer(page);
    }
  };

  async function answer(page: Page): Promise<Page> {
    if (page.body.includes('name="decision"')) return approve(browser, page);
    if (page.body.includes('name="username"')) return logIn(browser, page, ADA);
    const { origin, pathname } = page.url;
    throw new Error(
      `--headless logs in at the stand-in only. Neither consent nor its login page: ${page.status} at ${origin}${pathname}`,
    );
  }
}
