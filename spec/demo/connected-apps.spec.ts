/** The page of connected apps in the demo: linked by a tool and from its web page. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { landingPage } from '../../demo/landing-page.js';
import { createBrowser } from '../../lib/testing/browser.js';
import { appsOn, asksToSignIn, disconnect, letIn, signIn } from '../support/connected-apps.js';
import { startWorld, type World } from '../support/world.js';

let world: World;

beforeEach(async () => {
  world = await startWorld({ connectedApps: true });
  const demo = { auth: world.auth, baseUrl: world.origin, standIn: undefined };
  world.app.get('/', landingPage(demo));
});

afterEach(() => world.close());

describe('the landing page of the demo', () => {
  it('links to the page, where a user signs in and disconnects a client', async () => {
    const app = await letIn(world, 'Chart reader');
    const { body } = await createBrowser().get(world.origin);
    const [, address = ''] = /<a href="([^"]+)">Connected apps<\/a>/.exec(body) ?? [];
    expect(asksToSignIn(await createBrowser().get(address))).toBe(true);
    const browser = createBrowser();
    const page = await signIn(browser, address.replace(/\/connected-apps$/, ''));
    expect(appsOn(page)).toEqual(['Chart reader']);
    await disconnect(browser, page, 'Chart reader');
    expect(await app.status()).toBe(401);
  });
});
