import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { type ConnectedApps, connectedApps } from '../../demo/connected-apps.js';
import { type Browser, createBrowser } from '../../demo/tenant/browser.js';
import { ADA, BOB } from '../../demo/tenant/options.js';
import { callTool, registerClient } from '../support/oauth-client.js';
import { startWorld, type World } from '../support/world.js';

let world: World;
let apps: ConnectedApps;
let browser: Browser;

beforeEach(async () => {
  world = await startWorld();
  apps = connectedApps(world.auth.grants, world.origin);
  world.app.use('/apps', apps.page);
  browser = createBrowser();
});

afterEach(() => world.close());

/** Somebody logged in with a client of this name. */
async function connect(name: string, user = ADA) {
  const client = await registerClient(world.origin, { client_name: name });
  const { access_token: token } = await client.tokens({ user });
  return { status: async () => (await callTool(world.mcp, token, 'whoami')).status };
}

const open = () => browser.follow(apps.linkFor(ADA.sub));
const grantOf = async (subject: string) =>
  (await world.auth.grants.list({ subject }))[0]?.id ?? 'none';

describe('the page of connected apps', () => {
  it('lists the apps of the person the link was made for, and nobody else’s', async () => {
    await connect('Chart <b>reader</b>');
    await connect('Somebody else’s', BOB);
    const page = await open();
    expect([page.status, page.url.search]).toEqual([200, '']);
    expect(page.body).toContain('<h2>Chart &lt;b&gt;reader&lt;/b&gt;</h2>');
    expect(page.body).not.toContain('Somebody else');
    expect(page.headers['cache-control']).toBe('no-store');
  });

  it('ends an app’s access at once, and that of no other app', async () => {
    const one = await connect('One');
    const other = await connect('Other');
    const page = await open();
    const at = page.body.indexOf('<h2>One</h2>');
    const value = /name="grant" value="([^"]+)"/.exec(page.body.slice(at))?.[1] ?? '';
    const after = await browser.submit(
      page,
      {},
      {
        form: ({ buttons }) => buttons.some((button) => button.value === value),
        button: { name: 'grant', value },
      },
    );
    expect(await one.status()).toBe(401);
    expect(await other.status()).toBe(200);
    expect(after.body).toContain('<h2>Other</h2>');
    expect(after.body).not.toContain('<h2>One</h2>');
  });

  it('does not end the access of another person’s app', async () => {
    await connect('Own');
    const foreign = await connect('Foreign', BOB);
    const formKey = /name="form_key" value="([^"]+)"/.exec((await open()).body)?.[1] ?? '';
    await browser.post(`${world.origin}/apps`, {
      form_key: formKey,
      grant: await grantOf(BOB.sub),
    });
    expect(await foreign.status()).toBe(200);
  });

  it('refuses a forged form', async () => {
    const own = await connect('Own');
    await open();
    const grant = await grantOf(ADA.sub);
    for (const form of [{ grant }, { grant, form_key: 'guessed' }]) {
      expect((await browser.post(`${world.origin}/apps`, form)).status).toBe(403);
    }
    expect(await own.status()).toBe(200);
  });

  it('opens once by a link, and not without one', async () => {
    const link = apps.linkFor(ADA.sub);
    expect((await browser.follow(link)).status).toBe(200);
    const stranger = createBrowser();
    for (const address of [link, `${world.origin}/apps`, `${world.origin}/apps?key=guessed`]) {
      expect((await stranger.follow(address)).status).toBe(401);
    }
    expect((await stranger.post(`${world.origin}/apps`, {})).status).toBe(401);
  });

  it('keeps its cookie from scripts and from other sites', async () => {
    await open();
    expect(browser.cookies.all()).toEqual([
      expect.objectContaining({ httpOnly: true, sameSite: 'lax', path: '/apps' }),
    ]);
  });
});
