/** Values as other tools pass them: in the environment, and in code that reads it. */
import { generateKeyPairSync } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { REQUIRED, refusal, refusalOf, resolveExactly, resolveWith } from './resolve-with.js';

const KEY = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

/** Options of text, the variable of each, and a value that is right. */
const VALUES = [
  ['clientId', 'AUTH0_MCP_CLIENT_ID', REQUIRED.clientId],
  ['clientSecret', 'AUTH0_MCP_CLIENT_SECRET', 'vPYqbjemq-secret_0123456789'],
  ['audience', 'AUTH0_MCP_AUDIENCE', REQUIRED.audience],
  ['jwtSigningKey', 'AUTH0_MCP_JWT_SIGNING_KEY', KEY],
  ['storageEncryptionKey', 'AUTH0_MCP_STORAGE_ENCRYPTION_KEY', KEY],
  ['configUrl', 'AUTH0_MCP_CONFIG_URL', REQUIRED.configUrl],
  ['baseUrl', 'AUTH0_MCP_BASE_URL', REQUIRED.baseUrl],
] as const;

/** A value changed by a tool, and the cause in the error. */
const CERTAIN: readonly [string, (value: string) => string, RegExp][] = [
  ['double quotes', (value) => `"${value}"`, /quotation marks.*docker.*Remove/],
  ['single quotes', (value) => `'${value}'`, /quotation marks/],
  ['backticks', (value) => `\`${value}\``, /quotation marks/],
  ['quotes of a text program', (value) => `“${value}”`, /quotation marks/],
  ['quotes with backslashes, of JSON', (value) => `\\"${value}\\"`, /quotation marks/],
  ['nothing but quotes', () => '""', /quotation marks/],
  ['a comment', (value) => `${value} # production`, /comment.*line of its own/],
  ['a comment without a space', (value) => `${value} #production`, /comment/],
  ['a comment after a tab', (value) => `${value}\t# production`, /comment/],
  ['a comment after quotes', (value) => `"${value}" # production`, /comment/],
  ['a variable of a shell', () => `\${SECRET_VALUE}`, /variable.*Write the value itself/],
  ['one with a default', () => `\${SECRET_VALUE:-none}`, /variable/],
  ['one without braces', () => '$SECRET_VALUE', /variable/],
  ['one of Kubernetes', () => '$(SECRET_VALUE)', /variable/],
  ['one of PowerShell', () => '$env:SECRET_VALUE', /variable/],
  ['one of Windows', () => '%SECRET_VALUE%', /variable/],
  ['one of a template', () => '{{ .Values.secret }}', /variable/],
  ['one of GitHub Actions', () => `\${{ secrets.VALUE }}`, /variable/],
  ['one of a release pipeline', () => '#{SECRET_VALUE}#', /variable/],
  [
    'a reference to a vault',
    () => '@Microsoft.KeyVault(SecretUri=https://v.example/s)',
    /variable/,
  ],
  ['a placeholder', () => '<your-value>', /placeholder/],
  ['a zero-width space', (value) => `${value.slice(0, 4)}\u200b${value.slice(4)}`, /U\+200B/],
  ['a byte order mark inside', (value) => `${value.slice(0, 4)}\ufeff${value.slice(4)}`, /U\+FEFF/],
];

