/**
 * The stateless client id (RFC 7591 §3.2.1): the registration itself, compact and authenticated. Without storage it
 * cannot be lost, does not expire, and a flood of registrations costs no memory.
 *
 * Format, in base64url: version (1 byte), flags (1), `issued_at` (4, unix seconds), random (4), text, tag (16). The
 * random bytes keep two registrations of one second apart.
 *
 * The text is the redirect URIs, one a line, then an empty line and the name. With `private_key_jwt` it starts with a
 * line that holds the URL of the keys or the keys as JSON. It is deflated with a dictionary of what real clients send
 * where that is shorter. The ids of these clients are shorter than 255 characters, which some clients reserve for an id.
 */
import { type KeyObject, randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

import { equalInConstantTime, mac } from '../keys/key-ring.js';
import { AUTH_METHODS, type ClientMetadata } from '../oauth/client-metadata.js';
import { type ClientKeySet, parseKeySet } from './metadata-documents/client-keys.js';

/** Longest id, in characters: longer ones exceed header limits of proxies. */
const MAX_CLIENT_ID_LENGTH = 2048;
/** Longest text in an id, in bytes: a short deflated text can inflate to a long one. */
const MAX_TEXT_BYTES = 8 * 1024;

/** Part of the format: changing one character makes existing ids unreadable. */
export const DICTIONARY: Buffer = Buffer.from(
  [
    'com.example.app:/oauth2redirect',
    'cursor://anysphere.cursor-retrieval/oauth/user-',
    'https://global.consent.azure-apim.net/redirect/',
    'https://chatgpt.com/connector_platform_oauth_redirect',
    'https://chatgpt.com/connector/oauth/',
    'https://www.cursor.com/agents/mcp/oauth/callback',
    'cursor://anysphere.cursor-mcp/oauth/callback',
    'https://claude.com/api/mcp/auth_callback',
    'https://claude.ai/api/mcp/auth_callback',
    'https://insiders.vscode.dev/redirect',
    'https://vscode.dev/redirect',
    'http://127.0.0.1:33418/',
    'http://127.0.0.1:19876/mcp/oauth/callback',
    'http://localhost:6274/oauth/callback/debug',
    'http://localhost:6274/oauth/callback',
    'http://localhost:3334/oauth/callback',
    'http://localhost:3118/callback',
    'http://localhost/callback',
    'http://127.0.0.1/callback',
    'http://[::1]:',
    '\nMCP Inspector\nMCP CLI Proxy\nGemini CLI MCP Client\nVisual Studio Code\nCursor\nCodex',
    'ChatGPT\nClaude Code (\nClaude',
  ].join('\n'),
);

const VERSION = 2;
const HEADER_BYTES = 10;
const RANDOM_AT = 6;
const TAG_BYTES = 16;
const METHOD_BITS = 0b0011;
const MAY_REFRESH = 0b0100;
const DEFLATED = 0b1000;

/** The content of an id. */
export interface EncodedRegistration extends Omit<ClientMetadata, 'jwks' | 'applicationType'> {
  readonly jwks?: ClientKeySet | undefined;
  /** Unix seconds. */
  readonly issuedAt: number;
}

/** The id for a registration; undefined for one that is too large. */
export function encodeClientId(
  registration: EncodedRegistration,
  key: KeyObject,
): string | undefined {
  const text = Buffer.from(
    keysLine(registration) +
      registration.redirectUris.join('\n') +
      (registration.clientName === undefined ? '' : `\n\n${registration.clientName}`),
  );
  if (text.length > MAX_TEXT_BYTES) return undefined;
  const deflated = deflateRawSync(text, { level: 9, dictionary: DICTIONARY });
  const isDeflated = deflated.length < text.length;
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = VERSION;
  header[1] =
    AUTH_METHODS.indexOf(registration.authMethod) |
    (registration.mayRefresh ? MAY_REFRESH : 0) |
    (isDeflated ? DEFLATED : 0);
  header.writeUInt32BE(registration.issuedAt, 2);
  randomBytes(HEADER_BYTES - RANDOM_AT).copy(header, RANDOM_AT);
  const body = Buffer.concat([header, isDeflated ? deflated : text]);
  const clientId = Buffer.concat([body, tag(body, key)]).toString('base64url');
  return clientId.length > MAX_CLIENT_ID_LENGTH ? undefined : clientId;
}

/** The registration in an id that was made with one of the keys; undefined for anything else. */
export function decodeClientId(
  clientId: string,
  keys: readonly KeyObject[],
): EncodedRegistration | undefined {
  if (clientId.length > MAX_CLIENT_ID_LENGTH || !/^[A-Za-z0-9_-]+$/.test(clientId))
    return undefined;
  const bytes = Buffer.from(clientId, 'base64url');
  if (bytes.length <= HEADER_BYTES + TAG_BYTES || bytes[0] !== VERSION) return undefined;
  // One text per id: base64url with stray trailing bits decodes to the same bytes.
  if (bytes.toString('base64url') !== clientId) return undefined;
  const body = bytes.subarray(0, -TAG_BYTES);
  const sent = bytes.subarray(-TAG_BYTES);
  if (!keys.some((key) => equalInConstantTime(tag(body, key), sent))) return undefined;
  try {
    return parse(body);
  } catch {
    // Genuine, but of a version with other limits: such a client has to register again.
    return undefined;
  }
}

/** @param body its tag is verified. @throws where it exceeds the limits of a registration */
function parse(body: Buffer): EncodedRegistration {
  const flags = body[1] ?? 0;
  const packed = body.subarray(HEADER_BYTES);
  const options = { dictionary: DICTIONARY, maxOutputLength: MAX_TEXT_BYTES };
  const whole = ((flags & DEFLATED) === 0 ? packed : inflateRawSync(packed, options)).toString();
  const authMethod = AUTH_METHODS[flags & METHOD_BITS] ?? 'none';
  const [line = ''] = authMethod === 'private_key_jwt' ? whole.split('\n', 1) : [];
  const text = line === '' ? whole : whole.slice(line.length + 1);
  const end = text.indexOf('\n\n');
  return {
    ...keysIn(line),
    redirectUris: (end < 0 ? text : text.slice(0, end)).split('\n'),
    clientName: end < 0 ? undefined : text.slice(end + 2),
    authMethod,
    mayRefresh: (flags & MAY_REFRESH) !== 0,
    issuedAt: body.readUInt32BE(2),
  };
}

function keysLine({ jwks, jwksUri }: EncodedRegistration): string {
  if (jwksUri !== undefined) return `${jwksUri}\n`;
  return jwks === undefined ? '' : `${JSON.stringify(jwks.keys)}\n`;
}

function keysIn(line: string): Pick<EncodedRegistration, 'jwks' | 'jwksUri'> {
  if (!line.startsWith('[')) return { jwks: undefined, jwksUri: line === '' ? undefined : line };
  return { jwks: parseKeySet({ keys: JSON.parse(line) }), jwksUri: undefined };
}

function tag(body: Uint8Array, key: KeyObject): Buffer {
  return mac(key, body).subarray(0, TAG_BYTES);
}
