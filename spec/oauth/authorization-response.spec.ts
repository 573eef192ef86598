import { describe, expect, it } from '@jest/globals';

import { codeResponse, errorResponse } from '../../lib/oauth/authorization-response.js';
import { AccessDeniedError, InvalidScopeError } from '../../lib/oauth/errors.js';

const ISSUER = 'https://mcp.example/api';

/** Both answers there are, each to the same target. */
function answers(redirectUri: string, state?: string): string[] {
  const target = { redirectUri, state };
  return [
    codeResponse(target, 'the-code', ISSUER),
    errorResponse(target, new AccessDeniedError('The person said no'), ISSUER),
  ];
}

describe('the authorization response', () => {
  it('has the code', () => {
    const url = new URL(answers('https://a.example/cb', 's')[0] ?? '');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      code: 'the-code',
      state: 's',
      iss: ISSUER,
    });
  });

  it('R-AZ-2 has the error and its description', () => {
    const url = new URL(answers('https://a.example/cb', 's')[1] ?? '');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      error: 'access_denied',
      error_description: 'The person said no',
      state: 's',
      iss: ISSUER,
    });
  });

  it.each([
    ['https://a.example/cb', '?'],
    ['https://a.example', '?'],
    ['https://a.example/cb?a=b', '&'],
    ['https://a.example/cb?a=b&', ''],
    ['https://a.example/cb?', ''],
    ['https://a.example/cb?x=a+b%20%2f%2F&y&=&y', '&'],
    ["http://localhost:3118/cb?a=('~*,;:@')", '&'],
    ['cursor://anysphere.cursor-mcp/oauth/callback', '?'],
    ['com.example.app:/cb', '?'],
  ])('parity 4.12 does not change %s', (redirectUri, separator) => {
    for (const answer of answers(redirectUri)) {
      expect(answer.startsWith(`${redirectUri}${separator}`)).toBe(true);
      expect(answer.slice(redirectUri.length + separator.length)).toMatch(/^(code|error)=/);
      expect(answer).not.toContain('#');
    }
  });

  it.each([
    'xyz',
    'a b+c',
    '%41%2B',
    `${'ab+/'.repeat(500)}==`,
    'ü日🙂',
    '&code=evil&iss=x#y',
    '?=&',
  ])('R-AZ-8 returns state %.20j unchanged', (state) => {
    for (const answer of answers('https://a.example/cb?state2=1', state)) {
      expect(new URL(answer).searchParams.getAll('state')).toEqual([state]);
    }
  });

  it('parity 4.12 adds no state to a request without one', () => {
    for (const answer of answers('https://a.example/cb')) {
      expect(new URL(answer).searchParams.has('state')).toBe(false);
    }
  });

  it('AS-20, R-AZ-16 has the exact issuer once', () => {
    for (const answer of answers('https://a.example/cb', '&iss=https://evil.example')) {
      expect(new URL(answer).searchParams.getAll('iss')).toEqual([ISSUER]);
    }
  });

  it('R-AZ-17 encodes the description', () => {
    const error = new InvalidScopeError('a&code=evil#x\r\nSet-Cookie: b');
    const answer = errorResponse(
      { redirectUri: 'https://a.example/', state: undefined },
      error,
      ISSUER,
    );
    expect(answer).not.toMatch(/[\r\n#]/);
    expect(new URL(answer).searchParams.has('code')).toBe(false);
  });
});
