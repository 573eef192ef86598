import { describe, expect, it } from '@jest/globals';

import { signInPage } from '../../lib/pages/sign-in-page.js';
import { createCatalogue } from '../../lib/pages/texts/catalogue.js';
import { look } from './sample-pages.js';

const form = { action: '/connected-apps/sign-in', fields: { form: 'sealed' } };

describe('the sign-in page', () => {
  it('says what for, and has one button', () => {
    const page = signInPage(look, { form });
    expect(page).toContain('<h1>Connected apps</h1>');
    expect(page).toContain('can use <bdi>Harbour Weather</bdi> in your name');
    expect(page).toContain(
      '<form method="post" action="/connected-apps/sign-in"><input type="hidden" name="form" value="sealed">',
    );
    expect(page.match(/<button/g)).toHaveLength(1);
  });

  it('speaks the reader’s language', () => {
    const texts = createCatalogue().choose({ uiLocales: 'de' });
    expect(signInPage({ ...look, texts }, { form })).toContain('>Anmelden</button>');
  });

  it('is sent to a web address, or is a mistake in the calling code', () => {
    const wrong = { ...form, action: 'javascript:alert(1)' };
    expect(() => signInPage(look, { form: wrong })).toThrow(RangeError);
  });
});
