import { describe, expect, it } from '@jest/globals';
import express from 'express';
import supertest from 'supertest';

import type { Context } from '../../lib/app/context.js';
import { revocationEndpoint } from '../../lib/endpoints/revocation.js';
import { jsonErrors } from '../../lib/http/json-errors.js';
import type { ClientAuthMethod } from '../../lib/oauth/client-credentials.js';
import { parseParameters } from '../../lib/oauth/parameters.js';
import type { GrantRecord } from '../../lib/storage/records.js';

/** One app with one endpoint, and one grant of a client that authenticates in this way. */
function appWith(authMethod: ClientAuthMethod, isAuthenticated: boolean) {
  const ended: string[] = [];
  const grant = { client: { id: 'client', authMethod, mayRefresh: true } } as GrantRecord;
  const handlers = revocationEndpoint({
    openClientRequest: async () => ({
      form: parseParameters('token=its-token'),
      client: { id: 'client', isAuthenticated, fingerprint: 'client' },
    }),
    grants: {
      findByToken: async () => ({ id: 'grant', grant }),
      revoke: async (id: string) => ended.push(id) > 0,
    },
  } as unknown as Context);
  const app = express();
  app.post(
    '/revoke',
    ...handlers,
    jsonErrors(() => 'reference', 'https://issuer.example'),
  );
  return { ended, revoke: () => supertest(app).post('/revoke') };
}

describe('POST /revoke (RFC 7009)', () => {
  it('R-RV-1 ends the grant of a public client that only says its id', async () => {
    const { ended, revoke } = appWith('none', false);
    await revoke().expect(200, '').expect('Cache-Control', 'no-store');
    expect(ended).toEqual(['grant']);
  });

  it('R-CI-5 ends nothing for a client that signs assertions and brought none', async () => {
    const { ended, revoke } = appWith('private_key_jwt', false);
    const { body } = await revoke().expect(401);
    expect(body).toMatchObject({ error: 'invalid_client' });
    expect(ended).toEqual([]);
  });

  it('R-RV-1 ends the grant once that client has proved itself', async () => {
    const { ended, revoke } = appWith('private_key_jwt', true);
    await revoke().expect(200, '');
    expect(ended).toEqual(['grant']);
  });
});
