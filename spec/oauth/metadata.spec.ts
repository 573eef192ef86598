import { describe, expect, it } from '@jest/globals';
import {
  OAuthMetadataSchema,
  OAuthProtectedResourceMetadataSchema,
  OpenIdProviderDiscoveryMetadataSchema,
} from '@modelcontextprotocol/sdk/shared/auth.js';

import {
  authorizationServerMetadata,
  openidConfiguration,
  protectedResourceMetadata,
  type ServerCapabilities,
} from '../../lib/oauth/metadata.js';

const ISSUER = 'https://mcp.example/api';
const SERVER: ServerCapabilities = {
  issuer: ISSUER,
  resource: `${ISSUER}/mcp`,
  endpoints: {
    authorization: `${ISSUER}/authorize`,
    token: `${ISSUER}/token`,
    revocation: `${ISSUER}/revoke`,
    registration: `${ISSUER}/register`,
    jwks: `${ISSUER}/.well-known/jwks.json`,
  },
  scopes: ['openid', 'read'],
  hasMetadataDocuments: true,
  grantTypes: ['authorization_code', 'refresh_token'],
  assertionAlgorithms: ['ES256', 'RS256'],
};
const BARE: ServerCapabilities = {
  ...SERVER,
  endpoints: { ...SERVER.endpoints, registration: undefined },
  scopes: [],
  hasMetadataDocuments: false,
  assertionAlgorithms: undefined,
};

/** What JSON makes of it: undefined fields would vanish, and must not be there at all. */
const onTheWire = (document: object): Record<string, unknown> => {
  expect(Object.values(document)).not.toContain(undefined);
  return JSON.parse(JSON.stringify(document));
};

describe.each([
  ['with everything on', SERVER],
  ['with everything off', BARE],
])('metadata %s', (_state, server) => {
  it('R-MD-4 satisfies the schemas of the SDK', () => {
    const asm = onTheWire(authorizationServerMetadata(server));
    expect(OAuthMetadataSchema.parse(asm)).toMatchObject({ issuer: ISSUER });
    const oidc = onTheWire(openidConfiguration(server));
    expect(OpenIdProviderDiscoveryMetadataSchema.parse(oidc)).toMatchObject({
      issuer: ISSUER,
      jwks_uri: server.endpoints.jwks,
      code_challenge_methods_supported: ['S256'],
    });
    const prm = onTheWire(protectedResourceMetadata(server, server.scopes));
    expect(OAuthProtectedResourceMetadataSchema.parse(prm)).toMatchObject({
      resource: server.resource,
      authorization_servers: [ISSUER],
    });
  });

  it('R-PR-2, R-MD-4 has no null, no empty list and no empty text', () => {
    for (const document of [
      authorizationServerMetadata(server),
      openidConfiguration(server),
      protectedResourceMetadata(server, server.scopes),
    ]) {
      expect(JSON.stringify(document)).not.toMatch(/null|\[\]|""/);
    }
  });

  it('AS-3 names one issuer, byte for byte', () => {
    expect(authorizationServerMetadata(server).issuer).toBe(ISSUER);
    expect(openidConfiguration(server).issuer).toBe(ISSUER);
    expect(protectedResourceMetadata(server, []).authorization_servers).toEqual([ISSUER]);
  });

  it('R-MD-2 leaves nothing to a default of the RFC that differs', () => {
    expect(authorizationServerMetadata(server)).toMatchObject({
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      // AS-4: never plain.
      code_challenge_methods_supported: ['S256'],
      // AS-21: literally true.
      authorization_response_iss_parameter_supported: true,
    });
  });

  it('AS-27, RS-8 offers no offline_access', () => {
    expect(JSON.stringify(authorizationServerMetadata(server))).not.toContain('offline_access');
    expect(JSON.stringify(protectedResourceMetadata(server, server.scopes))).not.toContain(
      'offline',
    );
  });
});

describe('enabled features', () => {
  it('AS-5 names the registration endpoint', () => {
    expect(authorizationServerMetadata(SERVER).registration_endpoint).toBe(`${ISSUER}/register`);
    expect(authorizationServerMetadata(BARE)).not.toHaveProperty('registration_endpoint');
  });

  it('AS-6 advertises metadata documents, and their authentication method', () => {
    expect(authorizationServerMetadata(SERVER)).toMatchObject({
      client_id_metadata_document_supported: true,
      token_endpoint_auth_methods_supported: [
        'none',
        'client_secret_basic',
        'client_secret_post',
        'private_key_jwt',
      ],
      token_endpoint_auth_signing_alg_values_supported: ['ES256', 'RS256'],
      revocation_endpoint_auth_signing_alg_values_supported: ['ES256', 'RS256'],
    });
  });

  it('AS-6 does not advertise disabled metadata documents', () => {
    const document = authorizationServerMetadata(BARE);
    expect(document).not.toHaveProperty('client_id_metadata_document_supported');
    expect(JSON.stringify(document)).not.toMatch(/private_key_jwt|signing_alg/);
    // Parity 4.1: a public client may revoke.
    expect(document.revocation_endpoint_auth_methods_supported).toContain('none');
  });

  it('R-PR-8 lists the resource, and each document names the right scopes', () => {
    expect(authorizationServerMetadata(SERVER)).toMatchObject({
      protected_resources: [`${ISSUER}/mcp`],
      scopes_supported: ['openid', 'read'],
    });
    // RS-9: what a first login asks for, not the catalogue.
    expect(protectedResourceMetadata(SERVER, ['openid']).scopes_supported).toEqual(['openid']);
  });

  it('R-MD-5 is a complete OpenID document', () => {
    expect(openidConfiguration(SERVER)).toMatchObject({
      ...authorizationServerMetadata(SERVER),
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    });
  });
});
