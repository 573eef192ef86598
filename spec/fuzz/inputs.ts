/** Generated requests: valid ones with something wrong, and things that were never a request. */
import fc from 'fast-check';

import type { RawRequest } from './socket.js';

/** Appears in nothing of ours: where it comes back unescaped, somebody's markup got through. */
export const MARKUP = '<x-fuzz a="1">';
/** The name of a header no answer has, unless a line break got through. */
export const INJECTED_HEADER = 'x-injected';

/** Values that are known to work, by parameter: a generated request mixes them in. */
export type Known = Readonly<Record<string, readonly string[]>>;

const HOSTILE = [
  '',
  ' ',
  MARKUP,
  `">${MARKUP}`,
  `';alert(1)//`,
  `\r\n${INJECTED_HEADER}: 1`,
  `a\r\n\r\n${MARKUP}`,
  '\n',
  '\0',
  'a\0b',
  '\u001b[31m',
  '\u007f',
  '\u202e\u2066',
  '\ufeff',
  '\ud83d\ude00'.repeat(50),
  '"',
  '\\',
  '__proto__',
  'constructor',
  'toString',
  '[object Object]',
  'null',
  'undefined',
  'NaN',
  '-1',
  '1e999',
  '[]',
  '{}',
  '{"a":1}',
  '%',
  '%0d%0aSet-Cookie:%20a=b',
  '%00',
  '%ff%fe',
  '%c0%af',
  'a'.repeat(300),
  'a'.repeat(8192),
  'a'.repeat(8193),
  '%F0%9F%92%A9'.repeat(100),
  'https://evil.example/cb',
  'https://127.0.0.1/client.json',
  'https://localhost/client.json',
  'https://[::1]/client.json',
  'https://evil.example@127.0.0.1/x',
  'https:///x',
  'https://a',
  '//evil.example',
  '/\\evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  'http://127.0.0.1:45454/callback/../../evil',
  'http://127.0.0.1:99999/callback',
  'http://127.0.0.1:45454/callback#x',
  'http://127.0.0.1:45454@evil.example/callback',
  'http://user:pw@127.0.0.1:45454/callback',
  'https://client.example/cb?x=1',
  'https://client.example.evil.example/cb',
  'https://client.example:444/cb',
  'none',
  'openid openid openid',
  'x '.repeat(2000),
  'eyJhbGciOiJub25lIn0.e30.',
  'eyJhbGciOiJub25lIn0.bnVsbA.',
  '..',
  '....',
  'null.null.null',
];

const NAMES = [
  'client_id',
  'redirect_uri',
  'response_type',
  'response_mode',
  'code_challenge',
  'code_challenge_method',
  'state',
  'scope',
  'resource',
  'prompt',
  'login_hint',
  'ui_locales',
  'request',
  'request_uri',
  'decision',
  'code',
  'iss',
  'error',
  'error_description',
  'grant_type',
  'code_verifier',
  'refresh_token',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'token',
  'token_type_hint',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  '',
];

const SUFFIXES = [
  '',
  '',
  '',
  '',
  '',
  '',
  '',
  '[]',
  '[a]',
  '[0]',
  '[__proto__]',
  '[a][b][c]',
  '.a',
  '[',
  '%00',
];

