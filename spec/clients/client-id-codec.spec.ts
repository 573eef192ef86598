import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';

import { describe, expect, it } from '@jest/globals';

import {
  DICTIONARY,
  decodeClientId,
  type EncodedRegistration,
  encodeClientId,
} from '../../lib/clients/client-id-codec.js';
import { mac } from '../../lib/keys/key-ring.js';

const KEY = createSecretKey(randomBytes(32));
const OLDER_KEY = createSecretKey(randomBytes(32));
const encode = (client: EncodedRegistration, key: KeyObject): string =>
  encodeClientId(client, key) ?? '';

function registration(clientName: string | undefined, ...redirectUris: string[]) {
  return {
    clientName,
    redirectUris,
    authMethod: 'none',
    mayRefresh: true,
    issuedAt: 1_700_000_000,
  } as const;
}

/** What the clients of the compatibility list register, longest form first seen. */
const REAL_CLIENTS: [string, EncodedRegistration][] = [
  ['Claude', registration('Claude', 'https://claude.ai/api/mcp/auth_callback')],
  ['Claude Code', registration('Claude Code (my-server)', 'http://localhost:53118/callback')],
  [
    'ChatGPT',
    registration('ChatGPT', `https://chatgpt.com/connector/oauth/${'Ab3_x9Zk'.repeat(3)}`),
  ],
  [
    'Cursor',
    registration(
      'Cursor',
      'cursor://anysphere.cursor-mcp/oauth/callback',
      'https://www.cursor.com/agents/mcp/oauth/callback',
      'http://localhost:8787/callback',
    ),
  ],
  [
    'VS Code',
    registration(
      'Visual Studio Code - Insiders',
      'https://insiders.vscode.dev/redirect',
      'https://vscode.dev/redirect',
      'http://127.0.0.1/',
      'http://127.0.0.1:33418/',
    ),
  ],
  [
    'MCP Inspector',
    registration(
      'MCP Inspector',
      'http://localhost:6274/oauth/callback',
      'http://localhost:6274/oauth/callback/debug',
    ),
  ],
  [
    'Copilot Studio',
    registration(
      'Microsoft Copilot Studio connector',
      'https://global.consent.azure-apim.net/redirect/cr5fa-5fnotes-2dserver-5ff3b9a1c0d2e4f6a8',
    ),
  ],
  ['mcp-remote', registration('MCP CLI Proxy', 'http://localhost:13334/oauth/callback')],
  ['opencode', registration('OpenCode', 'http://127.0.0.1:19876/mcp/oauth/callback')],
  ['Gemini CLI', registration('Gemini CLI MCP Client', 'http://localhost:51203/oauth/callback')],
];

describe('client id codec (R-RG-7)', () => {
  it.each(REAL_CLIENTS)('keeps the id of %s within 255 characters', (_name, client) => {
    const id = encode(client, KEY);
    expect(id.length).toBeLessThanOrEqual(255);
    expect(id).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(decodeClientId(id, [KEY])).toEqual(client);
  });

  it('contains every field, also a name with line breaks, or none', () => {
    for (const clientName of [undefined, 'a\n\nb', '日本語 🙂']) {
      for (const authMethod of ['none', 'client_secret_basic', 'client_secret_post'] as const) {
        const client = {
          ...registration(clientName, 'app.example:/cb'),
          authMethod,
          mayRefresh: false,
        };
        expect(decodeClientId(encode(client, KEY), [KEY])).toEqual(client);
      }
    }
  });

  it('is read with each configured key, and with no other', () => {
    const id = encode(registration('x', 'https://a.example/cb'), OLDER_KEY);
    expect(decodeClientId(id, [KEY, OLDER_KEY])).toBeDefined();
    expect(decodeClientId(id, [KEY])).toBeUndefined();
  });

  it('is refused when any single character of it is changed', () => {
    const id = encode(registration('x', 'https://a.example/cb'), KEY);
    for (let at = 0; at < id.length; at += 1) {
      const changed = id.slice(0, at) + (id[at] === 'A' ? 'B' : 'A') + id.slice(at + 1);
      expect(decodeClientId(changed, [KEY])).toBeUndefined();
    }
  });

  it.each(['', 'x', 'auth0|123', 'https://a.example/c.json', 'A'.repeat(3000), '-_-_'.repeat(20)])(
    'is refused: %p',
    (garbage) => {
      expect(decodeClientId(garbage, [KEY])).toBeUndefined();
    },
  );

  it.each([
    ['keys', { jwksUri: `https://a.example/${'k'.repeat(9000)}` }],
    ['redirect URIs', { redirectUris: [`https://a.example/${'k'.repeat(9000)}`] }],
    ['a name', { clientName: 'k'.repeat(9000) }],
  ])('is not made of %s that are large when decoded, however short it would be', (_of, part) => {
    const base = registration('x', 'https://a.example/cb');
    const client = { ...base, authMethod: 'private_key_jwt' as const, ...part };
    expect(encodeClientId(client, KEY)).toBeUndefined();
  });

  it('is refused if genuine but larger, or with other keys, than is allowed now', () => {
    const sealed = (text: string): string => {
      const body = Buffer.concat([
        Buffer.from([2, 0b1011, 0, 0, 0, 1, 0, 0, 0, 0]),
        deflateRawSync(text, { dictionary: DICTIONARY }),
      ]);
      return Buffer.concat([body, mac(KEY, body).subarray(0, 16)]).toString('base64url');
    };
    const key = { kty: 'EC', crv: 'P-256', x: 'x'.repeat(43), y: 'y'.repeat(43) };
    const keys = (...all: object[]) => sealed(`${JSON.stringify(all)}\nhttps://a.example/cb`);
    expect(decodeClientId(keys(key), [KEY])?.jwks).toEqual({ keys: [key] });
    expect(decodeClientId(keys({ ...key, kid: 'k'.repeat(31_000) }), [KEY])).toBeUndefined();
    expect(decodeClientId(keys({ ...key, alg: [{}, {}] }), [KEY])).toBeUndefined();
    expect(decodeClientId(keys(...Array(11).fill(key)), [KEY])).toBeUndefined();
    expect(decodeClientId(sealed('[not json\nhttps://a.example/cb'), [KEY])).toBeUndefined();
    expect(decodeClientId(sealed(`https://a.example/${'x'.repeat(1e7)}`), [KEY])).toBeUndefined();
  });
});
