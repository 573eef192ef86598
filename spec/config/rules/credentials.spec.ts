import { generateKeyPairSync, type KeyObject } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';
import { importJWK, jwtVerify, SignJWT } from 'jose';

import { REQUIRED, refusal, resolveExactly } from '../resolve-with.js';

const { clientSecret, ...rest } = REQUIRED;
const authenticationOf = (options: object) =>
  resolveExactly({ ...rest, ...options }).auth0.authentication;
const refused = (options: object) => refusal(() => resolveExactly({ ...rest, ...options }));

const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

describe('client authentication at Auth0', () => {
  it.each([
    [{}, { method: 'none' }],
    [{ tokenEndpointAuthMethod: 'none' }, { method: 'none' }],
    [{ clientSecret }, { method: 'client_secret_post', secret: clientSecret }],
    [
      { clientSecret, tokenEndpointAuthMethod: 'client_secret_basic' },
      { method: 'client_secret_basic', secret: clientSecret },
    ],
  ])('%#: follows from what is given', (options, authentication) => {
    expect(authenticationOf(options)).toEqual(authentication);
  });

  it.each([
    ['a word that is no method', { tokenEndpointAuthMethod: 'post' }, 'tokenEndpointAuthMethod'],
    ['post without a secret', { tokenEndpointAuthMethod: 'client_secret_post' }, 'clientSecret'],
    ['none with a secret', { tokenEndpointAuthMethod: 'none', clientSecret }, 'clientSecret'],
    [
      'private_key_jwt without a key',
      { tokenEndpointAuthMethod: 'private_key_jwt' },
      'auth0PrivateKey',
    ],
    ['secret and key', { clientSecret, auth0PrivateKey: pem(p256.privateKey) }, 'auth0PrivateKey'],
    [
      'post with a key',
      {
        tokenEndpointAuthMethod: 'client_secret_post',
        clientSecret,
        auth0PrivateKey: pem(p256.privateKey),
      },
      'auth0PrivateKey',
    ],
    [
      'private_key_jwt with a secret',
      {
        tokenEndpointAuthMethod: 'private_key_jwt',
        clientSecret,
        auth0PrivateKey: pem(p256.privateKey),
      },
      'clientSecret',
    ],
  ])('refuses %s, without showing any secret', (_what, options, option) => {
    const error = refused(options);
    expect(error.option).toBe(option);
    expect(error.message).not.toContain(clientSecret);
    expect(error.message).not.toContain('BEGIN');
  });

  it.each([
    ['PEM', pem(p256.privateKey), p256.publicKey, 'ES256'],
    ['PEM of one line', pem(rsa.privateKey).replaceAll('\n', '\\n'), rsa.publicKey, 'RS256'],
    [
      'PKCS#1 PEM',
      rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
      rsa.publicKey,
      'RS256',
    ],
    ['JWK object', p256.privateKey.export({ format: 'jwk' }), p256.publicKey, 'ES256'],
    [
      'JWK as JSON',
      JSON.stringify(rsa.privateKey.export({ format: 'jwk' })),
      rsa.publicKey,
      'RS256',
    ],
    [
      'JWK with alg',
      { ...rsa.privateKey.export({ format: 'jwk' }), alg: 'PS256', kid: 'k1' },
      rsa.publicKey,
      'PS256',
    ],
  ])(
    'takes a private key as %s, fit to sign with',
    async (form, auth0PrivateKey, publicKey, alg) => {
      const authentication = authenticationOf({ auth0PrivateKey });
      if (authentication.method !== 'private_key_jwt') throw new Error(authentication.method);
      expect(authentication.key.alg).toBe(alg);
      expect(authentication.key.kid).toBe(form === 'JWK with alg' ? 'k1' : undefined);
      const key = await importJWK(authentication.key);
      const jwt = await new SignJWT({}).setProtectedHeader({ alg }).sign(key);
      await expect(jwtVerify(jwt, publicKey)).resolves.toBeDefined();
    },
  );

  it.each([
    [
      'a public PEM',
      p256.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      'public key',
    ],
    ['a public JWK', p256.publicKey.export({ format: 'jwk' }), '"d"'],
    [
      'a key with a passphrase',
      p256.privateKey.export({
        type: 'pkcs8',
        format: 'pem',
        cipher: 'aes-256-cbc',
        passphrase: 'x',
      }),
      'passphrase',
    ],
    ['a text that is no key', 'hunter2', 'neither'],
    ['a broken PEM', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', 'neither'],
    [
      'a short RSA key',
      pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey),
      '2048',
    ],
    [
      'Ed25519, which Auth0 does not verify',
      pem(generateKeyPairSync('ed25519').privateKey),
      'P-256',
    ],
    [
      'RSA-PSS',
      pem(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey),
      'RSA of 2048',
    ],
    [
      'an alg that does not fit',
      { ...p256.privateKey.export({ format: 'jwk' }), alg: 'RS256' },
      'ES256',
    ],
    ['a kid that is no string', { ...p256.privateKey.export({ format: 'jwk' }), kid: 1 }, '"kid"'],
    ['a number', 42, 'object'],
    ['a list', [], 'object'],
  ])('refuses %s', (_what, auth0PrivateKey, remedy) => {
    const error = refused({ auth0PrivateKey });
    expect(error.option).toBe('auth0PrivateKey');
    expect(error.message).toContain(remedy);
    expect(error.message).not.toMatch(/BEGIN (?!PRIVATE KEY-----\))|hunter2/);
  });
});
