/**
 * The stand-in for a tenant in a process of its own, with a person at its login page: what it takes is
 * none of ours.
 *
 * Started with the callback URL; sent the URL of a login, it answers where that ended.
 *
 * @module
 */
import { createBrowser, logIn } from '../../../demo/tenant/browser.js';
import {
  ADA,
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
} from '../../../demo/tenant/options.js';
import { startTenant } from '../../../demo/tenant/tenant.js';
import type { BenchTenant } from './server.js';

const [, , callbackUrl = ''] = process.argv;
const tenant = await startTenant({ callbackUrls: [callbackUrl] });

process.on('message', (loginUrl: string) => {
  void goThrough(loginUrl).then((url) => process.send?.(url));
});
process.on('disconnect', () => process.exit(0));
process.send?.({
  configUrl: tenant.configUrl,
  clientId: DEMO_CLIENT_ID,
  clientSecret: DEMO_CLIENT_SECRET,
  audience: DEMO_AUDIENCE,
} satisfies BenchTenant);

/** A new browser each time, so that the person has to log in. */
async function goThrough(loginUrl: string): Promise<string> {
  tenant.clearRequests();
  const browser = createBrowser();
  const page = await browser.follow(loginUrl);
  const { next } = await logIn(browser, page, ADA, { stopBefore: callbackUrl });
  return next?.href ?? '';
}
