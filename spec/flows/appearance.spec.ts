/** The options for the pages, as the user sees them. */
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
  it('has name, logo and links of the service, and its policy allows the logo', async () => {
    const page = await consentPage();
    const html = await page.text();
    expect(html).toContain('<bdi>Harbour &amp; Sons</bdi>');
    expect(html).toContain('<img class="logo" src="/logo.svg" alt="">');
    expect(html).toContain('<a href="/privacy">');
    expect(page.headers.get('content-security-policy')).toContain("img-src 'self'");
  });

  it('describes scopes in the operator’s words, escaped', async () => {
    expect(await (await consentPage()).text()).toContain('Change &lt;your&gt; files');
  });

  it.each([
    ['en', 'Know who you are'],
    ['de', 'Wissen, wer Sie sind'],
    ['fr', 'Savoir qui vous êtes'],
    ['es', 'Saber quién eres'],
  ])('is in %s for a browser that prefers it', async (lang, words) => {
    const page = await consentPage({ scope: 'openid' }, `${lang}-XX;q=0.9, ja;q=0.1`);
    const html = await page.text();
    expect(html).toContain(`<html lang="${lang}"`);
    expect(html).toContain(words);
  });

  it('prefers ui_locales of the client to the browser’s languages, also on error pages', async () => {
    expect(await (await consentPage({ ui_locales: 'fr' }, 'de')).text()).toContain('lang="fr"');
    const unknown = `${world.origin}/authorize?client_id=nobody&ui_locales=es`;
    const page = await fetch(unknown, { headers: { 'accept-language': 'de' } });
    expect(page.status).toBe(400);
    expect(await page.text()).toContain('<html lang="es"');
  });

  it('is in a language that the operator added, where it is preferred', async () => {
    const html = await (await consentPage({ ui_locales: 'it' })).text();
    expect(html).toContain('<html lang="it"');
    expect(html).toContain('Consenti');
  });
});
