import { describe, expect, it } from '@jest/globals';
import { extractWWWAuthenticateParams } from '@modelcontextprotocol/sdk/client/auth.js';

import { basicChallenge, errorChallenge, initialChallenge } from '../../lib/oauth/challenge.js';
import { InsufficientScopeError, InvalidTokenError } from '../../lib/oauth/errors.js';

const METADATA = 'https://mcp.example/.well-known/oauth-protected-resource/mcp';
const base = { resourceMetadataUrl: METADATA, baselineScopes: ['openid', 'read'] };

/** RFC 9110 §11.6.1 in the narrow form that every parser in the field reads. */
const NARROW =
  /^Bearer [a-z_]+="[\x20\x21\x23-\x5b\x5d-\x7e]+"(?:, [a-z_]+="[\x20\x21\x23-\x5b\x5d-\x7e]+")*$/;

function readBySdk(challenge: string) {
  const headers = { 'WWW-Authenticate': challenge };
  const { resourceMetadataUrl, ...rest } = extractWWWAuthenticateParams(
    new Response('', { headers }),
  );
  return { resourceMetadata: resourceMetadataUrl?.href, ...rest };
}

const namesOf = (challenge: string): string[] =>
  [...challenge.matchAll(/([a-z_]+)="/g)].map(([, name = '']) => name);

describe('challenges', () => {
  it('R-RS-1, RS-3, RS-4 without a token name metadata and scopes, and no error', () => {
    const challenge = initialChallenge(base);
    expect(challenge).toMatch(NARROW);
    expect(challenge).not.toContain('error');
    expect(readBySdk(challenge)).toEqual({
      resourceMetadata: METADATA,
      scope: 'openid read',
      error: undefined,
    });
  });

  it('RS-12 for an invalid token name the error as well', () => {
    const challenge = errorChallenge(base, new InvalidTokenError('The access token has expired'));
    expect(challenge).toMatch(NARROW);
    expect(readBySdk(challenge)).toEqual({
      resourceMetadata: METADATA,
      scope: 'openid read',
      error: 'invalid_token',
    });
  });

  it('RS-13, RS-14 name all scopes of the operation', () => {
    const challenge = errorChallenge(
      base,
      new InsufficientScopeError(['openid', 'files:write', 'admin']),
    );
    expect(challenge).toMatch(NARROW);
    expect(readBySdk(challenge)).toEqual({
      resourceMetadata: METADATA,
      scope: 'openid files:write admin',
      error: 'insufficient_scope',
    });
    expect(namesOf(challenge)).toEqual([
      'resource_metadata',
      'scope',
      'error',
      'error_description',
    ]);
  });

  it('R-PR-2 omit scope if there is none', () => {
    const challenge = initialChallenge({ ...base, baselineScopes: [] });
    expect(challenge).toBe(`Bearer resource_metadata="${METADATA}"`);
    expect(readBySdk(challenge).scope).toBeUndefined();
  });

  it('RS-8 never add offline_access', () => {
    expect(initialChallenge(base)).not.toContain('offline_access');
  });

  it.each([
    'x", scope="admin',
    'x\\", error="y',
    'a\r\nSet-Cookie: b=c',
    'a\nb\0c\u007f',
    'naïve 日本語 🙂',
    'need scope=admin error=none resource_metadata=https://evil.example',
  ])('R-RS-4 quote every text: %j', (text) => {
    const challenge = errorChallenge(base, new InvalidTokenError(text));
    expect(challenge).toMatch(NARROW);
    expect(() => new Headers({ 'WWW-Authenticate': challenge })).not.toThrow();
    expect(readBySdk(challenge)).toEqual({
      resourceMetadata: METADATA,
      scope: 'openid read',
      error: 'invalid_token',
    });
  });

  it('R-RS-4 contain no text that looks like an omitted parameter', () => {
    const challenge = errorChallenge(
      { ...base, baselineScopes: [] },
      new InvalidTokenError('this needs scope=admin, really'),
    );
    expect(readBySdk(challenge).scope).toBeUndefined();
  });

  it('R-RS-4 quote every scope', () => {
    const scopes = ['a"b', 'c\\d', 'e\r\nf'];
    expect(errorChallenge(base, new InsufficientScopeError(scopes))).toMatch(NARROW);
  });

  it('R-TK-5 name Basic to a client that used Basic', () => {
    expect(basicChallenge('https://mcp.example')).toBe('Basic realm="https://mcp.example"');
  });
});
