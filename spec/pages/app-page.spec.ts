import { describe, expect, it } from '@jest/globals';

import { CODE_TTL_SECONDS } from '../../lib/grants/authorization-code.js';
import { appPage } from '../../lib/pages/app-page.js';
import { createCatalogue } from '../../lib/pages/texts/catalogue.js';
import { pageContext } from './sample-pages.js';

const HREF = 'cursor://anysphere.cursor-mcp/oauth/callback?code=c&state=s';

describe('the page that opens an app', () => {
  it('has a button to the app, which it names with its scheme', () => {
    const page = appPage(pageContext, { href: HREF, clientName: 'Cursor' });
    expect(page).toContain(
      'href="cursor://anysphere.cursor-mcp/oauth/callback?code=c&amp;state=s" rel="noreferrer">Open <bdi>Cursor</bdi></a>',
    );
    expect(page).toContain('<bdi dir="ltr">cursor://anysphere.cursor-mcp</bdi>');
  });

  it('names an app without a name by its scheme', () => {
    const page = appPage(pageContext, { href: HREF, clientName: '\u202e' });
    expect(page).toContain('Open <bdi>cursor://anysphere.cursor-mcp</bdi>');
  });

  it.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)?code=c',
    'data:text/html,x?code=c',
    'vbscript:x',
    'ms-word:ofe%7Cu%7Chttps://evil.example/a.docm?code=c',
    'https://evil.example/?code=c',
    'http://127.0.0.1:1/cb?code=c',
    '//evil.example',
    '/own',
    'cursor://a.b/"><script>?code=c',
    'cursor://a.b/cb\r\nSet-Cookie: x?code=c',
  ])('R-AZ-17 opens nothing at %j', (href) => {
    expect(() => appPage(pageContext, { href, clientName: 'Cursor' })).toThrow(RangeError);
  });

  it('R-AZ-17 escapes everything that the client chose', () => {
    const href = 'com.example.app:/cb?x=\'onclick=&code=c&state="><script>alert(1)</script>';
    const page = appPage(pageContext, { href, clientName: '</bdi><script>alert(2)</script>' });
    expect(page).not.toContain('<script');
    expect(page).not.toContain("'onclick");
  });

  it.each(['en', 'de', 'es', 'fr'])(
    'promises in %s the minute that a code is valid',
    (language) => {
      const { appPage: texts } = createCatalogue().choose({ uiLocales: language });
      expect(texts.remedy).toMatch(/one minute|eine Minute|un minuto|une minute/);
      expect(CODE_TTL_SECONDS).toBe(60);
    },
  );
});
