import { describe, expect, it } from '@jest/globals';

import { connectedAppsPage } from '../../lib/pages/connected-apps-page.js';
import { createCatalogue } from '../../lib/pages/texts/catalogue.js';
import { app, connectedApps, look } from './sample-pages.js';

describe('the connected apps', () => {
  it('each have a form of their own that names the grant and carries the common fields', () => {
    const page = connectedAppsPage(look, connectedApps);
    for (const id of ['grant-1', 'grant-2']) {
      expect(page).toContain(
        `<form method="post" action="/connected-apps"><input type="hidden" name="csrf" value="token"><input type="hidden" name="grant" value="${id}">`,
      );
    }
  });

  it('show host, permissions and days', () => {
    const page = connectedAppsPage(look, connectedApps);
    expect(page).toContain('claude.ai');
    expect(page).toContain('<li><code>forecasts:read</code></li>');
    expect(page).toContain('Connected <time datetime="2026-02-01">Feb 1, 2026</time>');
    expect(page).toContain('Not used yet');
  });

  it('show days the way the reader writes them', () => {
    const texts = createCatalogue().choose({ uiLocales: 'de' });
    const page = connectedAppsPage({ ...look, texts }, connectedApps);
    expect(page).toContain('Verbunden am <time datetime="2026-02-01">01.02.2026</time>');
  });

  it('say so when there is none', () => {
    const page = connectedAppsPage(look, { ...connectedApps, apps: [] });
    expect(page).toContain('No app is connected.');
    expect(page).not.toContain('<ul');
  });

  it('confirm what was disconnected, aloud', () => {
    const page = connectedAppsPage(look, { ...connectedApps, disconnected: 'Cursor' });
    expect(page).toContain('role="status"><bdi>Cursor</bdi> is disconnected.');
  });

  it('R-AZ-17 show what a client or a profile says as text', () => {
    const probe = '"><script>alert(1)</script>\u202e';
    const page = connectedAppsPage(look, {
      ...connectedApps,
      account: probe,
      disconnected: probe,
      apps: [{ ...app, id: probe, clientName: probe, host: probe, scopes: [probe] }],
    });
    expect(page).not.toMatch(/<script|\u202e(?!")/);
    expect(page).toContain('&lt;script&gt;');
  });
});
