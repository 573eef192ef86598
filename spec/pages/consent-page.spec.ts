import { describe, expect, it } from '@jest/globals';

import { redirectUriHost } from '../../lib/oauth/redirect-uri.js';
import { type ConsentPage, consentPage } from '../../lib/pages/consent-page.js';
import { consent, pageContext } from './sample-pages.js';

const page = (changes: Partial<ConsentPage> = {}): string =>
  consentPage(pageContext, { ...consent, ...changes });

/** The text of the page. */
const seen = (changes: Partial<ConsentPage> = {}): string =>
  page(changes)
    .replace(/<style>.*<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

const PROBES = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' autofocus onfocus='alert(1)",
  '</title></style><script>alert(1)</script>',
  '{service}',
];

describe('the consent page', () => {
  it('PX-5 names the client and states that the name is its own claim (R-RG-10)', () => {
    expect(seen()).toContain('Claude wants to use Harbour Weather');
    expect(seen()).toContain('The app chose this name itself. It has not been verified.');
  });

  it('PX-5 names the verified host of a metadata document', () => {
    const text = seen({ clientHost: 'vscode.dev' });
    expect(text).toContain('The app is described at vscode.dev . This address has been verified.');
    expect(text).not.toContain('chose this name itself');
  });

  it('states that the operator entered a client', () => {
    const text = seen({ clientNameVerified: true });
    expect(text).toContain('The operator of Harbour Weather set up this app.');
  });

  it.each([undefined, '\u202e\u200b'])(
    'shows a client without a readable name as unnamed',
    (clientName) => {
      expect(seen({ clientName })).toContain('An app without a name wants to use');
      expect(seen({ clientName })).not.toContain('chose this name itself');
      expect(seen({ clientName, clientHost: 'vscode.dev' })).toContain('vscode.dev wants to use');
    },
  );

  it('AS-31 PX-7 shows the host that receives access, and the full redirect URI', () => {
    expect(page()).toContain('<p class="host"><bdi dir="ltr">claude.ai</bdi></p>');
    expect(seen()).toContain('https://claude.ai/api/mcp/auth_callback');
  });

  it('R-RG-10 shows the host of an attacker’s client that is named Claude', () => {
    const text = seen({
      redirectHost: 'claude.ai.evil.example',
      redirectUri: 'https://claude.ai.evil.example/cb',
    });
    expect(text).toMatch(/Claude wants to use.*Access goes to claude\.ai\.evil\.example /);
  });

  it('PX-6 lists the client’s scopes and those requested from Auth0', () => {
    expect(seen()).toContain('Know who you are openid forecasts:read');
    expect(seen()).toContain('openid profile email offline_access');
  });

  it('describes the scopes of OpenID, and no others', () => {
    const scopes = ['openid', 'profile', 'email', 'constructor'].map((name) => ({ name }));
    expect(seen({ scopes })).toContain(
      'Know who you are openid See your name and picture profile See your e-mail address email constructor',
    );
  });

  it('describes the access of a client without scopes', () => {
    expect(seen({ scopes: [] })).toContain('Use Harbour Weather on your behalf');
  });

  it('AS-32 warns of a loopback address', () => {
    const loopback = { redirectKind: 'loopback', redirectHost: '[::1]:3334' } as const;
    expect(page(loopback)).toContain('<div class="warning" role="note">');
    expect(seen(loopback)).toContain('A program on this device requests access');
    expect(seen(loopback)).toContain('[::1]:3334');
  });

  it.each([
    ['cursor://anysphere.cursor-retrieval/cb', 'cursor://anysphere.cursor-retrieval'],
    ['com.example.app:/cb', 'com.example.app:'],
  ])('CLI-57 warns of a custom scheme and names it: %s', (redirectUri, shown) => {
    const redirectHost = redirectUriHost(redirectUri);
    const changes = { redirectKind: 'custom_scheme', redirectUri, redirectHost } as const;
    expect(page(changes)).toContain('<div class="warning" role="note">');
    expect(page(changes)).toContain(`<p class="host"><bdi dir="ltr">${shown}</bdi></p>`);
  });

  it('AS-32 does not warn of an https address', () => {
    expect(page()).not.toContain('role="note"');
  });

  it('has one form, by POST, with the hidden fields and two buttons', () => {
    expect(page().match(/<form/g)).toHaveLength(1);
    expect(page()).toContain('<form method="post" action="/consent">');
    expect(page()).toContain('<input type="hidden" name="request" value="sealed">');
    expect(page()).toMatch(/name="decision" value="deny".*name="decision" value="allow"/s);
  });

  it.each(PROBES)('R-AZ-17 shows %s as text in every place that a client fills', (probe) => {
    const probed = page({
      form: { action: '/consent', fields: { [probe]: probe } },
      clientName: probe,
      clientHost: probe,
      clientFingerprint: probe,
      redirectUri: `${probe}:${probe}`,
      redirectHost: probe,
      redirectKind: 'custom_scheme',
      scopes: [{ name: probe }, { name: probe, description: probe }],
      auth0Scopes: [probe],
      resource: probe,
    });
    const tags = (markup: string): string[] => markup.match(/<\/?[a-z]+/g) ?? [];
    const tame = page({
      clientHost: 'x',
      redirectUri: 'x:x',
      redirectHost: 'x',
      redirectKind: 'custom_scheme',
      scopes: [{ name: 'x' }, { name: 'x', description: 'x' }],
    });
    expect(tags(probed)).toEqual(tags(tame));
    // Whatever stands inside quotes is a value; outside them there may be no handler.
    expect(probed.replace(/"[^"]*"/g, '""')).not.toMatch(/<[^>]*\s(on\w+|autofocus)\b/);
  });

  it('R-RG-10 removes bidi controls from names and hosts', () => {
    const text = page({ clientName: 'Claude\u202e\u2066', redirectHost: 'a\u202eb' });
    expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    expect(text).toContain('<h1><bdi>Claude</bdi> wants');
  });

  it('throws for a form that would be sent to a script', () => {
    const form = { action: 'javascript:alert(1)', fields: {} };
    expect(() => page({ form })).toThrow(RangeError);
  });
});
