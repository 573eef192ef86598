import { describe, expect, it } from '@jest/globals';

import { redirectUriHost } from '../../lib/oauth/redirect-uri.js';
import { type ConsentPage, consentPage } from '../../lib/pages/consent-page.js';
import { consent, look } from './sample-pages.js';

const page = (changes: Partial<ConsentPage> = {}): string =>
  consentPage(look, { ...consent, ...changes });

/** What a reader without style sheet or markup would see. */
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
  it('PX-5 names the client, and says that the name is its own claim (R-RG-10)', () => {
    expect(seen()).toContain('Claude wants to use Harbour Weather');
    expect(seen()).toContain('The app chose this name itself. Nobody has checked it.');
  });

  it('PX-5 names the host of a metadata document, which was checked', () => {
    const text = seen({ clientHost: 'vscode.dev' });
    expect(text).toContain('The app describes itself at vscode.dev . That address was checked.');
    expect(text).not.toContain('chose this name itself');
  });

  it('says of a client that the operator entered who entered it', () => {
    const text = seen({ clientNameVerified: true });
    expect(text).toContain('The people who run Harbour Weather set this app up.');
  });

  it.each([undefined, '\u202e\u200b'])(
    'calls a client without a readable name just that',
    (clientName) => {
      expect(seen({ clientName })).toContain('An app without a name wants to use');
      expect(seen({ clientName })).not.toContain('chose this name itself');
      expect(seen({ clientName, clientHost: 'vscode.dev' })).toContain('vscode.dev wants to use');
    },
  );

  it('AS-31 PX-7 shows the host that access goes to, and the full redirect URI', () => {
    expect(page()).toContain('<p class="host"><bdi dir="ltr">claude.ai</bdi></p>');
    expect(seen()).toContain('https://claude.ai/api/mcp/auth_callback');
  });

  it('R-RG-10 shows the host of an attacker who calls himself Claude', () => {
    const text = seen({
      redirectHost: 'claude.ai.evil.example',
      redirectUri: 'https://claude.ai.evil.example/cb',
    });
    expect(text).toMatch(/Claude wants to use.*Access goes to claude\.ai\.evil\.example /);
  });

  it('PX-6 lists what the client may do and what Auth0 is asked for', () => {
    expect(seen()).toContain('Know who you are openid forecasts:read');
    expect(seen()).toContain('openid profile email offline_access');
  });

  it('has words of its own for the scopes of OpenID, and no others', () => {
    const scopes = ['openid', 'profile', 'email', 'constructor'].map((name) => ({ name }));
    expect(seen({ scopes })).toContain(
      'Know who you are openid See your name and picture profile See your e-mail address email constructor',
    );
  });

  it('says what a client without any scope may do', () => {
    expect(seen({ scopes: [] })).toContain('Use Harbour Weather in your name');
  });

  it('AS-32 warns of a loopback address', () => {
    const loopback = { redirectKind: 'loopback', redirectHost: '[::1]:3334' } as const;
    expect(page(loopback)).toContain('<div class="warning" role="note">');
    expect(seen(loopback)).toContain('A program on this device is asking');
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

  it('has one form, by POST, with the hidden fields and two answers', () => {
    expect(page().match(/<form/g)).toHaveLength(1);
    expect(page()).toContain('<form method="post" action="/consent">');
    expect(page()).toContain('<input type="hidden" name="request" value="sealed">');
    expect(page()).toMatch(/name="decision" value="deny".*name="decision" value="allow"/s);
  });

  it.each(PROBES)('R-AZ-17 shows %s as text in every place a client can fill', (probe) => {
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

  it('R-RG-10 keeps a name from turning the rest of the line round', () => {
    const text = page({ clientName: 'Claude\u202e\u2066', redirectHost: 'a\u202eb' });
    expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    expect(text).toContain('<h1><bdi>Claude</bdi> wants');
  });

  it('refuses a form that would be sent to a script', () => {
    const form = { action: 'javascript:alert(1)', fields: {} };
    expect(() => page({ form })).toThrow(RangeError);
  });
});
