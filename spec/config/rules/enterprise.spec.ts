import { describe, expect, it } from '@jest/globals';

import { refusalOf, resolveWith } from '../resolve-with.js';

const subject = (): string => 'okta|acme|00u1';
const ENTRY = {
  issuer: 'https://acme.okta.com',
  clients: ['https://agent.example.com/client.json'],
  subject,
};
const CLIENT = {
  clientId: 'agent',
  redirectUris: ['https://agent.example.com/cb'],
  name: 'Agent',
};

describe('enterprise', () => {
  it('is off without the option', () => {
    expect(resolveWith().config.enterprise).toEqual([]);
    expect(resolveWith({ enterprise: [] }).config.enterprise).toEqual([]);
  });

  it('takes issuers with their clients', () => {
    const second = {
      issuer: 'https://login.example.com/tenant/v2.0',
      clients: ['agent'],
      subject,
      scopes: ['read', 'read', 'write'],
      jwksUri: 'https://login.example.com/keys?tenant=1',
    };
    const { config, warnings } = resolveWith({ clients: [CLIENT], enterprise: [ENTRY, second] });
    expect(config.enterprise).toEqual([
      { ...ENTRY, scopes: undefined, jwksUri: undefined },
      { ...second, scopes: ['read', 'write'] },
    ]);
    expect(warnings).toEqual([]);
  });

  it.each(['http://localhost:8001/', 'http://127.0.0.1:8001', 'https://tenant.eu.auth0.com/'])(
    'takes the issuer %s as it is written',
    (issuer) => {
      const { config } = resolveWith({ enterprise: [{ ...ENTRY, issuer }] });
      expect(config.enterprise[0]?.issuer).toBe(issuer);
    },
  );

  it.each<[string, unknown, string]>([
    ['no list', {}, 'enterprise'],
    ['a text', ['https://acme.okta.com'], 'enterprise[0]'],
    ['an unknown field', [{ ...ENTRY, audience: 'x' }], 'audience'],
    ['no issuer', [{ ...ENTRY, issuer: undefined }], 'enterprise[0].issuer'],
    ['a host', [{ ...ENTRY, issuer: 'acme.okta.com' }], 'enterprise[0].issuer'],
    ['http', [{ ...ENTRY, issuer: 'http://acme.okta.com' }], 'enterprise[0].issuer'],
    ['a query', [{ ...ENTRY, issuer: 'https://acme.okta.com?a=b' }], 'enterprise[0].issuer'],
    ['a fragment', [{ ...ENTRY, issuer: 'https://acme.okta.com#a' }], 'enterprise[0].issuer'],
    ['user info', [{ ...ENTRY, issuer: 'https://a@acme.okta.com' }], 'enterprise[0].issuer'],
    ['one issuer twice', [ENTRY, ENTRY], 'enterprise'],
    ['no clients', [{ ...ENTRY, clients: undefined }], 'enterprise[0].clients'],
    ['an empty list of clients', [{ ...ENTRY, clients: [] }], 'enterprise[0].clients'],
    ['a client of nowhere', [{ ...ENTRY, clients: ['agent-7'] }], 'enterprise[0].clients'],
    ['a URL by http', [{ ...ENTRY, clients: ['http://a.example/c'] }], 'enterprise[0].clients'],
    ['an entry that leaves out a client without grants', [{ ...ENTRY }], 'clients[1].grants'],
    ['no subject', [{ ...ENTRY, subject: undefined }], 'enterprise[0].subject'],
    ['a text as subject', [{ ...ENTRY, subject: 'sub' }], 'enterprise[0].subject'],
    ['a scope with a space', [{ ...ENTRY, scopes: [['a b']].flat() }], 'enterprise[0].scopes'],
    ['jwksUri by http', [{ ...ENTRY, jwksUri: 'http://a.example/k' }], 'enterprise[0].jwksUri'],
    ['jwksUri that is no URL', [{ ...ENTRY, jwksUri: '/keys' }], 'enterprise[0].jwksUri'],
  ])('refuses %s', (_what, enterprise, option) => {
    const idle = { clientId: 'idle', clientSecret: 's'.repeat(32), name: 'Idle', grants: [] };
    const clients = option.startsWith('clients') ? [CLIENT, idle] : [CLIENT];
    expect(refusalOf({ enterprise, clients }).option).toBe(option);
  });

  it('says how to write the function', () => {
    const { message } = refusalOf({ enterprise: [{ ...ENTRY, subject: undefined }] });
    expect(message).toContain("auth0EnterpriseSubject('okta', 'acme')");
  });

  it('refuses a metadata document where these are off', () => {
    const options = { enterprise: [ENTRY], clientIdMetadataDocuments: false };
    expect(refusalOf(options).message).toContain('clientIdMetadataDocuments');
  });
});
