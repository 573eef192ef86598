import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, it } from '@jest/globals';
import type { AuthInfo as SdkAuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { UnsecuredJWT } from 'jose';

import { type CallerCache, createCallerCache } from '../../lib/bearer/caller-cache.js';
import { createAuthInfoOf, createVerification } from '../../lib/bearer/verification.js';
import type { AccessTokenClaims, AccessTokens } from '../../lib/grants/access-token.js';
import type { Grants } from '../../lib/grants/grants.js';
import {
  InvalidGrantError,
  InvalidTokenError,
  TemporarilyUnavailableError,
} from '../../lib/oauth/errors.js';
import type { GrantRecord } from '../../lib/storage/records.js';
import { StorageUnavailableError } from '../../lib/storage/storage.js';

const NOW = 1_700_000_000;
const METADATA = 'https://mcp.example/.well-known/oauth-protected-resource/mcp';
const CLAIMS: AccessTokenClaims = {
  grantId: 'g',
  clientId: 'client',
  subject: 'auth0|ada',
  scopes: ['openid', 'read'],
  issuedAt: NOW,
  expiresAt: NOW + 3600,
};
const AUTH0_CLAIMS = { iss: 'https://t.auth0.com/', azp: 'our-app', permissions: ['read'] };
/** Frozen at its top level only, as a record is that was read from the store. */
const GRANT: GrantRecord = Object.freeze<GrantRecord>({
  client: { id: 'client', authMethod: 'none', mayRefresh: true },
  subject: 'auth0|ada',
  scopes: ['openid', 'read'],
  createdAt: NOW,
  lastUsedAt: NOW,
  code: {
    tag: '',
    challenge: '',
    redirectUri: '',
    expiresAt: 0,
    failures: 0,
  },
  generation: 0,
  replaced: [],
  auth0: {
    accessToken: new UnsecuredJWT(AUTH0_CLAIMS).encode(),
    accessTokenExpiresAt: NOW + 86400,
    scopes: [],
  },
  user: { name: 'Ada', roles: ['reader'] },
});

function verification({
  verify = async () => CLAIMS,
  find = async () => GRANT,
  auth0Token = async () => 'live',
  isExpired = () => false,
  cache = createCallerCache(),
}: {
  verify?: () => Promise<AccessTokenClaims>;
  find?: Grants['find'];
  auth0Token?: Grants['auth0Token'];
  isExpired?: AccessTokens['isExpired'];
  cache?: CallerCache;
} = {}) {
  return createVerification(
    { verify, isExpired },
    { find, auth0Token },
    cache,
    {
      resourceMetadataUrl: METADATA,
      baselineScopes: ['openid'],
    },
    ({ scopes }) => scopes,
    async () => 'c',
  );
}

describe('verification of a bearer token', () => {
  it('parity 4.16 returns user, client and the claims of Auth0', async () => {
    const caller = await verification()('the-token');
    expect(caller).toMatchObject({
      token: 'the-token',
      clientId: 'client',
      subject: 'auth0|ada',
      scopes: ['openid', 'read'],
      expiresAt: NOW + 3600,
      claims: AUTH0_CLAIMS,
      user: { name: 'Ada' },
    });
    expect(await caller.auth0Token()).toBe('live');
  });

  it('reads a grant once for many requests, and again at once after this process has changed it', async () => {
    const cache = createCallerCache();
    const renamed = { ...GRANT, user: { name: 'Ada King' } };
    let grant = GRANT;
    let reads = 0;
    const find = async () => {
      reads += 1;
      return grant;
    };
    const verify = verification({ find, cache });
    for (let round = 0; round < 10; round += 1) {
      expect((await verify('one')).user).toEqual({ name: 'Ada', roles: ['reader'] });
    }
    expect(reads).toBe(1);
    grant = renamed;
    cache.dropGrant(CLAIMS.grantId);
    expect((await verify('one')).user).toEqual({ name: 'Ada King' });
    expect(reads).toBe(2);
  });

  it('reads a grant that has not changed without opening it again', async () => {
    const known: (GrantRecord | undefined)[] = [];
    const verify = verification({
      find: async (_id, from) => {
        known.push(from);
        return GRANT;
      },
    });
    await verify('one');
    await sleep(1_010);
    expect((await verify('one')).user).toEqual({ name: 'Ada', roles: ['reader'] });
    expect(known).toEqual([undefined, GRANT]);
    expect(known[1]).toBe(GRANT);
  });

  it('RS-12 rejects a cached token that has expired', async () => {
    let hasExpired = false;
    const verify = verification({
      isExpired: () => hasExpired,
      verify: async () => {
        if (hasExpired) throw new InvalidTokenError('The access token has expired');
        return CLAIMS;
      },
    });
    await verify('one');
    hasExpired = true;
    await expect(verify('one')).rejects.toThrow('The access token has expired');
  });

  it('isolates requests from each other', async () => {
    const verify = verification();
    const [one, other] = [await verify('t'), await verify('t')];
    expect(() => Object.assign(one, { subject: 'auth0|eve' })).toThrow(TypeError);
    expect(() => (one.scopes as string[]).push('admin')).toThrow(TypeError);
    expect(() => Object.assign(one.claims, { permissions: ['admin'] })).toThrow(TypeError);
    expect(() => Object.assign(one.user, { name: 'Eve' })).toThrow(TypeError);
    expect(() => (one.user['roles'] as string[]).push('admin')).toThrow(TypeError);
    expect(other).toMatchObject({ scopes: CLAIMS.scopes, claims: AUTH0_CLAIMS });
    expect(await verify('t')).toMatchObject({ scopes: CLAIMS.scopes, user: { name: 'Ada' } });
  });

  it.each([
    ['person', { subject: 'auth0|mallory' }],
    ['client', { client: { ...GRANT.client, id: 'other' } }],
  ])('rejects a token whose grant is of another %s', async (_name, change) => {
    const find = async () => ({ ...GRANT, ...change });
    await expect(verification({ find })('t')).rejects.toBeInstanceOf(InvalidTokenError);
  });

  it('parity 4.1 rejects a token whose grant was revoked', async () => {
    const attempt = verification({ find: async () => undefined })('t');
    await expect(attempt).rejects.toBeInstanceOf(InvalidTokenError);
    await expect(attempt).rejects.toMatchObject({
      description: 'The access token is not valid for this server',
      detail: 'its grant was revoked or has expired, or belongs to another user or client',
    });
  });

  it('RS-10 reads no grant before the token is verified', async () => {
    const asked: string[] = [];
    const verify = verification({
      verify: async () => {
        throw new InvalidTokenError('no');
      },
      find: async (id) => {
        asked.push(id);
        return GRANT;
      },
    });
    await expect(verify('t')).rejects.toThrow(InvalidTokenError);
    expect(asked).toEqual([]);
  });

  it('R-RS-7 reports an outage of the store as an outage', async () => {
    const failure = new StorageUnavailableError('away');
    const find = async () => {
      throw failure;
    };
    await expect(verification({ find })('t')).rejects.toBe(failure);
  });
});

describe('auth0Token()', () => {
  const failing = (error: unknown) =>
    verification({
      auth0Token: async () => {
        throw error;
      },
    });

  it('throws a 401 with a challenge when the user has to log in again', async () => {
    const caller = await failing(new InvalidGrantError('The login has ended'))('t');
    await expect(caller.auth0Token()).rejects.toMatchObject({
      status: 401,
      headers: {
        'WWW-Authenticate': expect.stringMatching(/^Bearer resource_metadata=/),
        'Cache-Control': 'no-store',
      },
    });
  });

  it('parity 4.3 reports an outage as an outage', async () => {
    const outage = new TemporarilyUnavailableError('later');
    const caller = await failing(outage)('t');
    await expect(caller.auth0Token()).rejects.toBe(outage);
  });
});

describe('req.auth', () => {
  it('has the shape of the SDK, with the caller in extra', async () => {
    const caller = await verification()('the-token');
    const auth: SdkAuthInfo = createAuthInfoOf('https://mcp.example/mcp')(caller);
    const { subject, claims, user, auth0Token, connectionToken } = caller;
    expect(auth).toEqual({
      token: 'the-token',
      clientId: 'client',
      scopes: ['openid', 'read'],
      expiresAt: NOW + 3600,
      resource: new URL('https://mcp.example/mcp'),
      extra: { subject, isMachine: false, claims, user, auth0Token, connectionToken },
    });
  });

  it('has a URL that no request can change for another', async () => {
    const { resource } = createAuthInfoOf('https://mcp.example/mcp')(await verification()('t'));
    if (resource === undefined) throw new Error('there is no resource');
    for (const part of ['href', 'protocol', 'host', 'port', 'pathname', 'search', 'hash']) {
      expect(() => Object.assign(resource, { [part]: 'changed' })).toThrow(TypeError);
    }
    expect(() => Object.assign(resource, { new: 'part' })).toThrow(TypeError);
    resource.searchParams.append('changed', '');
    expect([String(resource), resource.href, JSON.stringify(resource)]).toEqual([
      'https://mcp.example/mcp',
      'https://mcp.example/mcp',
      '"https://mcp.example/mcp"',
    ]);
    expect(resource).toBeInstanceOf(URL);
    expect([resource.origin, resource.pathname]).toEqual(['https://mcp.example', '/mcp']);
  });
});
