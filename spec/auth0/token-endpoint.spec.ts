import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, jwtVerify } from 'jose';

import { createDiscovery } from '../../lib/auth0/discovery.js';
import { createAuth0Http } from '../../lib/auth0/http.js';
import { createTokenEndpoint, type TokenEndpoint } from '../../lib/auth0/token-endpoint.js';
import type { Auth0ClientAuthentication } from '../../lib/config/config.js';
import {
  AUDIENCE,
  CLIENT_ID,
  CLIENT_SECRET,
  type ForgingOp,
  type OpReply,
  seconds,
  startForgingOp,
} from '../support/forging-op.js';
import { configFor } from '../support/login-rigs.js';
import { DIRECT } from '../support/outbound-proxies.js';

const CALLBACK = 'http://127.0.0.1:9/auth/callback';

let op: ForgingOp;
beforeAll(async () => {
  op = await startForgingOp();
});
afterEach(() => {
  for (const path of ['/oauth/token', '/oauth/revoke', '/.well-known/openid-configuration'])
    op.on(path);
  op.requests.splice(0);
});
afterAll(() => op.close());

function endpointWith(authentication?: Auth0ClientAuthentication): TokenEndpoint {
  const config = configFor(op, authentication === undefined ? {} : { authentication });
  const http = createAuth0Http(1000, seconds, DIRECT);
  const discovery = createDiscovery(config, http, seconds);
  return createTokenEndpoint({ config, discovery, http, now: seconds }, CALLBACK);
}

const inTime = (): AbortSignal => AbortSignal.timeout(1000);
const exchange = () => endpointWith().exchangeCode('the-code', 'the-verifier');
const refresh = async () => (await endpointWith().refresh('the-refresh-token', inTime())).read();
const good: OpReply = { body: { access_token: 'at', token_type: 'Bearer', scope: 'a b' } };

describe('a token request', () => {
  it('for a code has callback URL, code verifier and audience (RFC 6749 §4.1.3, RFC 7636 §4.5)', async () => {
    op.on('/oauth/token', () => good);
    await exchange();
    expect(Object.fromEntries(op.requestsTo('/oauth/token')[0]?.form ?? [])).toEqual({
      grant_type: 'authorization_code',
      code: 'the-code',
      code_verifier: 'the-verifier',
      redirect_uri: CALLBACK,
      audience: AUDIENCE,
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
    });
  });

  it('for a refresh has the audience', async () => {
    op.on('/oauth/token', () => good);
    await refresh();
    expect(Object.fromEntries(op.requestsTo('/oauth/token')[0]?.form ?? [])).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'the-refresh-token',
      audience: AUDIENCE,
    });
  });
});

describe('client authentication (R-UP-6)', () => {
  async function sentWith(authentication: Auth0ClientAuthentication) {
    op.on('/oauth/token', () => good);
    await endpointWith(authentication).refresh('rt', inTime());
    const [request] = op.requestsTo('/oauth/token');
    return { form: request?.form, header: request?.headers.authorization };
  }

  it('basic encodes id and secret (RFC 6749 §2.3.1), and the body has no secret', async () => {
    const { form, header } = await sentWith({
      method: 'client_secret_basic',
      secret: CLIENT_SECRET,
    });
    expect(form?.has('client_secret')).toBe(false);
    expect(Buffer.from(header?.split(' ')[1] ?? '', 'base64').toString()).toBe(
      `${CLIENT_ID}:a+secret%3A+with+%2F+%2B+characters`,
    );
  });

  it('none sends the client id only', async () => {
    const { form, header } = await sentWith({ method: 'none' });
    expect(header).toBeUndefined();
    expect([...(form?.keys() ?? [])].filter((name) => name.startsWith('client'))).toEqual([
      'client_id',
    ]);
  });

  it.each(['RS256', 'PS256', 'ES384'])(
    'private_key_jwt signs a short assertion for the issuer: %s',
    async (alg) => {
      const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
      const key = {
        ...(await exportJWK(privateKey)),
        kid: 'k1',
        ...(alg === 'PS256' ? { alg } : {}),
      };
      const { form } = await sentWith({ method: 'private_key_jwt', key });
      const { payload, protectedHeader } = await jwtVerify(
        form?.get('client_assertion') ?? '',
        publicKey,
        {
          audience: op.issuer,
          issuer: CLIENT_ID,
          subject: CLIENT_ID,
        },
      );
      expect(protectedHeader).toMatchObject({ alg, kid: 'k1' });
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
      expect(payload.jti).toBeDefined();
      expect(form?.has('client_secret')).toBe(false);
    },
  );
});

