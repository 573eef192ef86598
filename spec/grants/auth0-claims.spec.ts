import { describe, expect, it } from '@jest/globals';
import { UnsecuredJWT } from 'jose';

import { auth0ClaimsOf } from '../../lib/grants/auth0-claims.js';

const CLAIMS = { iss: 'https://t.auth0.com/', azp: 'app', permissions: ['read'] };
const grant = (claims: object = CLAIMS) => ({
  auth0: {
    accessToken: new UnsecuredJWT({ ...claims }).encode(),
    accessTokenExpiresAt: 0,
    scopes: [],
  },
});

describe('what Auth0’s access token says', () => {
  it('parity 4.16 is there for tools to read', () => {
    expect(auth0ClaimsOf(grant())).toEqual(CLAIMS);
  });

  it('is nobody’s to change, since all requests with the token share it', () => {
    const claims = auth0ClaimsOf(grant());
    expect(() => Object.assign(claims, { azp: 'changed' })).toThrow(TypeError);
    expect(() => (claims['permissions'] as string[]).push('admin')).toThrow(TypeError);
    expect(claims).toEqual(CLAIMS);
  });
});