const text = (): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...HOSTILE) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
    { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
    { weight: 1, arbitrary: fc.webUrl({ withQueryParameters: true, withFragments: true }) },
    { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
  );

type Pair = readonly [name: string, value: string];

function pair(known: Known): fc.Arbitrary<Pair> {
  return fc.constantFrom(...NAMES).chain((name) => {
    const values = Object.hasOwn(known, name) ? known[name] : undefined;
    const value =
      values === undefined
        ? text()
        : fc.oneof(
            { weight: 2, arbitrary: fc.constantFrom(...values) },
            { weight: 3, arbitrary: text() },
            {
              weight: 1,
              arbitrary: fc.tuple(fc.constantFrom(...values), text()).map(([a, b]) => a + b),
            },
          );
    return fc.tuple(
      fc.constantFrom(...SUFFIXES).map((suffix) => name + suffix),
      value,
    );
  });
}

/** A base that would succeed, with some pairs replaced, repeated, left out or put in. */
function pairs(base: readonly Pair[], known: Known): fc.Arbitrary<readonly Pair[]> {
  const kept = fc.oneof(
    { weight: 5, arbitrary: fc.constant(base) },
    { weight: 2, arbitrary: fc.subarray([...base]) },
    { weight: 1, arbitrary: fc.constant([]) },
  );
  const replaced = fc.tuple(kept, fc.array(pair(known), { maxLength: 4 }), fc.boolean());
  return replaced.map(([some, others, isReplacing]) => {
    const names = new Set(isReplacing ? others.map(([name]) => name) : []);
    return [...some.filter(([name]) => !names.has(name)), ...others];
  });
}

/** Well encoded, badly encoded, or hardly at all. */
function encode(fields: readonly Pair[], how: 'proper' | 'double' | 'raw'): string {
  const one = (value: string): string => {
    if (how === 'raw') return value.replace(/[&\r\n \0]/g, '+');
    // A lone surrogate cannot be encoded.
    const encoded = encodeURIComponent(Buffer.from(value).toString());
    return how === 'double' ? encodeURIComponent(encoded) : encoded;
  };
  return fields
    .map(([name, value]) => `${how === 'raw' ? name : one(name)}=${one(value)}`)
    .join('&');
}

const encoding = fc.oneof(
  { weight: 6, arbitrary: fc.constant('proper' as const) },
  { weight: 1, arbitrary: fc.constant('double' as const) },
  { weight: 2, arbitrary: fc.constant('raw' as const) },
);

const HEADER_NAMES = [
  'Authorization',
  'Cookie',
  'Accept',
  'Accept-Language',
  'Accept-Encoding',
  'Origin',
  'Referer',
  'Sec-Fetch-Site',
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'Forwarded',
  'X-HTTP-Method-Override',
  'Content-Encoding',
  'Content-Type',
  'Expect',
  'Upgrade',
  'If-None-Match',
  'Range',
  'Mcp-Method',
  'Mcp-Name',
  'Mcp-Protocol-Version',
  'Mcp-Session-Id',
  'DPoP',
  '__proto__',
];
/** Stands for the name that a server gives its own: `sessionCookie` of {@link Known}. */
const SESSION_COOKIE = 'SESSION-COOKIE';
const HEADER_VALUES = [
  'Bearer',
  'Bearer ',
  'Bearer a b',
  'Bearer a,b',
  'bearer ====',
  'Basic',
  'Basic Og==',
  'Basic %%%',
  `Basic ${Buffer.from('a:b').toString('base64')}`,
  `Basic ${Buffer.from('%zz%:%').toString('base64')}`,
  `Basic ${Buffer.from(`__proto__:${MARKUP}`).toString('base64')}`,
  `Basic ${Buffer.from('https://localhost/client.json:secret').toString('base64')}`,
  `Basic ${Buffer.from([0xff, 0xfe, 0x3a, 0x00]).toString('base64')}`,
  'Digest x',
  `${SESSION_COOKIE}=s%3A.x; ${SESSION_COOKIE}x=x`,
  `${SESSION_COOKIE}=s%3Aaaaa.bbbb`,
  `${SESSION_COOKIE}=%`,
  `${SESSION_COOKIE}=aaaaaaaaaaaaaaaaaaaaaa`,
  ';;;===;;',
  'application/json',
  'text/html',
  '*/*',
  'a/b;q=x, ;;,',
  'de-DE;q=nope,x-y-z;q=2',
  'null',
  'https://evil.example',
  'same-origin',
  'cross-site',
  'none',
  '1.2.3.4, 5.6.7.8',
  '::ffff:1.2.3.4',
  '2001:db8::1',
  'not an address',
  'gzip',
  'br',
  'deflate',
  'identity, gzip',
  'x'.repeat(2000),
  'application/x-www-form-urlencoded; charset=utf-16',
  'application/json; charset=utf-7',
  'application/json;;;',
  'multipart/form-data; boundary=x',
  '100-continue',
  'h2c',
  '*',
  'bytes=0-1',
  'tools/list',
];

/** Header lines; a raw line break would only end the line, so there is none. */
const headers: fc.Arbitrary<(readonly [string, string])[]> = fc.array(
  fc.tuple(
    fc.constantFrom(...HEADER_NAMES),
    fc
      .oneof(
        { weight: 4, arbitrary: fc.constantFrom(...HEADER_VALUES) },
        { weight: 1, arbitrary: text() },
      )
      // Those end the line or the request.
      .map((value) =>
        Buffer.from(value)
          .toString('latin1')
          .replace(/[\r\n\0]/g, ''),
      ),
  ),
  { maxLength: 4 },
);

const framing = fc.oneof(
  { weight: 8, arbitrary: fc.constant('length' as const) },
  { weight: 2, arbitrary: fc.constant('chunked' as const) },
  { weight: 1, arbitrary: fc.constant('truncated' as const) },
);

const method = (usual: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constant(usual) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        'GET',
        'POST',
        'HEAD',
        'OPTIONS',
        'PUT',
        'PATCH',
        'DELETE',
        'QUERY',
      ),
    },
  );

