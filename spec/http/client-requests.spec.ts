import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import express from 'express';
import request from 'supertest';

import { requestContext, runInContext } from '../../lib/config/request-context.js';
import { createRefreshTokens } from '../../lib/grants/refresh-token.js';
import { createClientRequests } from '../../lib/http/client-requests.js';
import { createRateLimits } from '../../lib/http/rate-limits.js';

const quiet = (): void => {};
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const KEYS = [createSecretKey(randomBytes(32))];
const ISSUER = 'https://mcp.example.test';
const GRANT = randomBytes(16).toString('base64url');

/** The caller for whom metadata documents are fetched while this form is authenticated. */
async function callerOf(form: Record<string, string>, address: string): Promise<unknown> {
  const limits = createRateLimits(log, (key) => key);
  const openRequest = createClientRequests(
    async () => ({
      id: String(requestContext()?.caller),
      authMethod: 'none',
      isAuthenticated: false,
    }),
    createRefreshTokens(KEYS, ISSUER),
    limits,
  );
  const app = express().set('trust proxy', 1);
  app.use((_req, _res, next) => runInContext({}, next));
  app.post('/token', (req, res, next) => {
    openRequest(req, res).then(({ client }) => res.json(client.id), next);
  });
  const answer = await request(app)
    .post('/token')
    .set('X-Forwarded-For', address)
    .type('form')
    .send({ client_id: 'https://client.example/c', ...form });
  limits.close();
  return answer.body;
}

describe('fetches for client authentication count', () => {
  const refresh = (token: string) => ({ grant_type: 'refresh_token', refresh_token: token });

  it.each([
    ['the client’s own refresh token', createRefreshTokens(KEYS, ISSUER)],
    [
      'a refresh token of another key',
      createRefreshTokens([createSecretKey(randomBytes(32))], ISSUER),
    ],
    ['one of another server', createRefreshTokens(KEYS, 'https://other.example.test')],
  ])('FA-26: for the caller’s address with %s', async (_what, makers) => {
    const token = makers.mint({ grantId: GRANT, generation: 3 }, 'https://client.example/c');
    expect(await callerOf(refresh(token), '192.0.2.1')).toBe('192.0.2.1');
  });

  it('for the IPv6 site, with a code', async () => {
    const form = { grant_type: 'authorization_code', code: 'x' };
    const [one, other, elsewhere] = await Promise.all(
      ['2001:db8:1:1::1', '2001:db8:1:ff00::1', '2001:db8:2::1'].map((from) =>
        callerOf(form, from),
      ),
    );
    expect(one).toBe(other);
    expect(one).not.toBe(elsewhere);
  });
});