describe('a value that another tool has passed on', () => {
  for (const [option, variable, right] of VALUES) {
    it.each(CERTAIN)(`${option} is refused with %s, and the cause`, (_what, made, cause) => {
      const wrong = made(right);
      const { [option as 'clientId']: _left, ...others } = REQUIRED;
      for (const error of [
        refusal(() => resolveExactly(others, { [variable]: wrong })),
        refusalOf({ [option]: wrong }),
        refusalOf({ [option]: option.endsWith('Key') ? [KEY, wrong] : wrong }),
      ]) {
        expect(error.message.split('\n').join(' ')).toMatch(cause);
        expect(error.message).toContain(variable);
        if (/Secret|Key/.test(option)) {
          expect(error.message).not.toContain(wrong);
          expect(error.message).not.toContain(right);
        }
      }
    });
  }

  it.each([
    ['AUTH0_MCP_REDIS_URL', 'storage', '"redis://:pass@redis.internal:6379"', /quotation marks/],
    ['AUTH0_MCP_REDIS_URL', 'storage', `\${REDIS_URL}`, /variable/],
    ['AUTH0_MCP_REQUIRED_SCOPES', 'requiredScopes', 'openid profile # basic', /comment/],
    ['AUTH0_MCP_REQUIRED_SCOPES', 'requiredScopes', '"openid profile"', /quotation marks/],
    ['AUTH0_MCP_ACCESS_TOKEN_TTL_SECONDS', 'accessTokenTtlSeconds', '900 # a quarter', /comment/],
    ['AUTH0_MCP_CLIENT_REGISTRATION', 'clientRegistration', "'off'", /quotation marks/],
    ['AUTH0_MCP_CONSENT', 'consent', '"always"', /quotation marks/],
    ['AUTH0_MCP_DOMAIN', 'domain', '"tenant.eu.auth0.com"', /quotation marks/],
    ['AUTH0_MCP_BRANDING_NAME', 'branding.name', '"Acme"', /quotation marks/],
    ['FASTMCP_SERVER_AUTH_AUTH0_CLIENT_ID', 'clientId', '"abc"', /quotation marks/],
    [
      'FASTMCP_SERVER_AUTH_AUTH0_JWT_SIGNING_KEY',
      'jwtSigningKey',
      '$(openssl rand -hex 32)',
      /variable/,
    ],
  ])('%s: %s is refused as %s', (variable, option, value, cause) => {
    const { clientId: _left, configUrl: _too, ...others } = REQUIRED;
    const rest = {
      AUTH0_MCP_CLIENT_ID: REQUIRED.clientId,
      AUTH0_MCP_CONFIG_URL: REQUIRED.configUrl,
    };
    const replaced = option === 'clientId' ? { AUTH0_MCP_CLIENT_ID: '' } : {};
    const tenant = option === 'domain' ? { AUTH0_MCP_CONFIG_URL: '' } : {};
    const error = refusal(() =>
      resolveExactly(others, { ...rest, ...replaced, ...tenant, [variable]: value }),
    );
    expect(error.option).toBe(option);
    expect(error.message).toMatch(cause);
    expect(error.message).not.toContain('pass@');
  });

  it.each([
    ['clients[0].clientSecret', { clientSecret: '"0123456789abcdef0123456789abcdef"' }],
    ['clients[0].clientId', { clientId: "'my-client'" }],
  ])('%s is refused in quotes', (_place, change) => {
    const client = { clientId: 'c', name: 'C', redirectUris: ['https://c.example/cb'] };
    const error = refusalOf({ clients: [{ ...client, ...change }] });
    expect(error.message).toContain('quotation marks');
    expect(error.message).not.toContain('0123456789abcdef');
  });
});

describe('a value that only looks wrong', () => {
  it.each([
    ['clientSecret', 'a#b$c%d"e\'f`g<h>i{j}k'],
    ['clientSecret', '#starts-with-a-hash$'],
    ['jwtSigningKey', `${KEY}#${KEY}`],
    ['jwtSigningKey', 'correct horse battery staple, twice over'],
    ['jwtSigningKey', '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'],
    ['jwtSigningKey', `%${KEY}`],
    ['audience', 'urn:example:api#v1'],
    ['audience', 'https://api.example.com/a%20b'],
    ['clientId', 'a$b#c'],
  ])('%s %s is accepted without a warning', (option, value) => {
    expect(resolveWith({ [option]: value }).warnings).toEqual([]);
  });

  it.each([['Acme #1'], ['The 👩‍💻 Company']])('a name for users may be %s', (name) => {
    const { config, warnings } = resolveWith({ branding: { name } });
    expect(config.brand.name).toBe(name);
    expect(warnings).toEqual([]);
    expect(resolveWith({}, { AUTH0_MCP_BRANDING_NAME: name }).config.brand.name).toBe(name);
  });

  it.each([
    ['clientSecret', '"only-at-the-beginning', /clientSecret.*quotation mark at one end/],
    ['clientSecret', "only-at-the-end'", /quotation mark at one end/],
    ['clientSecret', `prefix-\${TAIL}`, /variable that was not expanded/],
    ['jwtSigningKey', `\${PART}${KEY}`, /jwtSigningKey.*variable that was not expanded/],
    ['jwtSigningKey', `$${KEY}`, /variable that was not expanded/],
    ['jwtSigningKey', `${KEY}\u00a0${KEY}`, /special space/],
    ['jwtSigningKey', `${KEY}\n${KEY}`, /line break/],
    ['audience', 'https://api.example.com"', /audience.*quotation mark at one end/],
  ])('%s %j causes a warning that shows no secret', (option, value, doubt) => {
    const { warnings } = resolveWith({ [option]: value });
    expect(warnings).toEqual([expect.stringMatching(doubt)]);
    expect(warnings[0]).not.toContain(value);
  });

  it.each(['sec\u00a0ret', 'sec\nret', 'secrét'])(
    'a client secret that RFC 6749 does not allow is refused: %j',
    (clientSecret) => {
      const { message } = refusalOf({ clientSecret });
      expect(message).toMatch(/characters that no client secret has/);
      expect(message).not.toContain(clientSecret);
    },
  );

  it('white space around a value of the environment is not part of it', () => {
    const environment = { AUTH0_MCP_CLIENT_ID: '\ufeff abc\u00a0\r\n' };
    const { clientId: _left, ...others } = REQUIRED;
    expect(resolveExactly(others, environment).auth0.clientId).toBe('abc');
  });
});