/** What a path may be followed by and still be the same to a router. */
const tail = fc.oneof(
  { weight: 10, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('/', '//', '/x', ';a=b', '%', '%2f', '%zz', '/..', '#', '.json'),
  },
);

/** One endpoint and a request to it that works. */
export interface Target {
  readonly path: string;
  readonly method: string;
  readonly base: readonly Pair[];
  readonly where: 'query' | 'form' | 'json';
  readonly headers?: readonly (readonly [string, string])[];
}

/** Requests to an endpoint. */
export function requests(target: Target, known: Known): fc.Arbitrary<RawRequest> {
  const body = target.where === 'json' ? jsonBody(target.base) : formBody(target.base, known);
  const [sessionCookie = SESSION_COOKIE] = known.sessionCookie ?? [];
  const named = (value: string): string => value.replaceAll(SESSION_COOKIE, sessionCookie);
  return fc
    .record({
      method: method(target.method),
      tail,
      fields: pairs(target.where === 'query' ? target.base : [], known),
      encoding,
      extra: headers,
      keepsHeaders: fc.integer({ min: 0, max: 9 }),
      isAbsolute: fc.integer({ min: 0, max: 19 }),
      body,
      framing,
    })
    .map((made) => {
      const query = encode(made.fields, made.encoding);
      const path = target.path + made.tail + (query === '' ? '' : `?${query}`);
      const own = made.keepsHeaders === 0 ? [] : (target.headers ?? []);
      const hasBody = made.method !== 'GET' && made.method !== 'HEAD' && target.where !== 'query';
      return {
        method: made.method,
        // What cannot stand on a request line at all is Node's to refuse, before anything of ours.
        target: asTarget(made.isAbsolute === 0 ? `http://127.0.0.1${path}` : path),
        headers: [
          ...(hasBody ? own : []),
          ...made.extra.map(([name, value]) => [name, named(value)] as const),
        ],
        ...(hasBody && { body: made.body, framing: made.framing }),
      };
    });
}

function asTarget(target: string): string {
  return (
    Buffer.from(target.slice(0, 12_000))
      .toString('latin1')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: see above
      .replace(/[\u0000-\u0020\u007f]/g, '+')
  );
}

function formBody(base: readonly Pair[], known: Known): fc.Arbitrary<Buffer> {
  const proper = fc
    .tuple(pairs(base, known), encoding)
    .map(([fields, how]) => Buffer.from(encode(fields, how)));
  return spoilt(proper);
}

function jsonBody(base: readonly Pair[]): fc.Arbitrary<Buffer> {
  const fields = fc.constantFrom(
    ...base.map(([name]) => name),
    '__proto__',
    'constructor',
    'software_statement',
    'jwks_uri',
    'logo_uri',
    'contacts',
  );
  const value: fc.Arbitrary<unknown> = fc.oneof(
    text(),
    fc.array(text(), { maxLength: 25 }),
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom([], {}, null, true, 0, [[]], [null], [{}], [''], { length: 3 }),
  );
  const whole = fc.dictionary(fields, value, { maxKeys: 3 }).map((changed) => {
    const known = base.map(([name, json]): [string, unknown] => [name, JSON.parse(json)]);
    return Buffer.from(JSON.stringify({ ...Object.fromEntries(known), ...changed }));
  });
  const any = fc.oneof(
    { weight: 6, arbitrary: whole },
    { weight: 1, arbitrary: fc.json().map((json) => Buffer.from(json)) },
    { weight: 1, arbitrary: fc.constantFrom(...DEEP) },
  );
  return spoilt(any);
}

const DEEP = [
  Buffer.from('['.repeat(30_000)),
  Buffer.from('['.repeat(15_000) + ']'.repeat(15_000)),
  Buffer.from(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`),
  Buffer.from('{"__proto__":{"redirect_uris":["https://evil.example/cb"]}}'),
  Buffer.from('"text"'),
  Buffer.from('\ufeff{}'),
];

/** Whole, cut off, with bytes that are no UTF-8, or huge. */
function spoilt(body: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  return fc.oneof(
    { weight: 12, arbitrary: body },
    {
      weight: 1,
      arbitrary: fc.tuple(body, fc.nat(200)).map(([whole, cut]) => whole.subarray(0, cut)),
    },
    {
      weight: 1,
      arbitrary: body.map((whole) => Buffer.concat([whole, Buffer.from([0xff, 0xc0, 0x00])])),
    },
    {
      weight: 1,
      arbitrary: body.map((whole) => Buffer.concat([whole, Buffer.alloc(150_000, 97)])),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)) },
  );
}