describe('a response is interpreted by error, not by status alone', () => {
  const error = (status: number, code: string, description = ''): OpReply => ({
    status,
    body: { error: code, error_description: description },
  });

  it.each<[OpReply, string, string]>([
    // answer, kind for a code, kind for a refresh
    [
      error(403, 'invalid_grant', 'Unknown or invalid refresh token.'),
      'invalid_response',
      'session_ended',
    ],
    [error(400, 'invalid_grant'), 'invalid_response', 'session_ended'],
    [error(403, 'mfa_required'), 'session_ended', 'session_ended'],
    [error(401, 'access_denied', 'Unauthorized'), 'misconfigured', 'misconfigured'],
    [error(403, 'access_denied', 'Not on my watch'), 'denied', 'session_ended'],
    [error(401, 'unauthorized', 'user is blocked'), 'denied', 'session_ended'],
    [
      error(403, 'access_denied', `Service not found: ${AUDIENCE}`),
      'misconfigured',
      'misconfigured',
    ],
    [error(401, 'invalid_client'), 'misconfigured', 'misconfigured'],
    [
      error(403, 'unauthorized_client', "Grant type 'refresh_token' not allowed"),
      'misconfigured',
      'misconfigured',
    ],
    [error(400, 'invalid_request'), 'misconfigured', 'misconfigured'],
    [error(403, 'too_many_requests'), 'unavailable', 'unavailable'],
    [error(400, 'temporarily_unavailable'), 'unavailable', 'unavailable'],
    [error(400, 'something_new'), 'invalid_response', 'unavailable'],
    [error(400, 'toString'), 'invalid_response', 'unavailable'],
    [{ status: 403, body: '<html>Blocked by a firewall</html>' }, 'unavailable', 'unavailable'],
    [{ status: 401, body: {} }, 'invalid_response', 'unavailable'],
    [{ status: 200, body: '<html>' }, 'unavailable', 'unavailable'],
    [{ status: 200, body: { access_token: 7 } }, 'unavailable', 'unavailable'],
    [{ status: 200, body: { token_type: 'Bearer' } }, 'unavailable', 'unavailable'],
  ])('%j is %s for a code, %s for a refresh', async (reply, forCode, forRefresh) => {
    op.on('/oauth/token', () => reply);
    await expect(exchange()).rejects.toMatchObject({ kind: forCode });
    await expect(refresh()).rejects.toMatchObject({ kind: forRefresh });
  });

  it('a token of another type is misconfigured for a code; a refresh leaves it to verification', async () => {
    const body = { access_token: 'at', token_type: 'DPoP', refresh_token: 'next' };
    op.on('/oauth/token', () => ({ status: 200, body }));
    await expect(exchange()).rejects.toMatchObject({ kind: 'misconfigured' });
    expect(await refresh()).toMatchObject({ refreshToken: 'next' });
  });

  it.each([
    [error(401, 'access_denied', 'Unauthorized'), 'Authentication Method'],
    [error(403, 'access_denied', 'Service not found: x'), 'Identifier'],
    [error(403, 'unauthorized_client'), 'Grant Types'],
  ])('a wrong set-up names the dashboard setting: %j', async (reply, setting) => {
    op.on('/oauth/token', () => reply);
    await expect(exchange()).rejects.toMatchObject({ remedy: expect.stringContaining(setting) });
  });

  it('the text of Auth0 is in the message on one line, truncated', async () => {
    op.on('/oauth/token', () =>
      error(403, 'access_denied', `no\r\nlevel=error ${'x'.repeat(500)}`),
    );
    const thrown = (await exchange().catch((cause: unknown) => cause)) as Error;
    expect(thrown.message).not.toMatch(/[\r\n]/);
    expect(thrown.message.length).toBeLessThan(300);
  });

  it('a successful response is parsed completely', async () => {
    op.on('/oauth/token', () => good);
    expect(await refresh()).toEqual({
      accessToken: 'at',
      tokenType: 'Bearer',
      idToken: undefined,
      refreshToken: undefined,
      resource: undefined,
      scopes: ['a', 'b'],
    });
  });

  it('nothing is sent after the time limit of a refresh', async () => {
    await expect(endpointWith().refresh('rt', AbortSignal.abort())).rejects.toMatchObject({
      kind: 'unavailable',
    });
    expect(op.requestsTo('/oauth/token')).toEqual([]);
  });
});

describe('revocation (RFC 7009)', () => {
  const revoke = () => endpointWith().revoke('the-refresh-token');

  it('sends the token with client authentication', async () => {
    await revoke();
    expect(Object.fromEntries(op.requestsTo('/oauth/revoke')[0]?.form ?? [])).toEqual({
      token: 'the-refresh-token',
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
    });
  });

  it('§2.2 succeeds for a token that is no longer valid', async () => {
    op.on('/oauth/revoke', () => ({ status: 403, body: { error: 'invalid_grant' } }));
    await revoke();
  });

  it('is retried during a short outage, then fails', async () => {
    op.on('/oauth/revoke', () => ({ status: 503 }));
    await expect(revoke()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(op.requestsTo('/oauth/revoke')).toHaveLength(3);
  });

  it('reports a wrong secret as a misconfiguration', async () => {
    op.on('/oauth/revoke', () => ({
      status: 401,
      body: { error: 'access_denied', error_description: 'Unauthorized' },
    }));
    await expect(revoke()).rejects.toMatchObject({ kind: 'misconfigured' });
  });

  it('does nothing if the tenant has no such endpoint', async () => {
    op.on('/.well-known/openid-configuration', () => ({
      body: { ...op.metadata(), revocation_endpoint: undefined },
    }));
    await revoke();
    expect(op.requestsTo('/oauth/revoke')).toEqual([]);
  });
});
