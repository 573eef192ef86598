import { describe, expect, it } from '@jest/globals';

import {
  connectedAppsPage,
  signedOutPage,
  signInPage,
} from '../../lib/pages/connected-apps-page.js';
import { createCatalogue } from '../../lib/pages/texts/catalogue.js';
import { app, connectedApps, pageContext } from './sample-pages.js';

describe('the page of connected apps', () => {
  it('has one form an app, with the grant and the common fields', () => {
    const page = connectedAppsPage(pageContext, connectedApps);
    for (const id of ['grant-1', 'grant-2']) {
      expect(page).toContain(
        `<form method="post" action="/connected-apps"><input type="hidden" name="csrf" value="token"><input type="hidden" name="grant" value="${id}">`,
      );
    }
  });

  it('shows host, permissions and dates', () => {
    const page = connectedAppsPage(pageContext, connectedApps);
    expect(page).toContain('claude.ai');
    expect(page).toContain('<li><code>forecasts:read</code></li>');
    expect(page).toContain('Connected <time datetime="2026-02-01">Feb 1, 2026</time>');
    expect(page).toContain('Last used <time datetime="2026-03-13">Mar 13, 2026</time>');
  });

  it('shows dates in the user’s language', () => {
    const texts = createCatalogue().choose({ uiLocales: 'de' });
    const page = connectedAppsPage({ ...pageContext, texts }, connectedApps);
    expect(page).toContain('Verbunden am <time datetime="2026-02-01">01.02.2026</time>');
  });

  it('shows that no app is connected', () => {
    const page = connectedAppsPage(pageContext, { ...connectedApps, apps: [] });
    expect(page).toContain('No app is connected.');
    expect(page).not.toContain('<ul');
  });

  it('confirms what was disconnected, also to screen readers', () => {
    const page = connectedAppsPage(pageContext, { ...connectedApps, disconnected: 'Cursor' });
    expect(page).toContain('role="status"><bdi>Cursor</bdi> is disconnected.');
  });

  it('R-AZ-17 shows what a client or a profile contains as text', () => {
    const probe = '"><script>alert(1)</script>\u202e';
    const page = connectedAppsPage(pageContext, {
      ...connectedApps,
      account: probe,
      disconnected: probe,
      apps: [{ ...app, id: probe, clientName: probe, host: probe, scopes: [probe] }],
    });
    expect(page).not.toMatch(/<script|\u202e(?!")/);
    expect(page).toContain('&lt;script&gt;');
  });
});

const form = { action: '/connected-apps/sign-in', fields: { form: 'sealed' } };

describe('the sign-in page', () => {
  it('states its purpose and has one button', () => {
    const page = signInPage(pageContext, form);
    expect(page).toContain('<h1>Connected apps</h1>');
    expect(page).toContain('can use <bdi>Harbour Weather</bdi> on your behalf');
    expect(page).toContain(
      '<form method="post" action="/connected-apps/sign-in"><input type="hidden" name="form" value="sealed">',
    );
    expect(page.match(/<button/g)).toHaveLength(1);
  });

  it('is in the user’s language', () => {
    const texts = createCatalogue().choose({ uiLocales: 'de' });
    expect(signInPage({ ...pageContext, texts }, form)).toContain('>Anmelden</button>');
  });

  it('throws for a form that is not sent to a web address', () => {
    const wrong = { ...form, action: 'javascript:alert(1)' };
    expect(() => signInPage(pageContext, wrong)).toThrow(RangeError);
  });
});

describe('the signed-out page', () => {
  it('states that apps stay connected', () => {
    const page = signedOutPage(pageContext, '/connected-apps');
    expect(page).toContain('Connected apps keep their access');
  });

  it('links to sign in again', () => {
    const page = signedOutPage(pageContext, '/connected-apps');
    expect(page).toContain('<a class="button" href="/connected-apps">Sign in again</a>');
  });

  it('R-AZ-17 does not link to a script', () => {
    expect(signedOutPage(pageContext, 'javascript:alert(1)')).not.toContain('<a class="button"');
  });
});