describe('a name that a tool has read differently than a shell', () => {
  it.each([
    ['\ufeffAUTH0_MCP_CLIENT_ID', /AUTH0_MCP_CLIENT_ID.*byte order mark.*UTF-8/],
    ['export AUTH0_MCP_CLIENT_ID', /"export …".*AUTH0_MCP_CLIENT_ID=value/],
    ['set AUTH0_MCP_CLIENT_ID', /"set …"/],
    ['"AUTH0_MCP_CLIENT_ID"', /write the name alone/],
    [' AUTH0_MCP_CLIENT_ID ', /write the name alone/],
    ['\ufeffFASTMCP_SERVER_AUTH_AUTH0_CLIENT_ID', /byte order mark/],
  ])('%j is refused', (name, cause) => {
    expect(refusal(() => resolveWith({}, { [name]: 'abc' })).message).toMatch(cause);
  });

  it.each(['MY_AUTH0_MCP_CLIENT_ID', 'TF_VAR_AUTH0_MCP_CLIENT_ID', 'export', 'AUTH0_MCP'])(
    '%s is not one of ours',
    (name) => {
      expect(resolveWith({}, { [name]: 'abc' }).warnings).toEqual([]);
    },
  );
});

describe('a private key in PEM', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const { clientSecret: _left, ...others } = REQUIRED;
  const lost = /line ends of the PEM were lost.*\\n/;

  it.each([
    ['are gone', pem.replaceAll('\n', ''), lost],
    ['have become spaces', pem.replaceAll('\n', ' '), lost],
    ['have become the letter n', pem.replaceAll('\n', 'n'), lost],
    ['are those of old Macs', pem.replaceAll('\n', '\r'), lost],
    ['are escaped twice', pem.replaceAll('\n', '\\\\n'), lost],
    ['ended the value', pem.split('\n')[0], /Only the beginning.*first line end.*\\n/],
    [
      'ended the value, some lines later',
      pem.split('\n').slice(0, 5).join('\n'),
      /Only the beginning/,
    ],
  ])('whose line ends %s is rejected with the cause', (_what, value = '', cause) => {
    for (const error of [
      refusal(() => resolveExactly({ ...others, auth0PrivateKey: value })),
      refusal(() => resolveExactly(others, { AUTH0_MCP_AUTH0_PRIVATE_KEY: value })),
    ]) {
      expect(error.message).toMatch(cause);
      expect(error.message).not.toContain(pem.split('\n')[1]?.slice(0, 20));
    }
  });

  it('in quotes is rejected with that cause, as a JWK is', () => {
    const jwk = JSON.stringify(privateKey.export({ format: 'jwk' }));
    for (const value of [`"${pem.replaceAll('\n', '\\n')}"`, `'${pem}'`, `'${jwk}'`]) {
      const { message } = refusal(() => resolveExactly({ ...others, auth0PrivateKey: value }));
      expect(message).toContain('quotation marks');
    }
  });

  it('is accepted with the line ends of Windows, with \\n, or with spaces for those of its body', () => {
    const [begin = '', ...body] = pem.trim().split('\n');
    const spaced = [begin, body.slice(0, -1).join(' '), body.at(-1)].join('\n');
    for (const auth0PrivateKey of [
      pem.replaceAll('\n', '\r\n'),
      pem.replaceAll('\n', '\\n'),
      spaced,
    ]) {
      const { auth0 } = resolveExactly({ ...others, auth0PrivateKey });
      expect(auth0.authentication.method).toBe('private_key_jwt');
    }
  });
});
