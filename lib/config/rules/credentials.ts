/** Client authentication at Auth0's token endpoint: RFC 6749 §2.3.1 (secrets), RFC 7523 §2.2 (private_key_jwt). */
import { createPrivateKey, type JsonWebKeyInput, type KeyObject } from 'node:crypto';

import type { Auth0ClientAuthentication } from '../config.js';
import { missingOption, wrongOption } from '../errors.js';
import type { RawOptions } from '../option-table.js';
import { asEntries, choiceOf, parsedJson, refuseCopyErrors, textOf } from '../values.js';

const METHODS = ['client_secret_post', 'client_secret_basic', 'none', 'private_key_jwt'] as const;
type Method = (typeof METHODS)[number];

type PrivateKeyJwk = Extract<Auth0ClientAuthentication, { method: 'private_key_jwt' }>['key'];

const DASHBOARD = 'Auth0 dashboard: Application, Credentials, Authentication Method.';

/** @throws Auth0McpConfigError method, secret and key do not fit together, or the key is unusable */
export function resolveAuthentication(raw: RawOptions): Auth0ClientAuthentication {
  const secret = secretOf(raw);
  const hasKey = raw.auth0PrivateKey !== undefined;
  const method =
    choiceOf(raw, 'tokenEndpointAuthMethod', METHODS) ?? defaultMethod(raw, secret, hasKey);
  refuseUnused(raw, method, { secret, hasKey });
  if (method === 'none') return { method };
  if (method === 'private_key_jwt') return { method, key: privateKeyOf(raw) };
  if (secret !== undefined) return { method, secret };
  throw missingOption('clientSecret', `tokenEndpointAuthMethod '${method}' needs it. ${DASHBOARD}`);
}

function secretOf(raw: RawOptions): string | undefined {
  const secret = textOf(raw, 'clientSecret');
  // RFC 6749 appendix A.2: printable ASCII.
  if (secret === undefined || /^[\x20-\x7e]+$/.test(secret)) return secret;
  throw wrongOption(
    'clientSecret',
    secret,
    'It contains characters that no client secret has, such as a line break or a special space: copy it again.',
  );
}

function defaultMethod(raw: RawOptions, secret: string | undefined, hasKey: boolean): Method {
  if (secret !== undefined && hasKey) {
    const remedy = 'clientSecret is set too: remove the one that your application does not use.';
    throw wrongOption('auth0PrivateKey', raw.auth0PrivateKey, `${remedy} ${DASHBOARD}`);
  }
  if (hasKey) return 'private_key_jwt';
  return secret === undefined ? 'none' : 'client_secret_post';
}

/** Auth0 rejects a secret that it does not expect, with no more than "Unauthorized". */
function refuseUnused(
  raw: RawOptions,
  method: Method,
  given: { readonly secret: string | undefined; readonly hasKey: boolean },
): void {
  const usesSecret = method === 'client_secret_post' || method === 'client_secret_basic';
  const remedy = `tokenEndpointAuthMethod '${method}' does not use it: remove one of them. ${DASHBOARD}`;
  if (given.secret !== undefined && !usesSecret) {
    throw wrongOption('clientSecret', given.secret, remedy);
  }
  if (given.hasKey && method !== 'private_key_jwt') {
    throw wrongOption('auth0PrivateKey', raw.auth0PrivateKey, remedy);
  }
}

/** Algorithms that Auth0 verifies, by type of key; the first is used unless the JWK names another. */
const ALGORITHMS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  RSA: ['RS256', 'RS384', 'PS256'],
  'P-256': ['ES256'],
  'P-384': ['ES384'],
};
const MIN_RSA_BITS = 2048;

