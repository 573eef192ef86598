import { describe, expect, it } from '@jest/globals';

import { errorPage } from '../../lib/pages/error-page.js';
import en from '../../lib/pages/texts/en.json' with { type: 'json' };
import type { ErrorPageKind } from '../../lib/pages/texts/page-texts.js';
import { pageContext } from './sample-pages.js';

const KINDS = Object.keys(en.error) as ErrorPageKind[];

describe('the error page', () => {
  it.each(KINDS)('%s shows what happened, what to do, and the reference', (kind) => {
    const page = errorPage(pageContext, { kind, correlationId: '01JPA6Q9' });
    const { title, message, remedy } = en.error[kind];
    expect(page).toContain(`<h1>${title}</h1>`);
    expect(page).toContain(message);
    expect(page).toContain(remedy);
    expect(page).toContain('Reference: <code><bdi dir="ltr">01JPA6Q9</bdi></code>');
  });

  it('CLI-20 for an unknown client tells the user to remove the connection and add it again', () => {
    const page = errorPage(pageContext, { kind: 'unknown_client', correlationId: 'x' });
    expect(page).toContain('remove this connection and add it again');
  });

  it('shows the link, if there is one', () => {
    const link = { href: 'https://weather.example.com/?a=1&b=2', text: '<b>' };
    const page = errorPage(pageContext, { kind: 'login_expired', correlationId: 'x', link });
    expect(page).toContain(
      'href="https://weather.example.com/?a=1&amp;b=2" rel="noreferrer">&lt;b&gt;</a>',
    );
  });

  it('AS-16 names the host that a link without a text leads to', () => {
    const link = { href: 'https://client.example/cb?error=invalid_scope' };
    const page = errorPage(pageContext, { kind: 'invalid_request', correlationId: 'x', link });
    expect(page).toContain('>Continue to <bdi dir="ltr">client.example</bdi></a>');
    const own = errorPage(pageContext, {
      kind: 'login_expired',
      correlationId: 'x',
      link: { href: '/x' },
    });
    expect(own).toContain('href="/x" rel="noreferrer">Try again</a>');
    const href = `cursor://anysphere.cursor-mcp/cb?error=invalid_scope&state=${'s'.repeat(2000)}`;
    const app = errorPage(pageContext, {
      kind: 'invalid_request',
      correlationId: 'x',
      link: { href },
    });
    expect(app).toContain('>Continue to <bdi dir="ltr">cursor://anysphere.cursor-mcp</bdi></a>');
  });

  it.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)?x',
    'data:text/html,x',
    'ms-word:ofe%7Cu%7Chttps://evil.example/a.docm?x',
    '//evil.example',
  ])('R-AZ-17 leaves out a link to %s', (href) => {
    const page = errorPage(pageContext, {
      kind: 'login_expired',
      correlationId: 'x',
      link: { href },
    });
    expect(page).not.toContain('class="button');
    expect(page).not.toContain(href);
  });

  it('R-AZ-17 escapes the reference', () => {
    const page = errorPage(pageContext, { kind: 'server_error', correlationId: '<script>' });
    expect(page).not.toContain('<script');
  });
});
