/**
 * The stand-in for a tenant in a process of its own, with a person at its login page: what it takes is
 * none of ours.
 *
 * Started with the callback URL; sent the URL of a login, it answers where that ended.
 */
import { createBrowser, logIn } from '../../../lib/testing/browser.js';
import {
  ADA,
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
} from '../../../lib/testing/options.js';
import { startTenant } from '../../../lib/testing/tenant.js';
import type { BenchTenant } from './server.js';

/** As many as a launch has logins: one person's second login costs more, since it looks after the first. */
const PEOPLE = 3000;

const [, , callbackUrl = ''] = process.argv;
const people = Array.from({ length: PEOPLE }, (_none, index) => ({
  ...ADA,
  sub: `auth0|bench-${index}`,
  email: `ada-${index}@example.com`,
}));
const tenant = await startTenant({ callbackUrls: [callbackUrl], users: people });
let logins = 0;

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

/** A new browser and another person each time. */
async function goThrough(loginUrl: string): Promise<string> {
  tenant.clearRequests();
  const browser = createBrowser();
  const page = await browser.follow(loginUrl);
  const person = people[logins % PEOPLE] ?? ADA;
  logins += 1;
  const { next } = await logIn(browser, page, person, { stopBefore: callbackUrl });
  return next?.href ?? '';
}
