import { describe, expect, it } from '@jest/globals';

import {
  JWT_BEARER_ASSERTION,
  parseClientCredentials,
} from '../../lib/oauth/client-credentials.js';
import { InvalidClientError, InvalidRequestError } from '../../lib/oauth/errors.js';
import { parseParameters } from '../../lib/oauth/parameters.js';

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const parse = (authorization: string | undefined, fields: Record<string, string> = {}) =>
  parseClientCredentials(authorization, parseParameters(`${new URLSearchParams(fields)}`));
const assertionOf = (payload: unknown): string =>
  `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.c2ln`;
const byAssertion = (client_assertion: string, more: Record<string, string> = {}) =>
  parse(undefined, { client_assertion, client_assertion_type: JWT_BEARER_ASSERTION, ...more });

const SECRET = 'k3_-Zs'.repeat(7);

describe('client credentials in the Authorization header', () => {
  it.each([
    ['R-TK-3 raw, as SDKs send them', basic(`id-_1:${SECRET}`), 'id-_1', SECRET],
    ['R-TK-3 form-urlencoded', basic('id%2D1:s%3Ae%25c'), 'id-1', 's:e%c'],
    ['a percent sign that encodes nothing', basic('id:100%'), 'id', '100%'],
    [
      'R-TK-3 a URL id, raw',
      basic('https://a.example:8443/c.json:s'),
      'https://a.example:8443/c.json',
      's',
    ],
    [
      'R-TK-3 a URL id, urlencoded',
      basic('https%3A%2F%2Fa.example%2Fc.json:s'),
      'https://a.example/c.json',
      's',
    ],
    ['a secret with colons', basic('id:se:cr:et'), 'id', 'se:cr:et'],
    ['CLI-11 an empty secret', basic('id:'), 'id', ''],
    ['the scheme in another case', basic('id:s').replace('Basic', 'bAsIc'), 'id', 's'],
    ['more spaces', basic('id:s').replace(' ', '   '), 'id', 's'],
    ['base64url, unpadded', `Basic ${Buffer.from('id:s?s>').toString('base64url')}`, 'id', 's?s>'],
  ])('are read: %s', (_what, header, clientId, proof) => {
    expect(parse(header)).toEqual({ clientId, method: 'client_secret_basic', proof });
  });

  it.each([
    ['no credentials', 'Basic'],
    ['no base64', 'Basic !!!'],
    ['no colon', basic('id')],
    ['no id', basic(':secret')],
    ['two values', `${basic('id:s')}, ${basic('id:s')}`],
    ['a tab for the space', basic('id:s').replace(' ', '\t')],
  ])('R-TK-5 are invalid_client: %s', (_what, header) => {
    expect(() => parse(header)).toThrow(InvalidClientError);
  });

  it.each(['Bearer stale', 'bearer', '', 'Token x', 'Basically x', 'DPoP a.b.c', 'Digest a="b"'])(
    'FA-17: are not looked for in a header of another scheme: %j',
    (header) => {
      const assertion = { client_assertion: 'a.b.c', client_assertion_type: JWT_BEARER_ASSERTION };
      for (const fields of [
        { client_id: 'id' },
        { client_id: 'id', client_secret: 's' },
        { client_id: 'id', ...assertion },
      ]) {
        expect(parse(header, fields)).toEqual(parse(undefined, fields));
      }
      expect(() => parse(header)).toThrow(InvalidClientError);
    },
  );

  it('R-TK-4 may be sent with the same client_id in the body', () => {
    const { clientId, method } = parse(basic('id:s'), { client_id: 'id' });
    expect([clientId, method]).toEqual(['id', 'client_secret_basic']);
  });

  it.each<[string, Record<string, string>]>([
    ['a secret in the body', { client_id: 'id', client_secret: 's' }],
    ['another client_id in the body', { client_id: 'other' }],
    [
      'an assertion',
      { client_assertion: 'a.b.c', client_assertion_type: JWT_BEARER_ASSERTION, client_id: 'id' },
    ],
  ])('R-TK-4 must not be sent with %s', (_what, fields) => {
    expect(() => parse(basic('id:s'), fields)).toThrow(InvalidRequestError);
  });

  it('R-TK-4 must not be sent with a secret without client_id', () => {
    expect(() => parse(basic('id:s'), { client_secret: 's' })).toThrow(InvalidClientError);
  });
});

describe('client credentials in the body', () => {
  it('R-TK-6 of a public client are its id', () => {
    expect(parse(undefined, { client_id: 'id' })).toEqual({
      clientId: 'id',
      method: 'none',
      proof: undefined,
    });
  });

  it('CLI-11 with an empty secret are those of a public client', () => {
    expect(parse(undefined, { client_id: 'id', client_secret: '' }).method).toBe('none');
  });

  it('R-TK-3 have the secret unchanged', () => {
    const fields = { client_id: 'id', client_secret: 'a:b%41+c' };
    expect(parse(undefined, fields)).toMatchObject({
      method: 'client_secret_post',
      proof: 'a:b%41+c',
    });
  });

  it.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['an empty id', { client_id: '' }],
    ['a secret alone', { client_secret: 's' }],
  ])('R-TK-5 are invalid_client: %s', (_what, fields) => {
    expect(() => parse(undefined, fields)).toThrow(InvalidClientError);
  });

  it.each(['client_id=a&client_id=b', 'client_id=a&client_secret=b&client_secret=b'])(
    'R-AZ-3 are malformed when repeated: %s',
    (form) => {
      expect(() => parseClientCredentials(undefined, parseParameters(form))).toThrow(
        InvalidRequestError,
      );
    },
  );
});

describe('a client assertion (RFC 7521 §4.2)', () => {
  const assertion = assertionOf({ sub: 'https://a.example/c.json' });

  it('names its client by client_id, or else by its subject', () => {
    const credentials = {
      clientId: 'https://a.example/c.json',
      method: 'private_key_jwt',
      proof: assertion,
    };
    expect(byAssertion(assertion)).toEqual(credentials);
    expect(byAssertion(assertion, { client_id: 'x' })).toEqual({ ...credentials, clientId: 'x' });
  });

  it.each([
    [
      'another type',
      { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' },
    ],
    ['no type', { client_assertion_type: '' }],
  ])('is invalid_client with %s', (_what, more) => {
    expect(() => byAssertion(assertion, more)).toThrow(InvalidClientError);
  });

  it('R-TK-4 must not be sent with a secret', () => {
    expect(() => byAssertion(assertion, { client_id: 'x', client_secret: 's' })).toThrow(
      InvalidRequestError,
    );
  });

  it.each([
    'x',
    'a.b.c',
    'e30.bnVsbA.x',
    assertionOf({}),
    assertionOf({ sub: 7 }),
    assertionOf([]),
    assertionOf('text'),
    assertionOf(null),
  ])('is invalid_client without a subject: %s', (text) => {
    expect(() => byAssertion(text)).toThrow(InvalidClientError);
  });
});
