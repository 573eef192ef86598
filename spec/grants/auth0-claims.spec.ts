import { describe, expect, it } from '@jest/globals';
import { UnsecuredJWT } from 'jose';

import { createAuth0Claims } from '../../lib/grants/auth0-claims.js';

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
    expect(createAuth0Claims()(grant())).toEqual(CLAIMS);
  });

  it('is nobody’s to change, since all requests with the token share it', () => {
    const [read, same] = [createAuth0Claims(), grant()];
    expect(() => Object.assign(read(same), { azp: 'changed' })).toThrow(TypeError);
    expect(() => (read(same)['permissions'] as string[]).push('admin')).toThrow(TypeError);
    expect(read(same)).toEqual(CLAIMS);
  });

  it('is that of each grant, and of each token of a grant', () => {
    const read = createAuth0Claims();
    expect(read(grant({ sub: 'a' }))).toEqual({ sub: 'a' });
    expect(read(grant({ sub: 'b' }))).toEqual({ sub: 'b' });
  });
});
