import { describe, expect, it } from '@jest/globals';

import { signedOutPage } from '../../lib/pages/signed-out-page.js';
import { look } from './sample-pages.js';

describe('the signed-out page', () => {
  it('says that apps stay connected', () => {
    expect(signedOutPage(look)).toContain('Connected apps keep their access');
    expect(signedOutPage(look)).not.toContain('<a class="button"');
  });

  it('offers to sign in again', () => {
    const page = signedOutPage(look, { signInUrl: '/connected-apps' });
    expect(page).toContain('<a class="button" href="/connected-apps">Sign in again</a>');
  });

  it('R-AZ-17 does not link to a script', () => {
    expect(signedOutPage(look, { signInUrl: 'javascript:alert(1)' })).not.toContain(
      '<a class="button"',
    );
  });
});
