import { describe, expect, it } from '@jest/globals';
import { OAuthClientInformationFullSchema } from '@modelcontextprotocol/sdk/shared/auth.js';

import { parseClientMetadata } from '../../lib/oauth/client-metadata.js';
import { registrationResponse } from '../../lib/oauth/registration-response.js';
import { REAL_REGISTRATIONS } from './real-registrations.js';

const ISSUED_AT = 1_700_000_000;
const client = { clientId: 'id', clientSecret: undefined, issuedAt: ISSUED_AT };

describe('the registration response', () => {
  it.each(REAL_REGISTRATIONS)('CLI-10 satisfies the schema of the SDK: %s', (_client, body) => {
    const metadata = parseClientMetadata(body);
    const clientSecret = metadata.authMethod === 'none' ? undefined : 'secret';
    const response = registrationResponse({ ...client, clientSecret }, metadata);
    const wire: unknown = JSON.parse(JSON.stringify(response));
    expect(OAuthClientInformationFullSchema.parse(wire)).toMatchObject({
      client_id: 'id',
      client_id_issued_at: ISSUED_AT,
      redirect_uris: body.redirect_uris,
      client_name: body.client_name,
      token_endpoint_auth_method: body.token_endpoint_auth_method ?? 'none',
    });
    expect(JSON.stringify(wire)).not.toContain('null');
  });

  it('R-RG-2 has all registered values, replaced ones too, and nothing else', () => {
    const metadata = parseClientMetadata({
      redirect_uris: ['cursor://a.b/cb'],
      grant_types: ['authorization_code', 'implicit'],
      response_types: ['code', 'token'],
      registration_client_uri: 'https://evil.example',
    });
    expect(registrationResponse(client, metadata)).toEqual({
      client_id: 'id',
      client_id_issued_at: ISSUED_AT,
      redirect_uris: ['cursor://a.b/cb'],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      application_type: 'native',
    });
  });

  it('CLI-22 has a secret that never expires', () => {
    const metadata = parseClientMetadata({
      redirect_uris: ['https://a.example/cb'],
      token_endpoint_auth_method: 'client_secret_basic',
    });
    const response = registrationResponse({ ...client, clientSecret: 's' }, metadata);
    expect(response).toMatchObject({ client_secret: 's', client_secret_expires_at: 0 });
    expect(response).not.toHaveProperty('client_name');
  });
});
