/** The options for the pages, as the person sees them. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { registerClient } from '../support/oauth-client.js';
import { startWorld, type World } from '../support/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({
    options: {
      branding: { name: 'Harbour & Sons', logo: '/logo.svg', policyUrl: '/privacy' },
      scopesSupported: ['files:write'],
      scopeDescriptions: { 'files:write': 'Change <your> files' },
      texts: { it: { consent: { allow: 'Consenti' } } },
    },
  });
});

afterAll(() => world.close());

async function consentPage(
  parameters: Record<string, string> = {},
  acceptLanguage = '*',
): Promise<Response> {
  const client = await registerClient(world.origin);
  const url = client.authorizeUrl({ scope: 'files:write', ...parameters });
  return fetch(url, { headers: { 'accept-language': acceptLanguage } });
}

describe('the consent page', () => {
  it('carries name, logo and links of the service, and lets the logo load', async () => {
    const page = await consentPage();
    const html = await page.text();
    expect(html).toContain('<bdi>Harbour &amp; Sons</bdi>');
    expect(html).toContain('<img class="logo" src="/logo.svg" alt="">');
    expect(html).toContain('<a href="/privacy">');
    expect(page.headers.get('content-security-policy')).toContain("img-src 'self'");
  });

  it('says what a scope allows in the words of the operator, as text', async () => {
    expect(await (await consentPage()).text()).toContain('Change &lt;your&gt; files');
  });

  it.each([
    ['en', 'Know who you are'],
    ['de', 'Wissen, wer Sie sind'],
    ['fr', 'Savoir qui vous êtes'],
    ['es', 'Saber quién eres'],
  ])('speaks %s to a browser that asks for it', async (lang, words) => {
    const page = await consentPage({ scope: 'openid' }, `${lang}-XX;q=0.9, ja;q=0.1`);
    const html = await page.text();
    expect(html).toContain(`<html lang="${lang}"`);
    expect(html).toContain(words);
  });

  it('heeds ui_locales of the client before the browser, on pages of errors too', async () => {
    expect(await (await consentPage({ ui_locales: 'fr' }, 'de')).text()).toContain('lang="fr"');
    const unknown = `${world.origin}/authorize?client_id=nobody&ui_locales=es`;
    const page = await fetch(unknown, { headers: { 'accept-language': 'de' } });
    expect(page.status).toBe(400);
    expect(await page.text()).toContain('<html lang="es"');
  });

  it('speaks a language that the operator added, to who asks for it', async () => {
    const html = await (await consentPage({ ui_locales: 'it' })).text();
    expect(html).toContain('<html lang="it"');
    expect(html).toContain('Consenti');
  });
});
