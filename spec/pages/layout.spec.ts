import { createHash } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { parseBrand } from '../../lib/pages/brand.js';
import { consentPage } from '../../lib/pages/consent-page.js';
import { contentSecurityPolicy } from '../../lib/pages/layout.js';
import { brand, consent, pageContext, samplePages } from './sample-pages.js';

describe('contentSecurityPolicy', () => {
  it('PX-9 R-AZ-10 forbids everything but the one style sheet', () => {
    const [, css = ''] = /<style>(.*?)<\/style>/s.exec(consentPage(pageContext, consent)) ?? [];
    const hash = createHash('sha256').update(css).digest('base64');
    expect(contentSecurityPolicy(brand)).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; frame-ancestors 'none'`,
    );
  });

  it('R-AZ-10 has no form-action, which would block the redirects after the form', () => {
    expect(contentSecurityPolicy(brand)).not.toContain('form-action');
  });

  it.each([
    ['data:image/png;base64,AAAA', 'img-src data:'],
    ['/logo.svg', "img-src 'self'"],
  ])('allows the logo, only from its source: %s', (logo, directive) => {
    expect(contentSecurityPolicy(parseBrand({ name: 'Harbour', logo }))).toMatch(
      new RegExp(`; ${directive}$`),
    );
  });
});

describe('every page', () => {
  it.each(Object.entries(samplePages))(
    '%s has no script, style attribute or outside address',
    (_name, page) => {
      expect(page).not.toMatch(/<script|\son\w+=|\sstyle=|@import|url\(|<link|<iframe/i);
      expect(page).not.toMatch(/src="(?!data:|\/[^/])/);
    },
  );

  it.each(Object.entries(samplePages))('%s weighs less than 32 kB', (_name, page) => {
    expect(Buffer.byteLength(page)).toBeLessThan(32 * 1024);
  });

  it('shows the logo beside the name, hidden from screen readers', () => {
    const withLogo = parseBrand({ name: 'Harbour', logo: '/logo.svg' });
    const page = consentPage({ ...pageContext, brand: withLogo }, consent);
    expect(page).toContain('<img class="logo" src="/logo.svg" alt=""><bdi>Harbour</bdi>');
  });

  it('has no footer without links', () => {
    const page = consentPage({ ...pageContext, brand: parseBrand({ name: 'Harbour' }) }, consent);
    expect(page).not.toContain('<footer');
  });
});