function privateKeyOf(raw: RawOptions): PrivateKeyJwk {
  const value = raw.auth0PrivateKey;
  if (value === undefined) {
    const remedy = `tokenEndpointAuthMethod 'private_key_jwt' needs it, as PEM or JWK.`;
    throw missingOption('auth0PrivateKey', remedy);
  }
  if (typeof value === 'string') refuseCopyErrors(value.trim(), 'auth0PrivateKey');
  const given = typeof value === 'string' ? (parsedJson(value) ?? value) : value;
  const labels = typeof given === 'string' ? {} : labelsOf(given);
  const jwk = exportJwk(typeof given === 'string' ? keyFromPem(given) : keyFromJwk(given));
  const algorithms = ALGORITHMS[(jwk?.kty === 'RSA' ? 'RSA' : jwk?.crv) ?? ''];
  if (jwk === undefined || algorithms === undefined) {
    throw wrongOption('auth0PrivateKey', value, 'Use RSA of 2048 bits or more, P-256 or P-384.');
  }
  const alg = labels.alg ?? algorithms[0];
  if (!algorithms.includes(alg)) {
    const remedy = `Its "alg" has to be one of ${algorithms.join(', ')}, or absent.`;
    throw wrongOption('auth0PrivateKey', value, remedy);
  }
  return { ...jwk, alg, ...(labels.kid === undefined ? {} : { kid: labels.kid }) };
}

/** The key as a JWK; undefined for types without one, and for RSA that is too short. */
function exportJwk(key: KeyObject): PrivateKeyJwk | undefined {
  const isRsa = key.asymmetricKeyType === 'rsa';
  if (isRsa && (key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS) return undefined;
  try {
    const { kty, ...rest } = key.export({ format: 'jwk' });
    return kty === undefined ? undefined : { ...rest, kty };
  } catch {
    // RSA-PSS, DSA and curves outside the JOSE registry.
    return undefined;
  }
}

function labelsOf(jwk: unknown): { alg?: string | undefined; kid?: string | undefined } {
  const fields = new Map(asEntries(jwk, 'auth0PrivateKey'));
  const label = (name: string): string | undefined => {
    const value = fields.get(name);
    if (value === undefined || typeof value === 'string') return value;
    throw wrongOption('auth0PrivateKey', jwk, `Its "${name}" has to be a string.`);
  };
  return { alg: label('alg'), kid: label('kid') };
}

function keyFromPem(text: string): KeyObject {
  // A PEM in an environment variable often has `\\n` for its line breaks.
  const pem = text.replaceAll('\\n', '\n').trim();
  const wrong = (remedy: string) => wrongOption('auth0PrivateKey', text, remedy);
  if (/BEGIN (RSA )?PUBLIC KEY|BEGIN CERTIFICATE/.test(pem)) {
    throw wrong('That is the public key, which belongs to Auth0. Give the private key.');
  }
  if (/ENCRYPTED/.test(pem)) throw wrong('The key has a passphrase: give it without one.');
  try {
    return createPrivateKey(pem);
  } catch {
    // The parser's message might contain a part of the key.
    throw wrong(pemFault(pem));
  }
}

/** RFC 7468 §2: the labels are on lines of their own, which tools that read env files often remove. */
function pemFault(pem: string): string {
  const rest = /-----BEGIN [A-Z ]*PRIVATE KEY-----(.*)/s.exec(pem)?.[1] ?? '\n\n-----END';
  const lines = rest.split(/\r?\n/);
  if (!rest.includes('-----END')) {
    return `Only the beginning of the PEM was received: many tools read a value up to its first line end. ${ONE_LINE}`;
  }
  if (lines[0]?.trim() !== '' || lines.length < 3) {
    return `The line ends of the PEM were lost. ${ONE_LINE}`;
  }
  return 'It is neither a private key in PEM (-----BEGIN PRIVATE KEY-----) nor a JWK.';
}

const ONE_LINE =
  'Write each of them as \\n in one line, or give the key as a JWK, or give it in code and read it from a file.';

function keyFromJwk(jwk: unknown): KeyObject {
  const key: JsonWebKeyInput['key'] = Object.fromEntries(asEntries(jwk, 'auth0PrivateKey'));
  try {
    return createPrivateKey({ key, format: 'jwk' });
  } catch {
    throw wrongOption(
      'auth0PrivateKey',
      jwk,
      'It is not a private JWK: a private one has the member "d".',
    );
  }
}
